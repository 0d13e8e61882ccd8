import { resolve, type Resolved } from '../config/resolve';
import { brief, isObject, type JsonObject, type JsonValue } from '../config/json';
import type { Config, Defaults } from '../config/keys';
import { exact, weakest, type Basis } from '../basis';
import type { ConfigPath, Finding, FindingSink } from '../findings';
import { maxSections } from '../limits';
import { module, type Module, type Parts } from '../modules/tree';
import { undeclaredWindowKeys, withCacheWindows } from './cacheWindows';

/** What a family can ask for while it builds. */
export interface Build {
  /** The class suffix chosen by `architectures` ("ForCausalLM", "Model" …): some bodies leave parts out by task. */
  readonly head: string;
  readonly path: ConfigPath;
  /** The config as written: for what depends on a section being there at all, and for files that keep a section's keys beside their own. */
  readonly source: JsonObject;
  /**
   * The sub-config as its own family reads it: its body and its resolved keys. Asking again for a key gives the same part.
   * @param type the model type when the section names none, or whatever it names when `fixed`
   */
  part(section: JsonObject, type: string, key: string, how?: PartOptions): BuiltPart;
  report(finding: Omit<Finding, 'path'> & { readonly path?: ConfigPath }): void;
  /** Makes the whole result approximate, for a reason given as a stable code. */
  approximate(reason: string): void;
}
export interface PartOptions {
  /** The reference reads this section with one class, whatever model type it names. */
  readonly fixed?: boolean;
  /** The section's keys stand beside this config's own: findings point there. */
  readonly flat?: boolean;
}
export interface BuiltPart {
  readonly type: string;
  readonly parts: Parts;
  /** Resolved keys, also under the other names that the family accepts (hidden_size for n_embd). */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A task head: the whole model around the body, under the names of the class. */
export type Head<D> = (config: Config<D>, body: Parts, build: Build) => Parts;

export interface Family<D extends Defaults = Defaults> {
  /** `model_type` values that this family reads. */
  readonly types: readonly string[];
  /** As a reader would call it: "Llama", "Qwen3 MoE". */
  readonly title: string;
  /** The reference class or public file that this mirrors. */
  readonly source: string;
  readonly defaults: D;
  /** Other names under which the reference accepts a key. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly body: (config: Config<NoInfer<D>>, build: Build) => Parts;
  /** Class-name suffix → the model of that class; the first is taken when `architectures` is missing. "Model" is the bare body. */
  readonly heads: Readonly<Record<string, Head<NoInfer<D>>>>;
  /**
   * Tensors that published files hold beside the model and its class does not load (layers that predict further tokens), under
   * their names in the files. Asked for where the class is one that generates.
   */
  readonly unloaded?: (config: Config<NoInfer<D>>, build: Build) => Parts;
  /** The class says itself of what kind each layer is, so that a window elsewhere in the file bounds no cache. */
  readonly settlesLayers?: true;
  /** Exact when left out. */
  readonly basis?: Basis;
  /** Key that bounds the context, when the family has another than max_position_embeddings. */
  readonly contextKey?: string;
}

/** A family with its types kept together; gives `body` and `heads` the types of `defaults`. */
export const family = <const D extends Defaults>(definition: Family<D>): Family => definition as unknown as Family;

export interface Model {
  readonly modelType: string;
  /** The class that was built: "LlamaForCausalLM", or the type's own suffix when the file names none. */
  readonly className: string;
  /** The suffix of the head: "ForCausalLM", "Model" … */
  readonly head: string;
  readonly family: Family;
  readonly tree: Module;
  /** What the files hold beside the model and its class does not load; without children where there is nothing. */
  readonly unloaded: Module;
  readonly config: Readonly<Record<string, unknown>>;
  /** Resolved keys of sub-configs, by the key that holds them. */
  readonly sections: Readonly<Record<string, BuiltPart>>;
  readonly assumed: Resolved<Defaults>['assumed'];
  /** Values of the file that could not be used. */
  readonly rejected: readonly string[];
  /** The family's basis, weakened by its parts' and by what could not be read. */
  readonly basis: Basis;
}

export type FindFamily = (modelType: string) => Family | undefined;

/**
 * Builds the model that a config describes: base model and the head that `architectures[0]` names.
 * Wrong values leave findings in `sink` and are replaced by the reference's defaults.
 */
export function buildModel(root: JsonObject, modelType: string, chosen: Family, find: FindFamily, sink: FindingSink): Model {
  const sections: Record<string, BuiltPart> = Object.create(null);
  const assumed: { key: string; value: unknown }[] = [];
  const rejected: string[] = [];
  let basis = chosen.basis ?? exact;
  const { head, className } = chooseHead(root, modelType, chosen, sink);

  const buildAt = (path: ConfigPath, name: readonly string[], source: JsonObject, headOf: string): Build => ({
    head: headOf,
    path,
    source,
    report: (finding) => sink.add({ ...finding, path: finding.path ?? path }),
    approximate,
    part(section, fallbackType, key, { fixed = false, flat = false } = {}) {
      const at = flat ? path : [...path, key];
      const partName = [...name, key];
      const known = sections[partName.join('.')];
      if (known) return known;
      const named = section['model_type'];
      const own = !fixed && !flat && typeof named === 'string' ? named : fallbackType;
      const type = find(own) ? own : fallbackType;
      if (type !== own) {
        sink.add({ code: 'unknown-model-type', severity: 'warning', path: [...at, 'model_type'], values: { modelType: own.slice(0, 80) } });
        approximate('unknown-part');
      }
      const inner = find(type);
      if (!inner || partName.length > maxSections) {
        approximate('unknown-part');
        return { type, parts: {}, config: {} };
      }
      const read = resolve(inner.defaults, section, at, sink, inner.aliases);
      rejected.push(...read.rejected);
      assumed.push(...read.assumed.map(({ key: inside, value }) => ({ key: [...partName, inside].join('.'), value })));
      basis = weakest(basis, inner.basis ?? exact);
      const parts = cached(inner, read.config, section, at, inner.body(read.config, buildAt(at, partName, section, 'Model')));
      return (sections[partName.join('.')] = { type, parts, config: withAliases(read.config, inner.aliases) });
    },
  });
  function approximate(reason: string): void {
    basis = weakest(basis, { kind: 'approximate', reasons: [reason] });
  }
  /** A body with the windows of its cache that its class does not declare. */
  function cached(of: Family, config: Readonly<Record<string, unknown>>, source: JsonObject, path: ConfigPath, body: Parts): Parts {
    for (const key of undeclaredWindowKeys(of, config, source))
      sink.add({ code: 'undeclared-window', severity: 'information', path: [...path, key], values: { key, title: of.title } });
    return withCacheWindows(body, of, config, source);
  }
  const read = resolve(chosen.defaults, root, [], sink, chosen.aliases);
  rejected.push(...read.rejected);
  // Labels belong to PretrainedConfig, not to the family: every classification head reads them.
  const config = { ...read.config, labels: labelCount(root, sink) } as Config<Defaults>;
  const build = buildAt([], [], root, head);
  const body = cached(chosen, config, root, [], chosen.body(config, build));
  const whole = chosen.heads[head]?.(config, body, build) ?? body;
  const tree = module(whole);
  const unloaded = module(generating.has(head) ? (chosen.unloaded?.(config, build) ?? {}) : {});
  const allAssumed = [...read.assumed, ...assumed];
  return { modelType, className, head, family: chosen, tree, unloaded, config, sections, assumed: allAssumed, rejected, basis };
}

/** Heads under which models are published to generate text: fine-tunes for other tasks are saved without further layers. */
const generating: ReadonlySet<string> = new Set(['ForCausalLM', 'ForConditionalGeneration']);

function withAliases(config: Readonly<Record<string, unknown>>, aliases: Family['aliases'] = {}): Readonly<Record<string, unknown>> {
  const all: Record<string, unknown> = Object.assign(Object.create(null), config);
  for (const [alias, own] of Object.entries(aliases)) all[alias] ??= config[own];
  return all;
}

/**
 * Labels of a classifier as transformers counts them: num_labels, else entries of id2label, else 2 (configuration_utils.py,
 * where the number is set last and makes names anew that are not as many).
 */
function labelCount(root: JsonObject, sink: FindingSink): number {
  const named: JsonValue | undefined = root['id2label'];
  const number = root['num_labels'];
  const usable = typeof number === 'number' && Number.isInteger(number) && number > 0 && number < 1e9;
  const names = isObject(named) ? Object.keys(named).length : undefined;
  const labels = usable ? number : (names ?? 2);
  const report = (key: string, expected: string): void =>
    sink.add({ code: 'invalid-value', severity: 'error', path: [key], values: { expected, found: brief(root[key]), assumed: labels } });
  if (named !== undefined && named !== null && names === undefined) report('id2label', 'object');
  if (number !== undefined && number !== null && !usable) report('num_labels', 'integer 1..999999999');
  return labels;
}

/** `architectures[0]` → the longest suffix that the family knows. */
function chooseHead(root: JsonObject, modelType: string, chosen: Family, sink: FindingSink): { head: string; className: string } {
  const known = Object.keys(chosen.heads);
  const primary = known[0] ?? 'Model';
  const listed = root['architectures'];
  const className = Array.isArray(listed) && typeof listed[0] === 'string' ? listed[0] : undefined;
  if (className === undefined) {
    if (listed !== undefined && listed !== null && !(Array.isArray(listed) && listed.length === 0))
      sink.add({
        code: 'invalid-value',
        severity: 'error',
        path: ['architectures'],
        values: { expected: 'list of class names', found: 'other', assumed: primary },
      });
    else sink.add({ code: 'architectures-missing', severity: 'information', path: ['model_type'], values: { assumed: primary } });
    return { head: primary, className: primary };
  }
  const head = [...known, 'Model'].filter((suffix) => className.endsWith(suffix)).sort((a, b) => b.length - a.length)[0];
  if (head !== undefined) return { head, className };
  sink.add({
    code: 'unknown-architecture',
    severity: 'warning',
    path: ['architectures', 0],
    values: { className: className.slice(0, 80), assumed: primary, modelType },
  });
  return { head: primary, className };
}
