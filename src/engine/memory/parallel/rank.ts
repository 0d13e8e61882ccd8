import { layersIn, type Stage } from './stages';
import { allocated } from './torchAllocator';
import type { PlacedModel, PlacedTensor } from './tensors';

/** How the ranks of one pipeline stage share a model. */
export interface RankShares {
  readonly tensor: number;
  /** Ranks among which attention, state-space layers and the embedding are cut, where replicas of attention share the rest. */
  readonly attention?: number;
  /** Ranks among which the head is cut, where they are others. */
  readonly head?: number;
  /** Key/value heads of the model: beyond that many ranks they are held several times. */
  readonly keyHeads: number | undefined;
  /** Ranks among which routed experts are dealt out whole; 1: they are cut inside. */
  readonly experts: number;
  /** Ranks among which they are cut inside: replicas that share their experts too. */
  readonly expertCuts: number;
  /** Rows of embeddings and heads are padded to a multiple. */
  readonly vocabularyPadding: number;
  /** Bytes per element of tensors that no scheme packs. */
  readonly plainWidth: number;
  /** Towers for images and sound are held whole on every rank ("data" mode). */
  readonly wholeTowers: boolean;
}

/** Ranks among which each expert is cut; 1: they are dealt out whole. */
export const expertCuts = ({ experts, expertCuts: cuts }: RankShares): number => (experts === 1 ? cuts : 1);

/** Bytes of one rank, and how many of them are only the allocator's rounding. */
export interface RankBytes {
  readonly bytes: number;
  readonly rounding: number;
  /** Bytes of routed experts among them. */
  readonly experts: number;
}

/** Linear layers that serving engines hold in one tensor (vLLM and SGLang: packed_modules_mapping of models/*.py). */
const fused: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)[qkv]_proj$/, 'qkv'],
  [/(^|\.)(gate_proj|up_proj|w1|w3)$/, 'gate_up'],
  [/(^|\.)(q_a_proj|kv_a_proj_with_mqa)$/, 'qkv_a'],
  [/(^|\.)in_proj_(qkv|z)$/, 'in_proj_qkvz'],
  [/(^|\.)in_proj_(b|a)$/, 'in_proj_ba'],
  [/(^|\.)(query|key|value)$/, 'qkv'],
];

/** One tensor as an engine allocates it in a layer. */
interface Allocation {
  bytes: number;
  readonly layers: readonly number[] | null;
  readonly place: PlacedTensor['place'];
  readonly expert: boolean;
}

/** The tensors of a rank, merged as the engine merges them; cost grows with the kinds of layers. */
export function allocationsOf(tensors: readonly PlacedTensor[], shares: RankShares): readonly Allocation[] {
  const merged = new Map<string, Allocation>();
  for (const tensor of tensors) {
    const bytes = bytesOnRank(tensor, shares);
    const known = merged.get(keyOf(tensor));
    if (known) known.bytes += bytes;
    else merged.set(keyOf(tensor), { bytes, layers: tensor.layers, place: tensor.place, expert: tensor.cut === 'expert' });
  }
  return [...merged.values()];
}

function keyOf({ module, part, layers, cut }: PlacedTensor): string {
  const segments = module.split('.');
  const last = segments.at(-1) ?? '';
  const name = fused.find(([pattern]) => pattern.test(last))?.[1] ?? last;
  // All experts of a layer stand in one tensor, whatever the checkpoint does.
  const parent = cut === 'expert' ? module.replace(/\.\{n\}\.[^.]+$/, '') : segments.slice(0, -1).join('.');
  return `${parent}|${name}|${part}|${layers === null ? '' : `${layers.length}:${layers[0]}`}`;
}

/** Bytes of all copies of a tensor that one rank holds in one layer. */
export function bytesOnRank(tensor: PlacedTensor, shares: RankShares): number {
  const { cut, copies, kind, shape, component } = tensor;
  const one = kind === 'plain' ? elementsOf(shape) * (tensor.float32 ? 4 : shares.plainWidth) : tensor.bytes;
  const tower = component === 'vision' || component === 'audio';
  if (shares.tensor === 1 && shares.experts === 1 && shares.expertCuts === 1)
    return (cut === 'vocabulary' ? padded(one, shape, shares) : one) * copies;
  if (cut === 'whole' || (tower && shares.wholeTowers)) return one * copies;
  const ranks = ranksOf(component, shares);
  if (cut === 'vocabulary') return Math.ceil(padded(one, shape, shares) / ranks) * copies;
  if (cut === 'expert') return expertBytes(tensor, one, shares);
  if (isWhole(tensor)) return one * copies;
  const parts = cut === 'keyValue' && shares.keyHeads !== undefined && !tower ? Math.min(ranks, shares.keyHeads) : ranks;
  return Math.ceil(one / parts) * copies;
}

const heldPerReplica: ReadonlySet<PlacedTensor['component']> = new Set(['attention', 'stateSpace', 'embedding']);

const ranksOf = (component: PlacedTensor['component'], { tensor, attention = tensor, head = tensor }: RankShares): number =>
  heldPerReplica.has(component) ? attention : component === 'head' ? head : tensor;

/** Scales of one value, and those of outputs where inputs are cut. */
function isWhole({ kind, cut, shape }: PlacedTensor): boolean {
  if (kind !== 'overhead') return false;
  const elements = elementsOf(shape);
  return elements <= 2 || (cut === 'inputs' && (shape.length < 2 || shape[shape.length - 1] === 1));
}

function expertBytes({ copies, shape, layers }: PlacedTensor, one: number, { expertCuts, experts }: RankShares): number {
  if (experts === 1) return Math.ceil(one / expertCuts) * copies;
  // Copies are experts, or one tensor holds all of them along its first dimension.
  if (layers !== null && copies > 1) return one * Math.ceil(copies / experts);
  const count = shape[0] ?? 1;
  return (one / count) * Math.ceil(count / experts) * copies;
}

function padded(bytes: number, shape: readonly number[], { vocabularyPadding }: RankShares): number {
  const rows = shape[0] ?? 1;
  return (bytes / rows) * Math.ceil(rows / vocabularyPadding) * vocabularyPadding;
}

const elementsOf = (shape: readonly number[]): number => shape.reduce((product, dimension) => product * dimension, 1);

/** Weights of a rank of one pipeline stage as PyTorch's allocator counts them. */
export function stageBytes(
  allocations: readonly Allocation[],
  { tiedHead, tensors }: Pick<PlacedModel, 'tiedHead' | 'tensors'>,
  stage: Stage,
  shares: RankShares,
): RankBytes {
  let plain = 0;
  let bytes = 0;
  let experts = 0;
  const add = (size: number, count: number, expert: boolean): void => {
    plain += size * count;
    bytes += allocated(size) * count;
    if (expert) experts += size * count;
  };
  for (const { bytes: size, layers, place, expert } of allocations) {
    if (layers !== null) add(size, layersIn(layers, stage), expert);
    else if (place === 'before' ? stage.first : stage.last) add(size, 1, expert);
  }
  // The last stage needs the rows of a tied embedding for its head.
  if (tiedHead && stage.last && !stage.first) {
    for (const tensor of tensors) if (tensor.cut === 'vocabulary' && tensor.place === 'before') add(bytesOnRank(tensor, shares), 1, false);
  }
  return { bytes, rounding: bytes - plain, experts };
}
