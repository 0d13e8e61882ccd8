import type { Analysis } from '../analysis';
import type { Family } from '../architectures/family';
import { findFamily } from '../architectures/registry';
import { isObject, valueAt, type JsonObject, type JsonValue } from '../config/json';
import { meaningOf, sectionKind, type KeyMeaning, type Meaning, type SectionKind, type Side } from './meanings';

/** An object of the config that describes the model or a part of it. */
export interface Section {
  readonly kind: SectionKind;
  readonly path: readonly string[];
  readonly written: JsonObject;
  /** The section around a group of keys that belong to the same model (DBRX's attn_config). */
  readonly parent: Section | undefined;
  /** Values by meaning as the family reads them, defaults filled in; as written for keys that the family does not read. */
  value(meaning: Meaning, side?: Side): number | undefined;
  /** The name that the family itself gives a key, or `undefined` for a key that it does not read. */
  ownName(key: string): string | undefined;
}

/** A key that stands in the file and means something here. */
export interface RecognisedKey extends KeyMeaning {
  readonly path: readonly string[];
  readonly key: string;
  readonly value: JsonValue;
  readonly section: Section;
}

/** Objects inside a quantization section that hold keys of their own: compressed-tensors keeps its first group's there. */
const quantizationGroups: ReadonlySet<string> = new Set(['config_groups', 'group_0', 'weights']);
/** Bound on keys looked at; published configs have a few hundred outside of lists of modules. */
const maxKeys = 2000;
const maxLevels = 4;

type Resolved = Readonly<Record<string, unknown>>;
const nothing: Resolved = Object.freeze(Object.create(null) as Resolved);

/** Every recognised key of the file, in its order, parts of composites included. Bounded. */
export function recognisedKeys(analysis: Analysis): readonly RecognisedKey[] {
  const { model } = analysis;
  const estimated = isEstimated(analysis);
  const found: RecognisedKey[] = [];
  let looked = 0;
  const whole = wholeOf(analysis);
  walk(whole.section, whole.config);
  return found;

  function walk(section: Section, config: Resolved): void {
    for (const key in section.written) {
      if (++looked > maxKeys) return;
      const value = section.written[key];
      if (value === undefined) continue;
      const meant = meaningOf(key, section.kind, section.written);
      const path = [...section.path, key];
      if (meant) found.push({ ...meant, path, key, value, section });
      if (isObject(value) && path.length <= maxLevels) enter(section, key, path, value, config[key]);
    }
  }

  function enter(outer: Section, key: string, path: readonly string[], value: JsonObject, resolved: unknown): void {
    const part = model.sections[path.join('.')];
    const kind = sectionKind(key);
    if (part) walk(sectionOf(kind ?? 'model', path, value, part.config, findFamily(part.type)), part.config);
    else if (outer.kind === 'quantization' ? quantizationGroups.has(key) : outer.kind === 'rope')
      walk(sectionOf(outer.kind, path, value, nothing, undefined, outer), nothing);
    else if (kind === 'quantization' || kind === 'rope') walk(sectionOf(kind, path, value, nothing, undefined, outer), nothing);
    else if (estimated && kind !== undefined) walk(sectionOf(kind, path, value, value, undefined), value);
    else if (isObject(resolved)) {
      const group = resolved as Resolved;
      walk(sectionOf(outer.kind, path, value, group, undefined, outer), group);
    }
  }
}

/**
 * Whether a key has no effect of its own because another that means the same stands beside it: `unread` when the family does
 * not read this one (n_ctx beside n_positions), `alias` when it is a second name of that other.
 */
export function standing({ key, meaning, side, section }: RecognisedKey): 'alias' | 'unread' | 'own' {
  const own = section.ownName(key);
  if (own !== undefined) return own !== key && (section.written[own] ?? null) !== null ? 'alias' : 'own';
  for (const name in section.written) {
    const meant = name === key ? undefined : meaningOf(name, section.kind, section.written);
    if (meant?.meaning === meaning && meant.side === side && section.ownName(name) !== undefined) return 'unread';
  }
  return 'own';
}

/** A model of its own inside the config, and the type that it was read as: the whole, and each part of a composite. */
export interface ModelPart {
  readonly type: string;
  readonly section: Section;
}

export function modelParts(analysis: Analysis): readonly ModelPart[] {
  const { root, model, modelType } = analysis;
  const whole: ModelPart = { type: modelType, section: wholeOf(analysis).section };
  if (isEstimated(analysis)) return [whole, ...estimatedParts(root)];
  const inside = Object.entries(model.sections).map(([name, { type, config }]): ModelPart => {
    const path = name.split('.');
    const written = valueAt(root, path);
    const kind = sectionKind(path.at(-1) ?? '') ?? 'model';
    const [at, keys] = isObject(written) ? [path, written] : [[], root];
    return { type, section: sectionOf(kind, at, keys, config, findFamily(type)) };
  });
  return [whole, ...inside];
}

const estimatedParts = (root: JsonObject): readonly ModelPart[] =>
  Object.entries(root).flatMap(([key, written]) => {
    const kind = isObject(written) ? sectionKind(key) : undefined;
    if (!isObject(written) || (kind !== 'text' && kind !== 'vision' && kind !== 'audio')) return [];
    return [{ type: '', section: sectionOf(kind, [key], written, written, undefined) }];
  });

/** A family that was made for this config alone reads whatever keys the file has. */
const isEstimated = ({ model, modelType }: Analysis): boolean => findFamily(modelType) !== model.family;

/** The top level: the keys of the whole, and those of a text model that has no section of its own in the file. */
function wholeOf(analysis: Analysis): { readonly section: Section; readonly config: Resolved } {
  const { root, model } = analysis;
  if (isEstimated(analysis)) return { section: sectionOf('model', [], root, root, undefined), config: root };
  const flat = Object.entries(model.sections).find(([name]) => sectionKind(name) === 'text' && !isObject(root[name]))?.[1];
  const config = flat ? { ...flat.config, ...model.config } : model.config;
  return { section: sectionOf('model', [], root, config, flat ? findFamily(flat.type) : model.family), config };
}

/** The section of the model that generates text: the text part of a composite, else the whole config. */
export function textSection(analysis: Analysis): Section {
  const parts = modelParts(analysis);
  return (parts.find(({ section }) => section.kind === 'text') ?? parts[0])?.section ?? emptySection;
}

const emptySection = sectionOf('model', [], Object.create(null), nothing, undefined);

function sectionOf(
  kind: SectionKind,
  path: readonly string[],
  written: JsonObject,
  config: Resolved,
  family: Family | undefined,
  parent?: Section,
): Section {
  let values: Map<string, number> | undefined;
  return {
    kind,
    path,
    written,
    parent,
    value(meaning, side) {
      values ??= valuesOf(kind, written, config);
      return (side && values.get(nameOf(meaning, side))) ?? values.get(meaning) ?? parent?.value(meaning, side);
    },
    ownName(key) {
      const aliases = family?.aliases;
      const own = aliases && Object.hasOwn(aliases, key) ? aliases[key] : key;
      return own !== undefined && own in config ? own : undefined;
    },
  };
}

const nameOf = (meaning: Meaning, side: Side | undefined): string => (side ? `${side} ${meaning}` : meaning);

/** Numbers by meaning: resolved ones first, those of groups among them, then what the file says beside them. */
function valuesOf(kind: SectionKind, written: JsonObject, config: Resolved): Map<string, number> {
  const values = new Map<string, number>();
  const note = (key: string, value: unknown): void => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return;
    const meant = meaningOf(key, kind, written);
    if (!meant) return;
    const name = nameOf(meant.meaning, meant.side);
    if (!values.has(name)) values.set(name, value);
  };
  for (const key in config) {
    const value = config[key];
    if (isObject(value) && sectionKind(key) === undefined) for (const inner in value) note(inner, value[inner]);
    else note(key, value);
  }
  for (const key in written) note(key, written[key]);
  return values;
}
