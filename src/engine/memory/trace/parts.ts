import type { Module, State } from '../../modules/tree';
import type { Attention } from './blocks/attention';
import type { Convolution } from './blocks/convolution';
import type { DeltaNet } from './blocks/deltaNet';
import type { Experts } from './blocks/experts';
import type { FeedForward } from './blocks/feedForward';
import type { Latent } from './blocks/latent';
import type { Norm, NormKind } from './blocks/norms';
import type { SelectiveScan } from './blocks/selectiveScan';
import type { ShortConvolution } from './blocks/shortConvolution';
import type { StateSpace } from './blocks/stateSpace';
import type { Config, Share, Traits } from './traits';
import type { Reader } from './weights';

/** A number of the config. */
export const valueOf = (config: Config, { key, otherwise }: Share): number => numberOf(config[key], otherwise);
const numberOf = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

/** A norm over `columns`, or over as many elements as it has weights for. */
export function normOf(reader: Reader | undefined, kind: NormKind, columns: number): Norm | null {
  if (!reader) return null;
  const weight = reader.tensor('weight') ?? null;
  return { kind, weight, bias: reader.tensor('bias') ?? null, columns: weight && kind !== 'layer-wide' ? weight.elements : columns };
}

type GrowingState = Extract<State, { readonly elementsPerToken: number }>;
const stateOf = ({ keeps }: Module): GrowingState | undefined =>
  keeps?.find((state): state is GrowingState => state.kind === 'attention' || state.kind === 'sliding');

/** Attention with keys and values of its own for each head or group of heads. */
export function readAttention(outer: Reader, traits: Traits, config: Config, index: number): Attention | undefined {
  const part = outer.child('attention') ?? outer;
  const state = stateOf(part.module) ?? stateOf(outer.module);
  const heads = state?.heads;
  if (!state || heads === undefined) return undefined;
  const width = state.elementsPerToken / 2 / heads;
  const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((name) => part.linear(name));
  const qkv = part.linear('qkv_proj', 'query_key_value', 'c_attn', 'Wqkv', 'W_pack', 'wqkv');
  const output = part.linear('o_proj', 'dense', 'c_proj', 'out_proj', 'wo');
  const copied = traits.copiesHeads !== undefined && config[traits.copiesHeads] === true;
  const projections = q && k && v ? { q, k, v } : qkv ? ({ qkv, cut: copied ? 'copy' : 'slice' } as const) : undefined;
  if (!projections || !output) return undefined;
  const gated = traits.gatesAttention === true;
  const queries = copied
    ? heads * width
    : 'qkv' in projections
      ? projections.qkv.output - 2 * heads * width
      : projections.q.output / (gated ? 2 : 1);
  const headNorm = (...names: readonly string[]): Norm | null => {
    const norm = normOf(part.child(...names), traits.headNorm ?? traits.norm, width);
    // A norm over all heads is computed over those of a rank.
    return norm && norm.columns > width ? { ...norm, columns: norm.columns / part.ranks } : norm;
  };
  const { dropouts } = traits;
  const drops = (share: Share | undefined): boolean => share !== undefined && valueOf(config, share) > 0;
  const windowed = state.kind === 'sliding';
  return {
    heads: queries / width,
    kvHeads: heads,
    width,
    valueWidth: width,
    projections,
    output,
    qNorm: headNorm('q_norm', 'q_layernorm'),
    kNorm: headNorm('k_norm', 'k_layernorm'),
    rotation: {
      width,
      part: rotates(traits, config, windowed, index) ? Math.floor(width * rotatedShare(traits, config)) : 0,
      turn: traits.turn,
      lasting: traits.lastingTurn === true,
      joins: typeof traits.rotation === 'object',
    },
    table: windowed && traits.localTable ? 'local' : 'main',
    window: windowed ? state.window : null,
    softcap: traits.softcap === true,
    dropout: drops(dropouts?.attention),
    hiddenDropout: drops(dropouts?.hidden),
    outputDropout: drops(dropouts?.hidden) && dropouts?.inAttention === true,
    narrowSoftmax: traits.narrowSoftmax === true,
    wideScores: traits.wideScores === true,
    scalesInPlace: traits.scalesInPlace === true,
    ...(gated && { gated }),
    ...(traits.scalesParts && { scalesKeys: true }),
    sinks: part.tensor('sinks') ?? null,
  };
}

function rotatedShare({ rotation }: Traits, config: Config): number {
  if (rotation === 'whole') return 1;
  if (rotation === 'none') return 0;
  const rope = config['rope_parameters'] ?? config['rope_scaling'];
  const stated = typeof rope === 'object' && rope !== null && !Array.isArray(rope) ? (rope as Config)[rotation.key] : undefined;
  return numberOf(stated ?? config[rotation.key], rotation.otherwise);
}

function rotates(traits: Traits, config: Config, windowed: boolean, index: number): boolean {
  if (traits.unrotated === 'full') return windowed || config['sliding_window'] === null;
  return turns(traits, config, index);
}

/** Whether a layer rotates, as far as its number says. */
export function turns({ unrotated }: Traits, config: Config, index: number): boolean {
  if (unrotated === 'full') return true;
  if (unrotated === 'position_embedding_type') return config[unrotated] === 'rope';
  const listed = unrotated && config[unrotated];
  if (Array.isArray(listed)) return listed[index] !== 0;
  if (!unrotated) return true;
  const interval = numberOf(config['no_rope_layer_interval'], 4);
  return (index + 1) % interval !== 0;
}

export function readNetwork(block: Reader, { activation, scalesParts }: Traits, inline = false): FeedForward | undefined {
  const [gate, up, down] = [block.linear('gate_proj', 'w1'), block.linear('up_proj', 'w3'), block.linear('down_proj', 'w2')];
  if (gate && up && down) return { kind: 'gated', gate, up, down, activation, scales: scalesParts === true };
  // Qwen's first code: what is gated comes first.
  const [plain, gating, joint] = [block.linear('w1'), block.linear('w2'), block.linear('c_proj')];
  if (plain && gating && joint) return { kind: 'gated', gate: gating, up: plain, down: joint, activation };
  const [gateUp, last] = [block.linear('gate_up_proj', 'input_linear'), down ?? block.linear('output_linear')];
  if (gateUp && last) return { kind: 'fused', gateUp, down: last, activation };
  const first = block.linear('c_fc', 'dense_h_to_4h', 'fc1', 'fc_in', 'up_proj');
  const second = block.linear('c_proj', 'dense_4h_to_h', 'fc2', 'fc_out', 'down_proj');
  return first && second ? { kind: 'plain', first, second, activation, inline } : undefined;
}

/** Routed experts, which transformers holds in one tensor per matrix whatever the files do. */
export function readExperts(block: Reader, traits: Traits, config: Config): Experts | undefined {
  const layer = block.linear('gate', 'router') ?? block.child('router')?.linear('layer');
  const found = layer && (stackedExperts(block) ?? mergedExperts(block));
  if (!layer || !found) return undefined;
  const { gateUp, down, inner, count, used, hidden } = found;
  // Routers know the experts of all ranks.
  const all = layer.output;
  const shared = block.child('shared_expert', 'shared_experts');
  const network = shared && readNetwork(shared, traits);
  return {
    router: {
      layer,
      adapter: block.mergedAdapter('gate.weight', 1, layer.input, layer.output),
      scoring: traits.scoring ?? 'softmax',
      count: all,
      perToken: used,
      groups: numberOf(config['n_group'], 1),
      norms: (config['norm_topk_prob'] ?? traits.normsScores) === true,
      narrows: traits.scoresNarrow === true,
    },
    hidden,
    inner,
    gateUp: { ...gateUp, adapter: block.mergedAdapter('gate_up_proj', count, hidden, 2 * inner) },
    down: { ...down, adapter: block.mergedAdapter('down_proj', count, inner, hidden) },
    gate: gateUp.bias ? 'clamped' : 'silu',
    shared: network ? { network, gate: block.child('shared_expert_gate')?.asLinear(true) ?? null } : null,
  };
}

interface Found {
  readonly gateUp: Omit<Experts['gateUp'], 'adapter'>;
  readonly down: Omit<Experts['down'], 'adapter'>;
  readonly hidden: number;
  readonly inner: number;
  readonly count: number;
  readonly used: number;
}

/** Experts that files hold one by one. */
function stackedExperts(block: Reader): Found | undefined {
  const stack = block.stackOf('experts');
  const gate = stack?.first.frozen('gate_proj', 'w1');
  if (!stack || !gate) return undefined;
  const { count, used, first } = stack;
  const [inner = 0, hidden = 0] = gate;
  return {
    gateUp: { weight: block.merged(`${first.name}.gate_up`, count * 2 * inner * hidden), bias: null },
    down: { weight: block.merged(`${first.name}.down`, count * inner * hidden), bias: null },
    ...{ hidden, inner, count, used },
  };
}

/** Experts that files hold in one tensor per matrix, too. */
function mergedExperts(block: Reader): Found | undefined {
  const inside = block.child('experts') ?? block;
  const first = inside.heldByAll('gate_up_proj') ?? inside.child('input_linear')?.heldByAll('weight');
  const second = inside.heldByAll('down_proj') ?? inside.child('output_linear')?.heldByAll('weight');
  if (!first || !second) return undefined;
  const { count, used, input: hidden } = first;
  const inner = first.output / 2;
  return {
    gateUp: { weight: first.weight, bias: inside.tensor('gate_up_proj_bias') ?? null },
    down: { weight: second.weight, bias: inside.tensor('down_proj_bias') ?? null },
    ...{ hidden, inner, count, used },
  };
}

/** A short convolution between two projections (LFM2). */
export function readShortConvolution(part: Reader): ShortConvolution | undefined {
  const [input, output] = [part.linear('in_proj'), part.linear('out_proj')];
  const convolution = readConvolution(part.child('conv'));
  return input && output && convolution && { input, output, ...convolution };
}

function readConvolution(part: Reader | undefined): Convolution | undefined {
  const [weight, length] = [part?.tensor('weight'), part?.shape('weight')?.at(-1)];
  return weight && length !== undefined ? { weight, bias: part?.tensor('bias') ?? null, length } : undefined;
}

/** Linear attention by the gated delta rule (Qwen3-Next, Qwen3.5). */
export function readDeltaNet(part: Reader, config: Config): DeltaNet | undefined {
  const [all, rates] = [part.linear('in_proj_qkvz'), part.linear('in_proj_ba')];
  const [mixed, gate, step, rate] = ['in_proj_qkv', 'in_proj_z', 'in_proj_b', 'in_proj_a'].map((name) => part.linear(name));
  const projections = all && rates ? { all, rates } : mixed && gate && step && rate ? { mixed, gate, step, decay: rate } : undefined;
  const convolution = readConvolution(part.child('conv1d'));
  const [decay, decayBias] = [part.tensor('A_log'), part.tensor('dt_bias')];
  const norm = normOf(part.child('norm'), 'rms', 1);
  const output = part.linear('out_proj');
  if (!projections || !convolution || !decay || !decayBias || !norm || !output) return undefined;
  const valueHeads = decay.elements;
  const keyHeads = numberOf(config['linear_num_key_heads'], 16);
  const keys = (convolution.weight.elements / convolution.length - output.input) / 2;
  return {
    ...{ projections, convolution, decay, decayBias, norm, output },
    ...{ keyHeads, keyWidth: keys / keyHeads, valueHeads, valueWidth: norm.columns },
  };
}

/** A selective state space of Mamba; `undefined` for a module of another kind. */
export function readSelectiveScan(part: Reader | undefined, traits: Traits): SelectiveScan | undefined {
  const [input, output, select, step] = ['in_proj', 'out_proj', 'x_proj', 'dt_proj'].map((name) => part?.linear(name));
  const convolution = readConvolution(part?.child('conv1d'));
  const [decay, skip] = ['A_log', 'D'].map((name) => part?.tensor(name));
  if (!part || !input || !output || !select || !step || !convolution || !decay || !skip) return undefined;
  const inner = output.input;
  const state = decay.elements / inner;
  const weightless = (columns: number): Norm => ({ kind: 'rms', weight: null, bias: null, columns });
  const norms = traits.normsSelection
    ? [select.output - 2 * state, state, state].map(weightless)
    : ['dt_layernorm', 'b_layernorm', 'c_layernorm'].map((name) => normOf(part.child(name), 'rms', 1));
  const [first, second, third] = norms;
  return {
    ...{ input, output, select, step, convolution, decay, skip, inner, state },
    norms: first && second && third ? [first, second, third] : null,
  };
}

/** A state space of Mamba-2; `undefined` for a module of another kind. */
export function readStateSpace(part: Reader | undefined, traits: Traits, config: Config): StateSpace | undefined {
  const [input, output] = [part?.linear('in_proj'), part?.linear('out_proj')];
  const convolution = readConvolution(part?.child('conv1d'));
  const [decay, skip, stepBias] = ['A_log', 'D', 'dt_bias'].map((name) => part?.tensor(name));
  if (!part || !input || !output || !convolution || !decay || !skip || !stepBias) return undefined;
  const heads = decay.elements;
  const inner = output.input;
  const norm = normOf(part.child('norm'), 'rms', 1);
  const groups = numberOf(config['n_groups'] ?? config['mamba_n_groups'], 1);
  return {
    ...{ input, output, convolution, decay, skip, stepBias, heads, groups },
    norm: norm && { ...norm, columns: inner / groups },
    width: inner / heads,
    state: (convolution.weight.elements / convolution.length - inner) / 2 / groups,
    chunk: numberOf(config['chunk_size'] ?? config['mamba_chunk_size'], 256),
    scaled: traits.scalesParts === true,
    gatesAfter: traits.scalesParts === true && config['mamba_norm_before_gate'] !== false,
  };
}

/** Latent attention; `undefined` for a module of another kind. */
export function readLatent(part: Reader, traits: Traits, config: Config): Latent | undefined {
  const [compress, expand, output] = [part.linear('kv_a_proj_with_mqa'), part.linear('kv_b_proj'), part.linear('o_proj')];
  const [whole, down, up] = [part.linear('q_proj'), part.linear('q_a_proj'), part.linear('q_b_proj')];
  const norm = normOf(part.child('kv_a_layernorm'), traits.norm, 1);
  const between = normOf(part.child('q_a_layernorm'), traits.norm, 1);
  const queries = down && up && between ? { down, norm: between, up } : whole;
  const heads = numberOf(config['num_attention_heads'], 1) / part.ranks;
  if (!compress || !expand || !output || !norm || !queries) return undefined;
  const rank = norm.columns;
  const turnedWidth = compress.output - rank;
  const width = ('up' in queries ? queries.up.output : queries.output) / heads;
  const plainWidth = width - turnedWidth;
  const valueWidth = expand.output / heads - plainWidth;
  const rotation = { width: turnedWidth, part: turnedWidth, turn: traits.turn, lasting: false, joins: false };
  const attention: Attention = {
    ...{ heads, kvHeads: heads, width, valueWidth, projections: { qkv: compress, cut: 'slice' }, output, qNorm: null, kNorm: null },
    ...{ rotation, table: 'main', window: null, softcap: false, dropout: false, outputDropout: false, hiddenDropout: false },
    ...{ narrowSoftmax: false, sinks: null },
  };
  return { heads, plainWidth, turnedWidth, valueWidth, rank, queries, compress, norm, expand, output, rotation, attention };
}
