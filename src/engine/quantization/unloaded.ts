/** Tensors of the files that the model's class does not load: layers that predict further tokens. */
import { isList, isObject, type JsonObject, type JsonValue } from '../config/json';
import { textSections } from '../config/textSections';
import type { ConfigPath } from '../findings';
import type { Inventory, InventoryEntry } from '../weights/inventory';

/** Values of a block that are searched for a name, at most. */
const maxValues = 200_000;

/**
 * Whether a quantization block names modules of these entries: a writer that leaves them alone, or gives them a scheme, has
 * saved them.
 */
export function namesAny({ entries }: Inventory, block: JsonObject): boolean {
  const roots = [...new Set(entries.map(rootOf))].map(
    (root) => new RegExp(`(^|[^a-z0-9_])${root.replaceAll('.', '\\\\?\\.')}(?![0-9a-z_])`),
  );
  let budget = maxValues;
  const named = (text: string): boolean => roots.some((root) => root.test(text.slice(0, 300)));
  const inside = (value: JsonValue | undefined): boolean => {
    if (--budget < 0) return false;
    if (typeof value === 'string') return named(value);
    if (isList(value)) return value.some(inside);
    return isObject(value) && Object.entries(value).some(([key, inner]) => named(key) || inside(inner));
  };
  return inside(block);
}

/** The module that holds them: `layers.61`, or the segment that says what it is for. */
function rootOf({ name, indices: [first] }: InventoryEntry): string {
  const segments = name.split('.');
  const at = segments.indexOf('{n}');
  const number = typeof first === 'number' ? 0 : (first?.[0] ?? 0);
  if (at > 0 && number > 0) return `${segments[at - 1] ?? ''}.${number}`;
  return segments.find((segment) => segment.startsWith('mtp')) ?? name;
}

const keys = ['num_nextn_predict_layers', 'mtp_num_hidden_layers', 'num_mtp_modules'] as const;

/** Where the config says how many such layers there are; the model type where it does not. */
export function placeOfUnloaded(root: JsonObject): ConfigPath {
  for (const section of ['', ...textSections]) {
    const holder = section === '' ? root : root[section];
    const key = isObject(holder) ? keys.find((each) => holder[each] !== undefined) : undefined;
    if (key !== undefined) return section === '' ? [key] : [section, key];
  }
  return ['model_type'];
}
