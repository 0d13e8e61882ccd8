import type { Analysis } from '../../../analysis';
import { isStack, isTensor, type Part, type Stack } from '../../../modules/tree';
import { takeInventory } from '../../../weights/inventory';

/** Layers of each sort that stay: the first may be read in another way than those that follow. */
const kept = 2;

/**
 * A model with two layers of each sort. What a layer allocates while a prompt is read or a token generated is let go before the
 * next one runs, so that its trace tells what all layers take beside weights and cache, at a cost that does not grow with depth.
 */
export function shortened(analysis: Analysis): Analysis {
  const known = models.get(analysis);
  if (known) return known;
  const tree = shorten(analysis.model.tree) as Analysis['model']['tree'];
  const short = { ...analysis, model: { ...analysis.model, tree }, inventory: takeInventory(tree) };
  models.set(analysis, short);
  return short;
}

const models = new WeakMap<Analysis, Analysis>();

function shorten(part: Part): Part {
  if (isTensor(part)) return part;
  if (isStack(part)) return shortStack(part);
  return { ...part, children: Object.fromEntries(Object.entries(part.children).map(([name, child]) => [name, shorten(child)])) };
}

const shortStack = ({ sorts }: Stack): Stack => ({
  sorts: sorts.map((sort) => {
    const copies = Math.min(sort.copies, kept);
    return sort.indices ? { ...sort, copies, indices: sort.indices.slice(-copies) } : { ...sort, copies };
  }),
});
