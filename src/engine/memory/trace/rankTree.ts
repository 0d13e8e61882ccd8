import type { Analysis } from '../../analysis';
import { isStack, isTensor, type Component, type Module, type Part, type State, type Tensor } from '../../modules/tree';
import { countParameters } from '../../weights/parameters';
import { takeInventory, type Indices, type InventoryEntry } from '../../weights/inventory';
import { cutOf, secondOfPair } from '../parallel/cuts';
import { decoderLayers } from '../parallel/tensors';
import type { Stage } from '../parallel/stages';
import type { Degrees } from './degrees';

/** Which side of a matrix a rank holds a part of. */
export type Side = 'outputs' | 'inputs';

/** A tensor of which a rank holds a part. */
export interface CutTensor extends Tensor {
  readonly side?: Side;
}

const towers: ReadonlySet<Component> = new Set(['vision', 'audio', 'projector']);

/**
 * A model as one rank holds it: matrices cut as Megatron-LM and the plans of transformers cut them, experts dealt out whole or cut
 * inside, and of a pipeline the layers of some stages. Whatever reads a model reads its part as it would a smaller model.
 *
 * @param stages stages of a pipeline that this rank has; null for all layers
 */
export function modelOfRank(analysis: Analysis, { tensor, expert }: Degrees, stages: readonly Stage[] | null): Analysis {
  const tree =
    tensor === 1 && expert === 1 ? analysis.model.tree : (cutPart(analysis.model.tree, '', 'other', { tensor, expert }) as Module);
  const whole = tree === analysis.model.tree ? analysis.inventory : takeInventory(tree);
  if (whole === analysis.inventory && !stages) return analysis;
  const inventory = stages ? { ...whole, entries: entriesOf(whole.entries, decoderLayers(whole), stages) } : whole;
  return { ...analysis, model: { ...analysis.model, tree }, inventory, parameters: countParameters(inventory) };
}

type Ranks = Pick<Degrees, 'tensor' | 'expert'>;

function cutPart(part: Part, path: string, inherited: Component, ranks: Ranks): Part {
  if (isTensor(part)) return cutTensor(part, path, inherited, ranks);
  if (isStack(part)) {
    return {
      sorts: part.sorts.map((sort) => ({
        ...sort,
        copies: isExpert(sort.part, inherited) ? sort.copies / ranks.expert : sort.copies,
        part: cutPart(sort.part, `${path}.{n}`, inherited, ranks),
      })),
    };
  }
  const component = towers.has(inherited) ? inherited : (part.component ?? inherited);
  const children = Object.fromEntries(
    Object.entries(part.children).map(([name, child]) => [name, cutPart(child, path === '' ? name : `${path}.${name}`, component, ranks)]),
  );
  const keeps = towers.has(component) ? part.keeps : part.keeps?.map((state) => cutState(state, ranks.tensor));
  return { ...part, children, ...(keeps && { keeps }) };
}

/** Whether modules of a stack are routed experts. */
const isExpert = (part: Part, inherited: Component): boolean =>
  (isTensor(part) || isStack(part) ? inherited : (part.component ?? inherited)) === 'experts';

/** Keys and values of a rank's own heads; one latent row goes to all. */
function cutState(state: State, tensor: number): State {
  if (state.kind !== 'attention' && state.kind !== 'sliding') return state;
  return { ...state, elementsPerToken: state.elementsPerToken / tensor, ...(state.heads !== undefined && { heads: state.heads / tensor }) };
}

function cutTensor(part: Tensor, name: string, inherited: Component, { tensor, expert }: Ranks): Tensor {
  if (towers.has(inherited)) return part;
  const component = inherited;
  const cut = cutOf({ name, role: part.role, component, shape: part.shape });
  if (cut === 'whole') return part;
  if (cut === 'expert') return cutExperts(part, name, { tensor, expert });
  if (tensor === 1) return part;
  if (cut === 'inputs') return cutAlong(part, inner(part), tensor, 'inputs');
  return cutAlong(part, outer(part), tensor, 'outputs');
}

/** Where experts are dealt out, each is whole (transformers distributed/expert_parallel.py, MoEParamShard); else each is cut as a dense pair. */
function cutExperts(part: Tensor, name: string, { tensor, expert }: Ranks): Tensor {
  const held = part.experts !== undefined || part.shape.length === 3 || isBiases(part);
  if (expert > 1) return held ? { ...cutAlong(part, 0, expert), ...(part.experts && { experts: dealtOut(part.experts, expert) }) } : part;
  if (tensor === 1 || (secondOfPair(name) && part.role === 'bias')) return part;
  return secondOfPair(name) ? cutAlong(part, inner(part), tensor) : cutAlong(part, outer(part), tensor);
}

const dealtOut = ({ count, used }: NonNullable<Tensor['experts']>, ranks: number): NonNullable<Tensor['experts']> => ({
  count: count / ranks,
  used,
});

const swaps = ({ layout = 'out,in' }: Tensor): boolean => layout === 'in,out' || layout === 'expert,in,out';
/** The dimension of outputs, and that of inputs; a bias has outputs alone. */
const outer = (part: Tensor): number => (part.shape.length === 1 ? 0 : part.shape.length - (swaps(part) || isBiases(part) ? 1 : 2));
const inner = (part: Tensor): number => part.shape.length - (swaps(part) ? 2 : 1);
/** A row of biases per expert. */
const isBiases = ({ role, shape }: Tensor): boolean => role === 'bias' && shape.length === 2;

/** The largest part that any rank holds: that of the first. */
function cutAlong(part: Tensor, dimension: number, ranks: number, side?: Side): CutTensor {
  const shape = part.shape.map((size, index) => (index === dimension ? Math.ceil(size / ranks) : size));
  return { ...part, shape, ...(side && { side }) };
}

/** Tensors of some stages. Embeddings stand in the first; final norm and head in the last, which has a copy of a tied embedding. */
function entriesOf(entries: readonly InventoryEntry[], layers: number, stages: readonly Stage[]): readonly InventoryEntry[] {
  const first = stages.some((stage) => stage.first);
  const last = stages.some((stage) => stage.last);
  const isLayer = ({ indices, component }: InventoryEntry): boolean => indices.length > 0 && !towers.has(component) && layers > 0;
  const start = entries.findIndex(isLayer);
  return entries.flatMap((entry, index): readonly InventoryEntry[] => {
    if (isLayer(entry)) {
      const [outermost = 0, ...inside] = entry.indices;
      const numbers = numbersOf(outermost);
      const own = numbers.filter((number) => stages.some(({ from, to }) => number >= from && number < to));
      if (own.length === 0) return [];
      const share = own.length / numbers.length;
      return [{ ...entry, indices: [own, ...inside], copies: entry.copies * share, activeElements: entry.activeElements * share }];
    }
    const before = towers.has(entry.component) || entry.role === 'embedding' || entry.role === 'position' || index < start;
    if (before ? !first : !last) return [];
    if (before || first || entry.tiedTo === undefined) return [entry];
    return [{ ...entry, tiedTo: undefined }];
  });
}

const numbersOf = (indices: Indices): readonly number[] =>
  typeof indices === 'number' ? Array.from({ length: indices }, (_, index) => index) : indices;
