import { matrixOf, type Indices, type InventoryEntry } from '../weights/inventory';
import type { FoundTensor } from './found';

/** A tensor in the form that files have it in. */
export interface FormedEntry {
  readonly entry: InventoryEntry;
  /** The model's own, whose rules it follows: more than one where several stand in one. */
  readonly own: readonly InventoryEntry[];
}

/** What the files say of a tensor, by the model's way of naming. */
export type Find = (name: string) => FoundTensor | undefined;

/** Entries in place of some of the model's. */
interface Change {
  readonly replaced: readonly InventoryEntry[];
  readonly made: readonly InventoryEntry[];
}

/** Files hold the experts of a mixture one by one, or in one tensor, or the halves of one apart: which of these, they tell. */
export function formsIn(entries: readonly InventoryEntry[], find: Find, mlx: boolean): readonly FormedEntry[] {
  const formed: FormedEntry[] = [];
  const done = new Set<InventoryEntry>();
  let channelsLast = mlx;
  entries.forEach((entry, at) => {
    if (done.has(entry)) return;
    const change = (form: (entry: InventoryEntry, among: Siblings) => Change | undefined): Change | undefined => {
      const made = form(entry, { entries, at });
      return made?.made.some((other) => stands(other, find)) ? made : undefined;
    };
    const ofMlx = change(asMlx);
    const changed = ofMlx ?? change(asFused);
    channelsLast ||= ofMlx !== undefined;
    for (const one of changed?.replaced ?? []) done.add(one);
    for (const one of changed?.made ?? [entry]) formed.push({ entry: one, own: changed?.replaced ?? [entry] });
  });
  return channelsLast ? formed.map((one) => withChannelsLast(one, find)) : formed;
}

/** Entries of the model, and where among them one stands. */
interface Siblings {
  readonly entries: readonly InventoryEntry[];
  readonly at: number;
}

/** Layers that are looked for before a form is given up: some may be missing. */
const probed = 8;

function stands({ name, indices }: InventoryEntry, find: Find): boolean {
  for (let layer = 0; layer < probed; layer++) if (find(nameOf(name, indices, layer)) !== undefined) return true;
  return false;
}

/** The name in the layer at a place of the outermost stack, or in the last of fewer; the first of every other stack. */
function nameOf(template: string, indices: readonly Indices[], layer: number): string {
  let stack = 0;
  return template.replace(/\{n\}/g, () => {
    const numbers = indices[stack] ?? 1;
    const count = typeof numbers === 'number' ? numbers : numbers.length;
    const place = stack++ === 0 ? Math.min(layer, count - 1) : 0;
    return String(typeof numbers === 'number' ? place : numbers[place]);
  });
}

/** How many experts the last stack of a name counts, all of them from 0 on. */
function expertsOf({ indices }: InventoryEntry): number | undefined {
  const last = indices.at(-1);
  if (last === undefined || typeof last === 'number') return last;
  return last.every((number, at) => number === at) ? last.length : undefined;
}

/** The same tensor under another name, in another shape; `stacks`: of those that it is numbered by, how many are left. */
function reformed(
  entry: InventoryEntry,
  name: string,
  shape: readonly number[],
  stacks = entry.indices.length,
  layout: InventoryEntry['layout'] = shape.length === 3 ? 'expert,out,in' : entry.layout,
): InventoryEntry {
  const indices = entry.indices.slice(0, stacks);
  const copies = indices.reduce<number>((all, numbers) => all * (typeof numbers === 'number' ? numbers : numbers.length), 1);
  return { ...entry, name, shape, layout, indices, copies, elements: shape.reduce((all, side) => all * side, 1) };
}

const separateExpert = /^(.*)\.experts\.\{n\}\.(gate_proj|up_proj|down_proj|w1|w2|w3)\.weight$/;
/** Mixtral's names of an expert's projections. */
const projections: Readonly<Record<string, string>> = { w1: 'gate_proj', w2: 'down_proj', w3: 'up_proj' };

/**
 * As classes of transformers 5 hold experts, and files that it saved in that form: gate and up projections of all in
 * one tensor (experts, 2·inner, hidden), down projections in another (experts, hidden, inner); conversion_mapping.py, `qwen2_moe`,
 * `mixtral`, `jamba`: MergeModulelist and Concatenate(dim=1). Types that hold them otherwise (gpt_oss: transposed) have them so in
 * the model itself.
 */
function asFused(entry: InventoryEntry, { entries, at }: Siblings): Change | undefined {
  const [, parent = '', written = ''] = separateExpert.exec(entry.name) ?? [];
  const experts = expertsOf(entry);
  const [rows, columns] = entry.shape;
  if (experts === undefined || rows === undefined || columns === undefined || entry.layout !== 'out,in') return undefined;
  const projection = projections[written] ?? written;
  const stacks = entry.indices.length - 1;
  if (projection === 'down_proj')
    return { replaced: [entry], made: [reformed(entry, `${parent}.experts.down_proj`, [experts, rows, columns], stacks)] };
  if (projection !== 'gate_proj') return undefined;
  const upName = `${parent}.experts.{n}.${written === 'w1' ? 'w3' : 'up_proj'}.weight`;
  const up = entries.find(({ name }, place) => place > at && name === upName);
  if (!up || up.copies !== entry.copies || String(up.shape) !== String(entry.shape) || !sameNumbers(up.indices, entry.indices))
    return undefined;
  return { replaced: [entry, up], made: [reformed(entry, `${parent}.experts.gate_up_proj`, [experts, 2 * rows, columns], stacks)] };
}

const sameNumbers = (a: readonly Indices[], b: readonly Indices[]): boolean => a.every((numbers, at) => String(numbers) === String(b[at]));

/**
 * As classes of mlx-lm hold tensors, and everything that it saved (mlx_lm/models, `sanitize`): experts of a layer stacked, gate
 * and up projections apart (qwen3_moe.py, mixtral.py, granitemoe.py, gpt_oss.py); the second half of latent attention by heads,
 * keys transposed (deepseek_v3.py).
 */
function asMlx(entry: InventoryEntry, siblings: Siblings): Change | undefined {
  const { name, shape } = entry;
  const [, parent, projection = ''] = separateExpert.exec(name) ?? [];
  const experts = expertsOf(entry);
  const stacks = entry.indices.length;
  const instead = (...made: readonly InventoryEntry[]): Change => ({ replaced: [entry], made });
  if (parent !== undefined)
    return experts === undefined
      ? undefined
      : instead(reformed(entry, `${parent}.switch_mlp.${projections[projection] ?? projection}.weight`, [experts, ...shape], stacks - 1));
  const granite = /^(.*\.block_sparse_moe)\.(input|output)_linear\.weight$/.exec(name);
  const matrix = matrixOf(entry);
  if (granite && matrix) {
    const folder = `${granite[1]}.switch_mlp`;
    if (granite[2] === 'output') return instead(reformed(entry, `${folder}.down_proj.weight`, shape));
    return instead(...halves(entry, folder, '.weight', [matrix.matrices, matrix.rows / 2, matrix.columns]));
  }
  const together = /^(.*\.experts)\.(gate_up_proj|down_proj)(_bias)?$/.exec(name);
  if (together) {
    const [, folder = '', which, bias] = together;
    const sides = matrix && bias === undefined ? [matrix.matrices, matrix.rows, matrix.columns] : shape;
    const ending = bias === undefined ? '.weight' : '.bias';
    if (which === 'down_proj') return instead(reformed(entry, `${folder}.down_proj${ending}`, sides));
    return instead(
      ...halves(
        entry,
        folder,
        ending,
        sides.map((side, at) => (at === 1 ? side / 2 : side)),
      ),
    );
  }
  return name.endsWith('.kv_b_proj.weight') ? byHeads(entry, siblings) : undefined;
}

const halves = (entry: InventoryEntry, folder: string, ending: string, shape: readonly number[]): readonly InventoryEntry[] =>
  ['gate_proj', 'up_proj'].map((projection) => reformed(entry, `${folder}.${projection}${ending}`, shape));

/**
 * `kv_b_proj` (heads · (keys + values), rank) as `embed_q` (heads, rank, keys) and `unembed_out` (heads, values, rank). Its
 * neighbours tell the sides: queries have heads · (keys + rotated) rows, the output heads · values columns, and the first half
 * rank + rotated rows.
 */
function byHeads(entry: InventoryEntry, { entries }: Siblings): Change | undefined {
  const folder = entry.name.slice(0, -'kv_b_proj.weight'.length);
  const side = (which: 0 | 1, ...modules: readonly string[]): number => {
    const names = modules.map((module) => `${folder}${module}.weight`);
    return entries.find(({ name }) => names.includes(name))?.shape[which] ?? 0;
  };
  const [rows = 0, rank = 0] = entry.shape;
  const rotated = side(0, 'kv_a_proj_with_mqa') - rank;
  const allValues = side(1, 'o_proj');
  const allKeys = rows - allValues;
  const heads = (side(0, 'q_b_proj', 'q_proj') - allKeys) / rotated;
  if (!Number.isInteger(heads) || heads <= 0 || allKeys % heads !== 0 || allValues % heads !== 0) return undefined;
  return {
    replaced: [entry],
    made: [
      reformed(entry, `${folder}embed_q.weight`, [heads, rank, allKeys / heads]),
      reformed(entry, `${folder}unembed_out.weight`, [heads, allValues / heads, rank]),
    ],
  };
}

/** Kernels of convolutions as MLX has them, channels behind the sides (mlx-lm, qwen3_next.py: moveaxis), where the file's is so. */
function withChannelsLast(one: FormedEntry, find: Find): FormedEntry {
  const { entry } = one;
  const [out = 0, channels = 0, ...sides] = entry.shape;
  if (entry.role !== 'convolution' || sides.length === 0) return one;
  const shape = [out, ...sides, channels];
  const inFile = find(nameOf(entry.name, entry.indices, 0));
  return inFile?.dtype !== undefined && String(inFile.shape) === String(shape)
    ? { ...one, entry: reformed(entry, entry.name, shape, entry.indices.length, entry.layout) }
    : one;
}
