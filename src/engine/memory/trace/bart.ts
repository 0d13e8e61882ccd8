import { attend, usualAttention, type Attention, type Pass } from './blocks/attention';
import { activation, activationOf, type Activation } from './blocks/feedForward';
import { normalize, type Norm } from './blocks/norms';
import { withMask, type EncoderDecoder } from './encoderDecoder';
import { dropout } from './kernels';
import { embed, linear } from './linear';
import { add, checkpoint, constant, leaf, scale, view, type Linear, type Ops, type Weight } from './ops';
import { normOf, valueOf } from './parts';
import type { Value } from './tape';
import type { Config } from './traits';
import type { Reader } from './weights';

/** One of the two stacks (transformers models/bart/modeling_bart.py and those copied from it: mBART, M2M100, Marian). */
interface Stack {
  readonly words: Weight;
  readonly width: number;
  /** The table's own module multiplies what it looks up. */
  readonly scalesWithin: boolean;
  /** Positions held as a weight; `null` for sines made at run time. */
  readonly positions: Weight | null;
  /** They are looked up for each sequence, not once for all. */
  readonly perSequence: boolean;
  readonly embeddingNorm: Norm | null;
  readonly layers: readonly Layer[];
  readonly norm: Norm | null;
  readonly activation: Activation;
  /** Norms stand before each part, not behind it. */
  readonly before: boolean;
  readonly drops: { readonly hidden: boolean; readonly active: boolean };
}

interface Layer {
  readonly own: Part;
  readonly cross: Part | null;
  readonly first: Linear;
  readonly second: Linear;
  readonly norm: Norm;
}
interface Part {
  readonly attention: Attention;
  readonly norm: Norm;
}

/** Types of this line, and whether their norms stand before each part. */
const before: Readonly<Record<string, boolean>> = { bart: false, mbart: true, m2m_100: true, marian: false };

/** Reads such a model; `undefined` for other types, and for a decoder without its encoder. */
export function readBart(root: Reader, config: Config, type: string): EncoderDecoder | undefined {
  const body = root.child('model');
  const head = root.linear('lm_head');
  if (before[type] === undefined || !body || !head) return undefined;
  const [encoder, decoder] = [readStack(body.child('encoder'), config, type, false), readStack(body.child('decoder'), config, type, true)];
  if (!encoder || !decoder) return undefined;
  return {
    encode: (ops, ids, pass) => runStack(ops, ids, encoder, pass, null),
    decode: (ops, ids, states, pass) => runStack(ops, ids, decoder, pass, states),
    head,
    cachesInTraining: false,
    learnsBias: false,
    scalesHidden: false,
    bias: root.tensor('final_logits_bias') !== undefined,
    // M2M100 makes a table of sines for both stacks, two rows longer than stated.
    buffers: type === 'm2m_100' ? 2 * 2 * (valueOf(config, { key: 'max_position_embeddings', otherwise: 1024 }) + 2) * encoder.width : 0,
  };
}

function readStack(part: Reader | undefined, config: Config, type: string, decodes: boolean): Stack | undefined {
  const table = part?.child('embed_tokens');
  const [words, width] = [table?.tensor('weight'), table?.shape('weight')?.[1]];
  const kind = activationOf(config['activation_function'] ?? (type === 'm2m_100' ? 'relu' : 'gelu'));
  if (!part || !words || width === undefined || !kind) return undefined;
  const drops = (key: string, otherwise: number): boolean => valueOf(config, { key, otherwise }) > 0;
  const heads = valueOf(config, { key: decodes ? 'decoder_attention_heads' : 'encoder_attention_heads', otherwise: 16 });
  const attends = drops('attention_dropout', type === 'm2m_100' ? 0.1 : 0);
  const layers: Layer[] = [];
  for (const layer of part.layers('layers')) {
    const read = readLayer(layer, width, heads, attends, decodes);
    if (!read) return undefined;
    layers.push(read);
  }
  return {
    words,
    width,
    positions: part.child('embed_positions')?.tensor('weight') ?? null,
    scalesWithin: type !== 'marian',
    perSequence: type !== 'marian' && (type === 'm2m_100' || !decodes),
    embeddingNorm: normOf(part.child('layernorm_embedding'), 'layer', width),
    layers,
    norm: normOf(part.child('layer_norm'), 'layer', width),
    activation: kind,
    before: before[type] === true,
    drops: { hidden: drops('dropout', 0.1), active: drops('activation_dropout', 0) },
  };
}

function readLayer(layer: Reader, width: number, heads: number, drops: boolean, decodes: boolean): Layer | undefined {
  const part = (name: string): Part | undefined => {
    const own = layer.child(name);
    const [q, k, v, output] = ['q_proj', 'k_proj', 'v_proj', 'out_proj'].map((each) => own?.linear(each));
    const norm = normOf(layer.child(`${name}_layer_norm`), 'layer', width);
    return q && k && v && output && norm ? { attention: usualAttention({ q, k, v, output, heads }, drops), norm } : undefined;
  };
  const [own, cross] = [part('self_attn'), part('encoder_attn')];
  const [first, second] = [layer.linear('fc1'), layer.linear('fc2')];
  const norm = normOf(layer.child('final_layer_norm'), 'layer', width);
  if (!own || !first || !second || !norm || (decodes && !cross)) return undefined;
  return { own, cross: cross ?? null, first, second, norm };
}

/** @param states what the encoder made, for the decoder */
function runStack(ops: Ops, ids: Value, stack: Stack, pass: Pass, states: Value | null): Value {
  return ops.tape.scope((scope) => {
    const wanted = (value: Value): Value => (ops.trainsInputs ? leaf(ops, scope.own(value)) : value);
    const looked = embed(ops, ids, stack.words, stack.width);
    const words = scope.own(stack.scalesWithin ? wanted(scale(ops, looked)) : scale(ops, wanted(looked)));
    // Files without padding still give the decoder a mask of which tokens are there, so that one of all earlier tokens is made.
    const mask = states ? scope.own(maskOf(ops, pass)) : null;
    const positions = scope.own(places(ops, stack, pass));
    let hidden = scope.own(add(ops, words, positions));
    if (stack.embeddingNorm) hidden = scope.replace(hidden, normalize(ops, hidden, stack.embeddingNorm));
    if (stack.drops.hidden && pass.training) hidden = scope.replace(hidden, dropout(ops, hidden));
    const inside = withMask(pass, mask);
    stack.layers.forEach((layer, index) => {
      const run = (input: Value): Value => runLayer(ops, input, layer, stack, inside, index, states);
      const shared = [...(mask ? [mask.storage] : []), ...(states ? [states.storage] : [])];
      hidden = scope.replace(hidden, checkpoint(ops, hidden, shared, run));
    });
    return stack.norm ? normalize(ops, hidden, stack.norm) : view(ops, hidden);
  });
}

/** One row of the mask for each sequence: by token and earlier token. */
function maskOf(ops: Ops, { batch, tokens, cached, way }: Pass): Value {
  const elements = tokens * (tokens + cached);
  return { ...constant(ops, batch * elements, way === 'plain' ? 2 : 1), elements };
}

function places(ops: Ops, { positions, perSequence, width }: Stack, pass: Pass): Value {
  const elements = pass.tokens * (perSequence ? pass.batch : 1);
  // Made at 16 bits, as all that is no parameter.
  if (!positions) return constant(ops, elements * width, 2);
  return ops.tape.scope((scope) => embed(ops, scope.own(constant(ops, elements, 8)), positions, width));
}

function runLayer(ops: Ops, input: Value, layer: Layer, stack: Stack, pass: Pass, index: number, states: Value | null): Value {
  return ops.tape.scope((scope) => {
    let residual: Value | null = null;
    let weights: Value | null = null;
    let hidden = scope.own(view(ops, input));
    /** A part between its norm and its sum; each of its steps takes the name of the one before. */
    const around = (norm: Norm, ...steps: readonly ((value: Value) => Value)[]): void => {
      if (residual) scope.drop(residual);
      residual = scope.own(view(ops, hidden));
      if (stack.before) hidden = scope.replace(hidden, normalize(ops, hidden, norm));
      for (const step of steps) hidden = scope.replace(hidden, step(hidden));
      if (stack.drops.hidden && pass.training) hidden = scope.replace(hidden, dropout(ops, hidden));
      hidden = scope.replace(hidden, add(ops, residual, hidden));
      if (!stack.before) hidden = scope.replace(hidden, normalize(ops, hidden, norm));
    };
    const attended =
      ({ attention }: Part, from?: Value) =>
      (value: Value): Value => {
        const { output, scores } = attend(ops, value, attention, from ? withMask(pass, null) : pass, index, from);
        if (weights) scope.drop(weights);
        weights = scores && scope.own(scores);
        return output;
      };
    around(layer.own.norm, attended(layer.own));
    if (layer.cross && states) around(layer.cross.norm, attended(layer.cross, states));
    around(
      layer.norm,
      (value) => activation(ops, linear(ops, value, layer.first), stack.activation),
      (value) => (stack.drops.active && pass.training ? dropout(ops, value) : view(ops, value)),
      (value) => linear(ops, value, layer.second),
    );
    return hidden;
  });
}
