import { analyze, type Analysis } from '../analysis';
import { withValue, type JsonObject, type JsonValue } from '../config/json';
import type { Finding } from '../findings';
import { maxLayers } from '../limits';
import { meaningOf } from './meanings';
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
  let root = analysis.root;
  for (const { path, value } of edits) root = withValue(root, path, value);
  const changed = analyze(root);
  if (changed.kind !== 'model') return undefined;
  const known = errorsOf(analysis.findings);
  for (const error of errorsOf(changed.findings)) if (!known.has(error)) return undefined;
  return changed;
}

const errorsOf = (findings: readonly Finding[]): ReadonlySet<string> =>
  new Set(findings.flatMap(({ severity, code, path }) => (severity === 'error' ? [`${code} ${path.join('.')}`] : [])));

/** Setting a key to another value, and whatever else has to change for the config to stay consistent. */
export function editsOf(key: RecognisedKey, value: JsonValue): readonly Edit[] {
  const { section, path } = key;
  const edits: Edit[] = [{ path, value }];
  const set = (name: string, other: JsonValue): void => void edits.push({ path: [...section.path, name], value: other });
  for (const name in section.written) if (name !== key.key && follows(key, name)) set(name, value);
  if (key.meaning === 'layers' && typeof value === 'number' && typeof key.value === 'number')
    for (const [name, list] of perLayerLists(section.written, key.value)) set(name, resized(list, key.value, value));
  return edits;
}

/** Keys beside another that say the same: a second name of it, or the key/value heads of plain multi-head attention. */
function follows({ key, meaning, side, section, value }: RecognisedKey, name: string): boolean {
  const other = section.written[name];
  if (other === undefined || other === null) return false;
  const own = section.ownName(key);
  if (own !== undefined && own === section.ownName(name)) return true;
  if (other !== value) return false;
  const meant = meaningOf(name, section.kind, section.written);
  if (meaning === 'heads' && meant?.meaning === 'kvHeads') return true;
  // The same size under a name that the family does not read (n_ctx beside n_positions).
  return meant?.meaning === meaning && meant.side === side && typeof other !== 'boolean';
}

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
