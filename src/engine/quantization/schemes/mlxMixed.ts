import type { Indices, Inventory, InventoryEntry } from '../../weights/inventory';
import type { Scheme } from '../scheme';
import { mlx } from './mlx';
import { holdsKvB, keptByClass } from './mlxClasses';

export interface MlxMixed {
  readonly name: string;
  readonly lowBits: number;
  readonly highBits: number;
}

/** Affine groups, whose size no recipe changes. */
const groupSize = 64;

/** Layers whose numbers are listed one by one; of more, which no model has, only the count is kept. */
const maxListed = 4096;

/**
 * A recipe of mlx-lm (mlx_lm/convert.py, mixed_quant_predicate_builder): more bits for the head, and in the first and last
 * eighth of the layers and every third between them for values and for what leads out of the feed-forward part. It takes the
 * place of what the class would decide by itself.
 *
 * @returns the inventory with such tensors apart from the same ones of other layers, the scheme for its entries, and whether
 * the model has a `down_proj`, without which the program refuses the recipe.
 */
export function mixedRecipe({ name, lowBits, highBits }: MlxMixed, inventory: Inventory, modelType: string) {
  const isFavoured = favoured(modelType);
  const down = inventory.entries.find((entry) => entry.component !== 'vision' && entry.component !== 'audio' && isDown(entry, modelType));
  const depth = down ? layersBeside(down, inventory) : 0;
  const high = new Set<InventoryEntry>();
  const entries = inventory.entries.flatMap((entry) => {
    if (entry.role === 'head') high.add(entry);
    if (!isFavoured(entry) || entry.indices.length === 0) return [entry];
    const [more, fewer] = split(entry, depth);
    if (more) high.add(more);
    return [more, fewer].filter((part) => part !== undefined);
  });
  const low = mlx({ name, bits: lowBits, groupSize });
  const precise = mlx({ name, bits: highBits, groupSize });
  const byClass = keptByClass(modelType);
  const scheme: Scheme = {
    ...low,
    takes: (entry) => byClass(entry) ?? low.takes(entry),
    store: (matrix, context, entry) => (high.has(entry) ? precise : low).store(matrix, context, entry),
  };
  return { inventory: { ...inventory, entries }, scheme, isAllowed: down !== undefined };
}

/** `down_proj`, or what the class calls so: experts' second matrix; Nemotron-H calls it fc2 whatever its files say. */
const isDown = ({ name, component }: InventoryEntry, modelType: string): boolean =>
  (!(modelType === 'nemotron_h' && component === 'experts') && name.includes('down_proj')) ||
  (component === 'experts' && /(^|\.)(w2|output_linear)(\.weight)?$/.test(name));

/** Names are searched, not compared: `qkv_proj` holds `v_proj`, and `kv_a_proj_with_mqa` holds `v_a_proj`. */
function favoured(modelType: string): (entry: InventoryEntry) => boolean {
  const keyAndValue = holdsKvB(modelType);
  return (entry) => {
    const { name, role } = entry;
    if (role !== 'linear') return false;
    if (name.includes('kv_b_proj')) return keyAndValue;
    return name.includes('v_proj') || name.includes('v_a_proj') || name.includes('v_b_proj') || isDown(entry, modelType);
  };
}

const endOf = (numbers: Indices): number =>
  typeof numbers === 'number' ? numbers : numbers.reduce((most, number) => Math.max(most, number + 1), 0);

/** Layers of the stack in which an entry stands. */
function layersBeside({ name }: InventoryEntry, { entries }: Inventory): number {
  const stack = name.slice(0, name.indexOf('{n}') + 1);
  let depth = 0;
  for (const { name: other, indices } of entries)
    if (indices.length > 0 && other.startsWith(stack)) depth = Math.max(depth, endOf(indices[0] as Indices));
  return depth;
}

/** Whether a layer is favoured: the same layers as in llama.cpp's use_more_bits. */
const hasMoreBits = (index: number, depth: number): boolean => {
  const eighth = Math.floor(depth / 8);
  return index < eighth || index >= Math.floor((7 * depth) / 8) || (index - eighth) % 3 === 2;
};

/** How many of the layers 0 … count − 1 are favoured. */
function countWithMore(count: number, depth: number): number {
  const first = Math.min(count, Math.floor(depth / 8));
  const last = Math.max(first, Math.min(count, Math.floor((7 * depth) / 8)));
  return first + Math.floor((last - first) / 3) + (count - last);
}

/** The copies of an entry in favoured layers, and those in the others. */
function split(entry: InventoryEntry, depth: number): readonly [more: InventoryEntry | undefined, fewer: InventoryEntry | undefined] {
  const [numbers, ...inner] = entry.indices as readonly [Indices, ...Indices[]];
  const count = typeof numbers === 'number' ? numbers : numbers.length;
  const each = entry.copies / count;
  const part = (indices: Indices, share: number): InventoryEntry | undefined =>
    share === 0
      ? undefined
      : {
          ...entry,
          indices: [indices, ...inner],
          copies: each * share,
          activeElements: Math.round((entry.activeElements * share) / count),
        };
  if (typeof numbers === 'number' && numbers > maxListed) {
    const more = countWithMore(numbers, depth);
    return [part(more, more), part(numbers - more, numbers - more)];
  }
  const listed = typeof numbers === 'number' ? Array.from({ length: numbers }, (_, index) => index) : numbers;
  const more = listed.filter((index) => hasMoreBits(index, depth));
  const fewer = listed.filter((index) => !hasMoreBits(index, depth));
  return [part(more, more.length), part(fewer, fewer.length)];
}
