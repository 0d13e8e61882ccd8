import type { Analysis } from '../../analysis';
import type { Module, State } from '../../modules/tree';
import { attend, type Attention, type Pass } from './blocks/attention';
import { mixture, type Experts } from './blocks/experts';
import { feedForward, type FeedForward } from './blocks/feedForward';
import { normalize, type Norm, type NormKind } from './blocks/norms';
import { add, checkpoint, dropout, embed, linear, scale, view, type Ops, type Weight } from './ops';
import type { Scope, Value } from './tape';
import type { Traits } from './traits';
import type { Reader } from './weights';

/** A decoder as its program runs it. */
export interface Decoder {
  readonly embedding: Weight;
  readonly hidden: number;
  /** A table of learned positions (GPT-2). */
  readonly positions: Weight | null;
  readonly layers: readonly DecoderLayer[];
  readonly norm: Norm | null;
}

export interface DecoderLayer {
  readonly attention: Attention;
  readonly network: FeedForward | Experts;
  /** Before attention, after it, before the network, after it. */
  readonly norms: { readonly before?: Norm; readonly after?: Norm; readonly beforeNetwork?: Norm; readonly afterNetwork?: Norm };
}

const normOf = (reader: Reader | undefined, kind: NormKind): Norm | undefined => {
  const weight = reader?.tensor('weight');
  return reader && weight ? { kind, weight, bias: reader.tensor('bias') ?? null, columns: weight.elements } : undefined;
};

/** Reads a decoder's parts from its tree; `undefined` for a tree that has none, or parts that no program is known for. */
export function readDecoder(body: Reader, traits: Traits, config: Analysis['model']['config']): Decoder | undefined {
  const table = body.child('embed_tokens', 'wte', 'embed_in', 'word_embeddings');
  const embedding = table?.tensor('weight');
  const hidden = table?.shape('weight')?.[1];
  const [stack] = body.stacks();
  if (!embedding || hidden === undefined || stack === undefined) return undefined;
  const layers: DecoderLayer[] = [];
  for (const layer of body.layers(stack)) {
    const read = readLayer(layer, traits, config);
    if (!read) return undefined;
    layers.push(read);
  }
  const norm = normOf(body.child('norm', 'ln_f', 'final_layer_norm', 'final_layernorm'), traits.norm) ?? null;
  return { embedding, hidden, positions: body.child('wpe')?.tensor('weight') ?? null, layers, norm };
}

function readLayer(layer: Reader, traits: Traits, config: Analysis['model']['config']): DecoderLayer | undefined {
  const part = layer.child('self_attn', 'attention', 'attn');
  const attention = part && readAttention(part, traits, config);
  const block = layer.child('mlp', 'block_sparse_moe', 'feed_forward');
  const network = block && (readExperts(block, traits) ?? readNetwork(block, traits));
  if (!attention || !network) return undefined;
  const norm = (...names: readonly string[]): Norm | undefined => normOf(layer.child(...names), traits.norm);
  const found = {
    before: norm('input_layernorm', 'ln_1'),
    after: traits.order === 'sandwich' || traits.order === 'post' ? norm('post_attention_layernorm') : undefined,
    beforeNetwork: traits.order === 'post' ? undefined : norm('pre_feedforward_layernorm', 'post_attention_layernorm', 'ln_2'),
    afterNetwork: norm('post_feedforward_layernorm'),
  };
  return { attention, network, norms: Object.fromEntries(Object.entries(found).filter(([, value]) => value)) };
}

function readAttention(part: Reader, traits: Traits, config: Analysis['model']['config']): Attention | undefined {
  const state = stateOf(part.module);
  const heads = state?.heads;
  if (!state || heads === undefined) return undefined;
  const width = state.elementsPerToken / 2 / heads;
  const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((name) => part.linear(name));
  const qkv = part.linear('qkv_proj', 'query_key_value', 'c_attn');
  const output = part.linear('o_proj', 'dense', 'c_proj', 'out_proj');
  const projections = q && k && v ? { q, k, v } : qkv ? { qkv, cut: 'slice' as const } : undefined;
  if (!projections || !output) return undefined;
  const queries = 'qkv' in projections ? projections.qkv.output - 2 * heads * width : projections.q.output;
  const share = traits.rotation;
  const factor = share === 'whole' ? 1 : share === 'none' ? 0 : numberOf(config[share.key], share.otherwise);
  const [qNorm, kNorm] = ['q_norm', 'k_norm'].map((name) => normOf(part.child(name), traits.norm));
  return {
    heads: queries / width,
    kvHeads: heads,
    width,
    valueWidth: width,
    projections,
    output,
    ...(qNorm && { qNorm }),
    ...(kNorm && { kNorm }),
    rotated: Math.floor(width * factor),
    window: state.kind === 'sliding' ? state.window : null,
    softcap: traits.softcap === true,
    dropout: traits.dropouts !== undefined && numberOf(config[traits.dropouts.attention], 0) > 0,
  };
}

type GrowingState = Extract<State, { readonly elementsPerToken: number }>;
const stateOf = ({ keeps }: Module): GrowingState | undefined =>
  keeps?.find((state): state is GrowingState => state.kind === 'attention' || state.kind === 'sliding');

const numberOf = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

function readNetwork(block: Reader, traits: Traits): FeedForward | undefined {
  const [gate, up, down] = [block.linear('gate_proj', 'w1'), block.linear('up_proj', 'w3'), block.linear('down_proj', 'w2')];
  if (gate && up && down) return { kind: 'gated', gate, up, down };
  const gateUp = block.linear('gate_up_proj');
  if (gateUp && down) return { kind: 'fused', gateUp, down };
  const [first, second] = [block.linear('c_fc', 'dense_h_to_4h', 'fc1'), block.linear('c_proj', 'dense_4h_to_h', 'fc2')];
  return first && second ? { kind: 'plain', first, second, activation: traits.activation } : undefined;
}

/** Routed experts, which transformers holds in one tensor per matrix whatever the files do. */
function readExperts(block: Reader, traits: Traits): Experts | undefined {
  const stack = block.stackOf('experts');
  const router = block.linear('gate');
  if (!stack || !router) return undefined;
  const one = stack.first;
  const [gate, down] = [one.linear('gate_proj', 'w1'), one.linear('down_proj', 'w2')];
  if (!gate || !down) return undefined;
  const inner = gate.output;
  return {
    router: { ...router },
    count: stack.count,
    perToken: stack.used,
    gateUp: block.merged(`${one.name}.gate_up`, stack.count * 2 * inner * gate.input),
    down: block.merged(`${one.name}.down`, stack.count * inner * gate.input),
    inner,
    narrowsScores: traits.scoresNarrow === true,
  };
}

/** Embedding, layers and the last norm: the model without its head. */
export function runBody(ops: Ops, ids: Value, decoder: Decoder, pass: Pass, traits: Traits, checkpointing: boolean): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    let embedded = scope.own(embed(ops, ids, decoder.embedding, decoder.hidden));
    if (traits.scalesEmbedding) embedded = scope.replace(embedded, scale(ops, embedded));
    if (decoder.positions) {
      const positions = scope.own(embed(ops, { ...ids, elements: pass.tokens }, decoder.positions, decoder.hidden));
      embedded = scope.own(add(ops, embedded, positions));
    }
    let hidden = scope.own(view(ops, embedded));
    decoder.layers.forEach((layer, index) => {
      const run = (input: Value): Value => runLayer(ops, input, layer, pass, traits, index);
      hidden = scope.replace(hidden, checkpointing ? checkpoint(ops, hidden, pass.shared, run) : run(hidden));
    });
    return decoder.norm ? normalize(ops, hidden, decoder.norm) : view(ops, hidden);
  });
}

const runNetwork = (ops: Ops, input: Value, network: DecoderLayer['network']): Value =>
  'router' in network ? mixture(ops, input, network) : feedForward(ops, input, network);

function runLayer(ops: Ops, input: Value, layer: DecoderLayer, pass: Pass, traits: Traits, index: number): Value {
  return ops.tape.scope((scope) => {
    const { norms, attention, network } = layer;
    const drops = pass.training && attention.dropout;
    const normed = norms.before ? scope.own(normalize(ops, input, norms.before)) : scope.own(view(ops, input));
    const { output, scores } = attend(ops, normed, attention, pass, index);
    if (scores) scope.own(scores);
    let attended = scope.replace(normed, output);
    if (traits.order === 'parallel') {
      if (drops) attended = scope.replace(attended, dropout(ops, attended));
      return parallel(ops, scope, input, attended, layer, drops);
    }
    if (norms.after) attended = scope.replace(attended, normalize(ops, attended, norms.after));
    if (drops) attended = scope.replace(attended, dropout(ops, attended));
    if (traits.scalesResidual) attended = scope.replace(attended, scale(ops, attended));
    const middle = scope.replace(attended, add(ops, input, attended));
    const second = norms.beforeNetwork ? scope.own(normalize(ops, middle, norms.beforeNetwork)) : scope.own(view(ops, middle));
    let made = scope.replace(second, runNetwork(ops, second, network));
    if (norms.afterNetwork) made = scope.replace(made, normalize(ops, made, norms.afterNetwork));
    if (drops) made = scope.replace(made, dropout(ops, made));
    if (traits.scalesResidual) made = scope.replace(made, scale(ops, made));
    return add(ops, middle, made);
  });
}

/** GPT-NeoX: attention and network on the layer's own input, then both and the input added. */
function parallel(ops: Ops, scope: Scope, input: Value, attended: Value, { norms, network }: DecoderLayer, drops: boolean): Value {
  const normed = norms.beforeNetwork ? scope.own(normalize(ops, input, norms.beforeNetwork)) : scope.own(view(ops, input));
  let made = scope.own(runNetwork(ops, normed, network));
  scope.drop(normed);
  if (drops) made = scope.replace(made, dropout(ops, made));
  const both = scope.own(add(ops, made, attended));
  return add(ops, both, input);
}

/** Logits of a pass, or of its last token. */
export const runHead = (ops: Ops, hidden: Value, head: Parameters<typeof linear>[2]): Value => linear(ops, hidden, head);
