import type { Analysis } from '../analysis';
import type { Family } from '../architectures/family';
import { findFamily } from '../architectures/registry';
import { isObject, valueAt, type JsonObject, type JsonValue } from '../config/json';
import { meaningOf, sectionKind, type KeyMeaning, type Meaning, type SectionKind, type Side } from './meanings';
import { quantKey, type QuantScope } from './quantization/keys';

/** An object of the config that describes the model or a part of it. */
export interface Section {
  readonly kind: SectionKind;
  readonly path: readonly string[];
  readonly written: JsonObject;
  /** The section around a group of keys that belong to the same model (DBRX's attn_config). */
  readonly parent: Section | undefined;
  /** What the keys of an object inside a quantization block are about. */
  readonly scope: QuantScope | undefined;
  /** What a key of this section means. */
  meaningOf(key: string): KeyMeaning | undefined;
  /** Values by meaning as the family reads them, defaults filled in; as written for keys that the family does not read. */
  value(meaning: Meaning, side?: Side): number | undefined;
  /** As `value`, of names alone that say the side. */
  ofSide(meaning: Meaning, side: Side): number | undefined;
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

/** Bound on keys looked at, of each quantization block apart; published configs have a few hundred outside of lists of modules. */
const maxKeys = 2000;
const maxLevels = 4;
/** Objects inside of one another in a quantization block: four in compressed-tensors, six in torchao's. */
const maxBlockLevels = 8;

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
      const meant = section.meaningOf(key);
      const path = [...section.path, key];
      if (meant) found.push({ ...meant, path, key, value, section });
      if (isObject(value) && path.length <= maxLevels) enter(section, key, path, value, config[key]);
    }
  }

  function enter(outer: Section, key: string, path: readonly string[], value: JsonObject, resolved: unknown): void {
    const part = model.sections[path.join('.')];
    const kind = sectionKind(key);
    if (part) walk(sectionOf(kind ?? 'model', path, value, part.config, findFamily(part.type)), part.config);
    else if (kind === 'quantization') found.push(...keysOfBlock(sectionOf(kind, path, value, nothing, undefined, outer, 'block')));
    else if (kind === 'rope' || outer.kind === 'rope') walk(sectionOf('rope', path, value, nothing, undefined, outer), nothing);
    else if (estimated && kind !== undefined) walk(sectionOf(kind, path, value, value, undefined), value);
    else if (isObject(resolved)) {
      const group = resolved as Resolved;
      walk(sectionOf(outer.kind, path, value, group, undefined, outer), group);
    }
  }
}

/** Every key of a quantization block but the names of single modules, of which there may be thousands (`recognisedAt`). */
function keysOfBlock(block: Section): readonly RecognisedKey[] {
  const found: RecognisedKey[] = [];
  let looked = 0;
  walk(block);
  return found;

  function walk(section: Section): void {
    for (const key in section.written) {
      if (++looked > maxKeys) return;
      const inside = keyOfBlock(section, key);
      if (!inside || inside.module) continue;
      found.push(inside.key);
      const holds = inside.key.path.length <= block.path.length + maxBlockLevels ? inside.holds() : undefined;
      if (holds) walk(holds);
    }
  }
}

/** A key of an object in a quantization block, and the section that it holds. */
function keyOfBlock(section: Section, key: string) {
  const value = Object.hasOwn(section.written, key) ? section.written[key] : undefined;
  const meant = value === undefined ? undefined : quantKey(key, section.scope ?? 'block', value);
  if (value === undefined || !meant) return undefined;
  const { meaning, inner, module } = meant;
  const path = [...section.path, key];
  const recognised: RecognisedKey = { meaning, path, key, value, section };
  return {
    key: recognised,
    module,
    holds: () => (isObject(value) ? sectionOf('quantization', path, value, nothing, undefined, section, inner) : undefined),
  };
}

/**
 * The key of a quantization block at a place of the file, those of single modules included, or the one that holds what stands
 * there (an entry of a list); `undefined` where no format has such a key.
 */
export function recognisedAt(analysis: Analysis, place: readonly (string | number)[]): RecognisedKey | undefined {
  const outer = recognisedKeys(analysis).find(
    ({ meaning, path }) => meaning === 'quantization' && path.every((segment, index) => segment === place[index]),
  );
  if (!outer || !isObject(outer.value)) return undefined;
  let section: Section | undefined = sectionOf('quantization', outer.path, outer.value, nothing, undefined, outer.section, 'block');
  let found: RecognisedKey | undefined;
  for (const segment of place.slice(outer.path.length)) {
    if (!section || typeof segment !== 'string') break;
    const inside: ReturnType<typeof keyOfBlock> = keyOfBlock(section, segment);
    if (!inside) return undefined;
    found = inside.key;
    section = inside.holds();
  }
  return found;
}

/**
 * Whether a key has no effect of its own because another that means the same stands beside it: `unread` when the family does
 * not read this one (n_ctx beside n_positions), `alias` when it is a second name of that other.
 */
export function standing({ key, meaning, side, section }: RecognisedKey): 'alias' | 'unread' | 'own' {
  // No family reads the keys of a quantization block, and any of them may count.
  if (section.kind === 'quantization') return 'own';
  const own = section.ownName(key);
  if (own !== undefined) return own !== key && (section.written[own] ?? null) !== null ? 'alias' : 'own';
  for (const name in section.written) {
    const meant = name === key ? undefined : section.meaningOf(name);
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
  scope?: QuantScope,
): Section {
  let values: Map<string, number> | undefined;
  const byName = (): ReadonlyMap<string, number> => (values ??= valuesOf(kind, written, config));
  return {
    kind,
    path,
    written,
    parent,
    scope,
    meaningOf: (key) => (scope ? quantKey(key, scope, written[key]) : meaningOf(key, kind, written)),
    value(meaning, side) {
      return (side && byName().get(nameOf(meaning, side))) ?? byName().get(meaning) ?? parent?.value(meaning, side);
    },
    ofSide: (meaning, side) => byName().get(nameOf(meaning, side)),
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
