import { isObject, type JsonObject } from '../../config/json';
import { uncopied } from '../../modules/attention';
import { matrixOf, type Inventory, type InventoryEntry } from '../../weights/inventory';
import { hasHeadsByLayer, splitsLatent } from './architectures';
import type { Since } from './history';

/** Heads of the text model's attention, read off its tensors and what it keeps. */
export interface Heads {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Of latent attention: widths of one head's key without positions, and of its value. */
  readonly latent?: { readonly keyDim: number; readonly valueDim: number };
}

/** The section of a composite's config that describes the language model, or the config itself. */
export function textOf(root: JsonObject): JsonObject {
  for (const key of ['text_config', 'llm_config', 'language_config']) {
    const section = root[key];
    if (isObject(section)) return section;
  }
  return root;
}

/** @returns `undefined` for a model that does not attend. */
export function headsOf({ entries, states }: Inventory): Heads | undefined {
  const find = (...endings: readonly string[]): InventoryEntry | undefined =>
    entries.find(({ name, component }) => component === 'attention' && endings.some((ending) => name.endsWith(ending)));
  const widths = (entry: InventoryEntry | undefined): { rows: number; columns: number } | undefined =>
    entry === undefined ? undefined : matrixOf(entry);
  const output = widths(
    find('.o_proj.weight', '.out_proj.weight', '.dense.weight', '.wo.weight', '.c_proj.weight', '.out_lin.weight', '.o.weight'),
  );
  const down = widths(find('.kv_a_proj_with_mqa.weight'));
  const up = widths(find('.kv_b_proj.weight'));
  const query = widths(find('.q_b_proj.weight', '.q_proj.weight'));
  if (down && up && query && output) return latentHeads(down, up, query, output);
  const held = states.find(({ state }) => state.kind === 'attention' || state.kind === 'sliding')?.state;
  const kept = held && uncopied(held);
  if (kept === undefined || !('elementsPerToken' in kept) || !kept.heads || !output) return undefined;
  const headDim = kept.elementsPerToken / 2 / kept.heads;
  return { heads: Math.max(1, Math.round(output.columns / headDim)), kvHeads: kept.heads, headDim };
}

/** Width of a head in the last layer, by its norm of queries; Gemma 4's last layer sees everything, whatever the others do. */
export function lastHeadDim({ entries }: Inventory): number {
  let last = { layer: -1, width: 0 };
  for (const { name, component, indices, shape } of entries) {
    if (component !== 'norm' || !name.endsWith('.q_norm.weight')) continue;
    const [layers = 0] = indices;
    const layer = typeof layers === 'number' ? layers - 1 : (layers.at(-1) ?? -1);
    if (layer > last.layer) last = { layer, width: shape[0] ?? 0 };
  }
  return last.width;
}

/** Solves the widths of latent attention: query = h (n + r), kv_b = h (n + v), output = h v, kv_a = rank + r. */
function latentHeads(
  down: { readonly rows: number },
  up: { readonly rows: number; readonly columns: number },
  query: { readonly rows: number },
  output: { readonly columns: number },
): Heads | undefined {
  const rotary = down.rows - up.columns;
  const keys = up.rows - output.columns;
  const heads = (query.rows - keys) / rotary;
  if (!Number.isInteger(heads) || heads < 1 || keys % heads !== 0 || output.columns % heads !== 0) return undefined;
  const keyDim = keys / heads;
  return { heads, kvHeads: heads, headDim: keyDim + rotary, latent: { keyDim, valueDim: output.columns / heads } };
}

/**
 * Query heads per key/value head as llama.cpp counts them: of layer 0, where files state them by layer; latent attention counts
 * one key/value head since it is converted to multi-query attention.
 */
export function groupedQueries(architecture: string | undefined, { entries }: Inventory, heads: Heads | undefined, day: Since): number {
  if (heads === undefined) return 1;
  if (heads.latent && splitsLatent(architecture)) return day('splitLatent') ? heads.heads : 1;
  if (hasHeadsByLayer(architecture) && !attendsAtFirst(entries)) return 0;
  return Math.floor(heads.heads / heads.kvHeads);
}

const attendsAtFirst = (entries: readonly InventoryEntry[]): boolean =>
  entries.some(
    ({ component, indices: [layers] }) => component === 'attention' && (typeof layers === 'number' || layers?.includes(0) === true),
  );

/** Whether the checkpoint's experts are in MXFP4, which the converter copies and llama-quantize then leaves alone. */
export function isMxfp4(root: JsonObject): boolean {
  const { quantization_config: block } = root;
  return isObject(block) && block['quant_method'] === 'mxfp4';
}

/** Numbers of rotary tables that the converter writes in F32 beside the model's own tensors. */
export function rotaryTables(root: JsonObject): { readonly llama3: boolean; readonly long: number; readonly short: number } {
  const text = textOf(root);
  const scaling = isObject(text['rope_parameters']) ? text['rope_parameters'] : isObject(text['rope_scaling']) ? text['rope_scaling'] : {};
  const full = isObject(scaling['full_attention']) ? scaling['full_attention'] : scaling;
  const length = (key: string): number => {
    const list = full[key];
    return Array.isArray(list) ? list.length : 0;
  };
  return {
    llama3: (full['rope_type'] ?? full['type']) === 'llama3',
    long: length('long_factor'),
    short: length('short_factor'),
  };
}
