import { attend, usualAttention, type Attention, type Bias, type Pass } from './blocks/attention';
import { activation, activationOf, type Activation } from './blocks/feedForward';
import { normalize, type Norm } from './blocks/norms';
import { withMask, type EncoderDecoder } from './encoderDecoder';
import { dropout } from './kernels';
import { embed, linear } from './linear';
import { add, cast, checkpoint, constant, leaf, multiply, view, type Linear, type Ops, type Weight } from './ops';
import { normOf, valueOf } from './parts';
import type { Scope, Value } from './tape';
import type { Config } from './traits';
import type { Reader } from './weights';

/** One of the two stacks (transformers models/t5/modeling_t5.py): positions enter the scores alone, as a bias by distance. */
interface Stack {
  readonly words: Weight;
  readonly width: number;
  readonly heads: number;
  readonly layers: readonly Layer[];
  readonly norm: Norm;
  readonly decodes: boolean;
  readonly drops: boolean;
}

interface Layer {
  readonly own: Part;
  readonly cross: Part | null;
  readonly network: Network;
  readonly norm: Norm;
  /** The table of biases by distance: of the first layer, for all. */
  readonly distances: Weight | null;
}
interface Part {
  readonly attention: Attention;
  readonly norm: Norm;
}
interface Network {
  /** Beside `first`, where it is gated. */
  readonly gate: Linear | null;
  readonly first: Linear;
  readonly second: Linear;
  readonly activation: Activation;
}

const types: ReadonlySet<string> = new Set(['t5', 'mt5', 'umt5']);

/** Reads such a model; `undefined` for other types, and for an encoder alone. */
export function readT5(root: Reader, config: Config, type: string): EncoderDecoder | undefined {
  const head = root.linear('lm_head');
  if (!types.has(type) || !head) return undefined;
  const [encoder, decoder] = [readStack(root.child('encoder'), config, false), readStack(root.child('decoder'), config, true)];
  if (!encoder || !decoder) return undefined;
  return {
    encode: (ops, ids, pass) => runStack(ops, ids, encoder, pass, null),
    decode: (ops, ids, states, pass) => runStack(ops, ids, decoder, pass, states),
    head,
    cachesInTraining: true,
    learnsBias: true,
    scalesHidden: type === 't5' && config['tie_word_embeddings'] !== false,
    bias: false,
    buffers: 0,
  };
}

function readStack(part: Reader | undefined, config: Config, decodes: boolean): Stack | undefined {
  const table = part?.child('embed_tokens');
  const [words, width] = [table?.tensor('weight'), table?.shape('weight')?.[1]];
  const norm = normOf(part?.child('final_layer_norm'), 'rms-input', width ?? 1);
  if (!part || !words || width === undefined || !norm) return undefined;
  const heads = valueOf(config, { key: 'num_heads', otherwise: 8 });
  const drops = valueOf(config, { key: 'dropout_rate', otherwise: 0.1 }) > 0;
  const layers: Layer[] = [];
  for (const layer of part.layers('block')) {
    const read = readLayer(layer, width, heads, drops, decodes, config);
    if (!read) return undefined;
    layers.push(read);
  }
  return { words, width, heads, layers, norm, decodes, drops };
}

function readLayer(block: Reader, width: number, heads: number, drops: boolean, decodes: boolean, config: Config): Layer | undefined {
  const inside = block.child('layer');
  const [first, second, third] = ['0', '1', '2'].map((name) => inside?.child(name));
  const part = (outer: Reader | undefined, name: string): Part | undefined => {
    const own = outer?.child(name);
    const [q, k, v, output] = ['q', 'k', 'v', 'o'].map((each) => own?.linear(each));
    const norm = normOf(outer?.child('layer_norm'), 'rms-input', width);
    return q && k && v && output && norm ? { attention: usualAttention({ q, k, v, output, heads }, drops), norm } : undefined;
  };
  const [own, cross, last] = [part(first, 'SelfAttention'), part(second, 'EncDecAttention'), decodes ? third : second];
  const network = readNetwork(last?.child('DenseReluDense'), config);
  const norm = normOf(last?.child('layer_norm'), 'rms-input', width);
  if (!own || !network || !norm || (decodes && !cross)) return undefined;
  const distances = first?.child('SelfAttention')?.child('relative_attention_bias')?.tensor('weight') ?? null;
  return { own, cross: cross ?? null, network, norm, distances };
}

function readNetwork(part: Reader | undefined, config: Config): Network | undefined {
  const stated = config['feed_forward_proj'];
  // Files say gelu and mean the approximation by tanh (configuration_t5.py).
  const name = stated === 'gated-gelu' ? 'gelu_new' : typeof stated === 'string' ? stated.split('-').at(-1) : undefined;
  const kind = activationOf(name);
  const [plain, gate, up, second] = ['wi', 'wi_0', 'wi_1', 'wo'].map((each) => part?.linear(each));
  const first = plain ?? up;
  return kind && first && second ? { gate: gate ?? null, first, second, activation: kind } : undefined;
}

/** @param states what the encoder made, for the decoder */
function runStack(ops: Ops, ids: Value, stack: Stack, pass: Pass, states: Value | null): Value {
  const drop = (value: Value): Value => (stack.drops && pass.training ? dropout(ops, value) : view(ops, value));
  return ops.tape.scope((scope) => {
    let words = scope.own(embed(ops, ids, stack.words, stack.width));
    if (ops.trainsInputs) words = scope.replace(words, leaf(ops, words));
    const mask = states && pass.way === 'plain' ? scope.own(maskOf(ops, pass)) : null;
    let hidden = scope.own(drop(words));
    // Biases that the first layer makes are handed to the others; made again with it, they are its own.
    const handed = new Map<'own' | 'cross', Bias>();
    stack.layers.forEach((layer, index) => {
      const run = (input: Value): Value =>
        ops.tape.scope((inner) => {
          const biasOf = (which: 'own' | 'cross', make: () => Bias) => (): Bias => {
            const known = layer.distances && which === 'own' ? undefined : handed.get(which);
            if (known && index > 0) return known;
            const made = make();
            if (handed.has(which)) inner.own(made.value);
            else {
              scope.own(made.value);
              handed.set(which, made);
              // Zeros that want a gradient live as long as the loss (T5Attention.forward, where it checkpoints).
              if (which === 'cross' && ops.checkpoints) ops.tape.hold(made.value.storage);
            }
            return made;
          };
          return runLayer(ops, inner, input, layer, stack, withMask(pass, mask), index, states, drop, biasOf);
        });
      const shared = [mask, states, ...[...handed.values()].map(({ value }) => value)].flatMap((value) => (value ? [value.storage] : []));
      hidden = scope.replace(hidden, checkpoint(ops, hidden, shared, run));
    });
    hidden = scope.replace(hidden, normalize(ops, hidden, stack.norm));
    return drop(hidden);
  });
}

/** Of one mask of all earlier tokens for each sequence. */
function maskOf(ops: Ops, { batch, tokens, cached }: Pass): Value {
  const elements = tokens * (tokens + cached);
  return { ...constant(ops, batch * elements, 2), elements };
}

type BiasOf = (which: 'own' | 'cross', make: () => Bias) => () => Bias;

function runLayer(
  ops: Ops,
  scope: Scope,
  input: Value,
  layer: Layer,
  stack: Stack,
  pass: Pass,
  index: number,
  states: Value | null,
  drop: (value: Value) => Value,
  biasOf: BiasOf,
): Value {
  let hidden = scope.own(view(ops, input));
  let weights: Value | null = null;
  const attended = ({ attention, norm }: Part, inside: Pass, from?: Value): void => {
    const sum = ops.tape.scope((part) => {
      const normed = part.own(normalize(ops, hidden, norm));
      const { output, scores } = attend(ops, normed, attention, inside, index, from);
      part.own(output);
      if (weights) scope.drop(weights);
      weights = scores && scope.own(scores);
      return add(ops, hidden, drop(output));
    });
    hidden = scope.replace(hidden, sum);
  };
  const { distances } = layer;
  const keys = pass.tokens + pass.cached;
  attended(layer.own, {
    ...pass,
    bias: biasOf('own', () => ({
      value: byDistance(ops, distances as Weight, stack, pass.tokens, keys),
      causal: stack.decodes,
      ordered: false,
    })),
  });
  if (layer.cross && states) {
    const seen = states.elements / stack.width / pass.batch;
    const sources = pass.crossCache.get(index)?.[0];
    const length = sources ? sources.elements / (stack.heads * layer.cross.attention.width) / pass.batch : seen;
    const zeros = (): Bias => ({
      value: constant(ops, stack.heads * pass.tokens * length, ops.autocast ? 2 : stack.words.width),
      causal: false,
      ordered: true,
    });
    attended(layer.cross, { ...withMask(pass, null), bias: biasOf('cross', zeros) }, states);
  }
  const made = ops.tape.scope((part) => {
    const normed = part.own(normalize(ops, hidden, layer.norm));
    const out = part.own(network(ops, normed, layer.network, drop));
    return add(ops, hidden, drop(out));
  });
  hidden = scope.replace(hidden, made);
  return hidden;
}

function network(ops: Ops, input: Value, { gate, first, second, activation: kind }: Network, drop: (value: Value) => Value): Value {
  return ops.tape.scope((scope) => {
    let hidden: Value;
    if (gate) {
      const active = scope.own(activation(ops, linear(ops, input, gate), kind));
      const up = scope.own(linear(ops, input, first));
      hidden = scope.own(multiply(ops, active, up));
    } else {
      hidden = scope.own(linear(ops, input, first));
      hidden = scope.replace(hidden, activation(ops, hidden, kind));
    }
    hidden = scope.replace(hidden, drop(hidden));
    // The second matrix may be kept at 32 bits, so that its input is brought to its type.
    hidden = scope.replace(hidden, cast(ops, hidden, second.weight.width));
    return linear(ops, hidden, second);
  });
}

/** Biases of all pairs of tokens, looked up by the bucket of their distance (T5Attention.compute_bias). */
function byDistance(ops: Ops, table: Weight, { heads, decodes }: Stack, queries: number, keys: number): Value {
  const pairs = queries * keys;
  return ops.tape.scope((scope) => {
    const numbers = (): Value => scope.own(constant(ops, pairs, 8));
    scope.own(constant(ops, queries, 8));
    scope.own(constant(ops, keys, 8));
    numbers();
    const buckets = ops.tape.scope((inside) => {
      const inner = (bytes = 8): Value => inside.own(constant(ops, pairs, bytes));
      if (!decodes) inner();
      const distance = inner();
      const small = inner(1);
      const far = inner();
      const bound = [inner(), inner()];
      inside.drop(far, bound[0] as Value);
      const chosen = inner();
      if (!decodes) return chosen;
      inside.drop(distance, small);
      return inner();
    });
    scope.own(buckets);
    return embed(ops, { ...buckets, elements: pairs }, table, heads);
  });
}
