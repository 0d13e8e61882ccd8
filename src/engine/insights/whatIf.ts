import { analyze, type Analysis } from '../analysis';
import { withValue, type JsonObject, type JsonValue } from '../config/json';
import { buildModel } from '../architectures/family';
import { findFamily } from '../architectures/registry';
import { findingSink, type Finding } from '../findings';
import { maxLayers } from '../limits';
import { takeInventory, type Inventory } from '../weights/inventory';
import type { Meaning } from './meanings';
import type { RecognisedKey } from './sections';

/** One value of the config set to another. */
export interface Edit {
  readonly path: readonly string[];
  readonly value: JsonValue;
}

/**
 * The model that the config would describe after some edits, or `undefined` when it would not be one that can be loaded:
 * no model at all, or errors that the config does not have now.
 */
export function whatIf(analysis: Analysis, edits: readonly Edit[]): Analysis | undefined {
  const changed = analyze(edited(analysis.root, edits), analysis.sidecars);
  if (changed.kind !== 'model') return undefined;
  const known = errorsOf(analysis.findings);
  for (const error of errorsOf(changed.findings)) if (!known.has(error)) return undefined;
  return changed;
}

/**
 * The tensors that the config would describe after some edits: as `whatIf`, without what the weights are stored as and
 * without rules across keys. For working out what depends on a key, where a model need not make sense.
 */
export function whatIfTensors(analysis: Analysis, edits: readonly Edit[]): Inventory | undefined {
  const { model, modelType } = analysis;
  // A family that was made for the shape of this one config has to be made anew for another.
  if (findFamily(modelType) !== model.family) return whatIf(analysis, edits)?.inventory;
  const sink = findingSink();
  const changed = buildModel(edited(analysis.root, edits), modelType, model.family, findFamily, sink);
  return changed.rejected.length > model.rejected.length ? undefined : takeInventory(changed.tree);
}

function edited(root: JsonObject, edits: readonly Edit[]): JsonObject {
  return edits.reduce((before, { path, value }) => withValue(before, path, value), root);
}

const errorsOf = (findings: readonly Finding[]): ReadonlySet<string> =>
  new Set(findings.flatMap(({ severity, code, path }) => (severity === 'error' ? [`${code} ${path.join('.')}`] : [])));

/** Setting a key to another value, and whatever else has to change for the config to stay consistent. */
export function editsOf(key: RecognisedKey, value: JsonValue): readonly Edit[] {
  const { section, path } = key;
  const { written } = section;
  const edits: Edit[] = [{ path, value }];
  const set = (name: string, other: JsonValue): void => void edits.push({ path: [...section.path, name], value: other });
  for (const name in written) if (name !== key.key && follows(key, name)) set(name, value);
  if (key.meaning === 'quantLoad' && typeof value === 'boolean') for (const [name, other] of loadSwitches(key, value)) set(name, other);
  if (typeof value !== 'number' || typeof key.value !== 'number') return edits;
  const offset = written[offsetOf(key.key)];
  if (typeof offset === 'number' && offset >= value) set(offsetOf(key.key), offset % value);
  if (key.meaning === 'layers') for (const [name, list] of perLayerLists(written, key.value)) set(name, resized(list, key.value, value));
  for (const [name, other] of stateHeads(key, value / key.value)) set(name, other);
  return edits;
}

/** The key of the first layer of a period, which must lie inside of it (Jamba's attn_layer_period and expert_layer_period). */
const offsetOf = (key: string): string => (key.endsWith('_period') ? key.replace(/_period$/, '_offset') : '');

/** Keys beside another that say the same: a second name of it, or the key/value heads of plain multi-head attention. */
function follows({ key, meaning, side, section, value }: RecognisedKey, name: string): boolean {
  const other = section.written[name];
  if (other === undefined || other === null) return false;
  const own = section.ownName(key);
  if (own !== undefined && own === section.ownName(name)) return true;
  if (other !== value) return false;
  const meant = section.meaningOf(name);
  if (meaning === 'heads' && meant?.meaning === 'kvHeads') return true;
  // The same size under a name that the family does not read (n_ctx beside n_positions).
  return meant?.meaning === meaning && meant.side === side && typeof other !== 'boolean';
}

/** Switches of bitsandbytes beside one of them: its second name (_load_in_4bit) follows it, the other width is its opposite. */
const loadSwitches = ({ key, section }: RecognisedKey, value: boolean): readonly (readonly [string, boolean])[] =>
  ['load_in_4bit', 'load_in_8bit', '_load_in_4bit', '_load_in_8bit'].flatMap((name) =>
    name !== key && typeof section.written[name] === 'boolean' ? [[name, name.endsWith(key.replace(/^_/, '')) ? value : !value]] : [],
  );

/** Heads of a state-space layer and their width, which together are its inner width: what follows from a change of one. */
function stateHeads({ meaning, section }: RecognisedKey, ratio: number): readonly (readonly [string, number])[] {
  const { written } = section;
  const widens =
    meaning === 'ssmWidth' || meaning === 'ssmExpansion' || (meaning === 'hiddenSize' && section.value('ssmWidth') === undefined);
  const wanted = widens ? 'ssmHeads' : opposite[meaning];
  const by = widens ? ratio : 1 / ratio;
  if (wanted === undefined) return [];
  return Object.entries(written).flatMap(([name, other]) =>
    typeof other === 'number' && Number.isInteger(other * by) && section.meaningOf(name)?.meaning === wanted
      ? [[name, other * by] as const]
      : [],
  );
}

const opposite: Readonly<Partial<Record<Meaning, Meaning>>> = { ssmHeads: 'ssmHeadDim', ssmHeadDim: 'ssmHeads' };

/** Lists with one entry per layer, told by their length. */
const perLayerLists = (written: JsonObject, layers: number): readonly (readonly [string, readonly JsonValue[]])[] =>
  Object.entries(written).flatMap(([name, value]) =>
    Array.isArray(value) && value.length === layers && layers > 0 ? [[name, value as readonly JsonValue[]] as const] : [],
  );

/** A list for another number of layers: cut off, or its pattern repeated. Lists of layer numbers keep those that remain. */
function resized(list: readonly JsonValue[], before: number, after: number): readonly JsonValue[] {
  if (list.every((entry, index) => entry === index)) return list.filter((entry) => Number(entry) < after);
  return Array.from({ length: Math.max(0, Math.min(after, maxLayers)) }, (_, index) => list[index % before] ?? null);
}
