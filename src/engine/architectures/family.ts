import { resolve, type Resolved } from '../config/resolve';
import { isObject, type JsonObject, type JsonValue } from '../config/json';
import type { Config, Defaults } from '../config/keys';
import type { Basis } from '../basis';
import type { ConfigPath, Finding, FindingSink } from '../findings';
import { maxSections } from '../limits';
import { module, type Module, type Parts } from '../modules/tree';

/** What a family can ask for while it builds. */
export interface Build {
  /** The class suffix chosen by `architectures` ("ForCausalLM", "Model" …): some bodies leave parts out by task. */
  readonly head: string;
  readonly path: ConfigPath;
  /** The sub-config as its own family reads it: its body and its resolved keys. */
  part(section: JsonObject, fallbackType: string, key: string): BuiltPart;
  report(finding: Omit<Finding, 'path'> & { readonly path?: ConfigPath }): void;
}
export interface BuiltPart {
  readonly type: string;
  readonly parts: Parts;
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
  readonly config: Readonly<Record<string, unknown>>;
  /** Resolved keys of sub-configs, by the key that holds them. */
  readonly sections: Readonly<Record<string, BuiltPart>>;
  readonly assumed: Resolved<Defaults>['assumed'];
  /** Values of the file that could not be used. */
  readonly rejected: readonly string[];
}

export type FindFamily = (modelType: string) => Family | undefined;

/**
 * Builds the model that a config describes: base model and the head that `architectures[0]` names.
 * Wrong values leave findings in `sink` and are replaced by the reference's defaults.
 */
export function buildModel(root: JsonObject, modelType: string, chosen: Family, find: FindFamily, sink: FindingSink): Model {
  const sections: Record<string, BuiltPart> = Object.create(null);
  const rejected: string[] = [];
  const { head, className } = chooseHead(root, modelType, chosen, sink);

  const buildAt = (path: ConfigPath): Build => ({
    head,
    path,
    report: (finding) => sink.add({ ...finding, path: finding.path ?? path }),
    part(section, fallbackType, key) {
      const at = [...path, key];
      const named = section['model_type'];
      const type = typeof named === 'string' && find(named) ? named : fallbackType;
      if (typeof named === 'string' && type !== named)
        sink.add({ code: 'unknown-model-type', severity: 'warning', path: [...at, 'model_type'], values: { modelType: named.slice(0, 80) } });
      const inner = find(type);
      if (!inner || at.length > maxSections) return { type, parts: {}, config: {} };
      const read = resolve(inner.defaults, section, at, sink, inner.aliases);
      rejected.push(...read.rejected);
      const built: BuiltPart = { type, parts: inner.body(read.config, { ...buildAt(at), head: 'Model' }), config: read.config };
      sections[at.join('.')] = built;
      return built;
    },
  });
  const read = resolve(chosen.defaults, root, [], sink, chosen.aliases);
  rejected.push(...read.rejected);
  // Labels belong to PretrainedConfig, not to the family: every classification head reads them.
  const config = { ...read.config, labels: labelCount(root) } as Config<Defaults>;
  const build = buildAt([]);
  const body = chosen.body(config, build);
  const whole = chosen.heads[head]?.(config, body, build) ?? body;
  return { modelType, className, head, family: chosen, tree: module(whole), config, sections, assumed: read.assumed, rejected };
}

/** Labels of a classifier as transformers counts them: entries of id2label, else num_labels, else 2 (configuration_utils.py). */
function labelCount(root: JsonObject): number {
  const named: JsonValue | undefined = root['id2label'];
  if (isObject(named)) return Object.keys(named).length;
  const number = root['num_labels'];
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number < 1e9 ? number : 2;
}

/** `architectures[0]` → the longest suffix that the family knows. */
function chooseHead(root: JsonObject, modelType: string, chosen: Family, sink: FindingSink): { head: string; className: string } {
  const known = Object.keys(chosen.heads);
  const primary = known[0] ?? 'Model';
  const listed = root['architectures'];
  const className = Array.isArray(listed) && typeof listed[0] === 'string' ? listed[0] : undefined;
  if (className === undefined) {
    if (listed !== undefined && listed !== null && !(Array.isArray(listed) && listed.length === 0))
      sink.add({ code: 'invalid-value', severity: 'error', path: ['architectures'], values: { expected: 'list of class names', found: 'other', assumed: primary } });
    else sink.add({ code: 'architectures-missing', severity: 'information', path: ['model_type'], values: { assumed: primary } });
    return { head: primary, className: primary };
  }
  const head = [...known, 'Model'].filter((suffix) => className.endsWith(suffix)).sort((a, b) => b.length - a.length)[0];
  if (head !== undefined) return { head, className };
  sink.add({ code: 'unknown-architecture', severity: 'warning', path: ['architectures', 0], values: { className: className.slice(0, 80), assumed: primary, modelType } });
  return { head: primary, className };
}
