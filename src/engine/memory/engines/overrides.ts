import { analyze, type Analysis } from '../../analysis';
import { isObject, type JsonObject, type JsonValue } from '../../config/json';
import type { EngineId } from './ids';
import { jsonFlag } from './jsonFlag';
import { RunError, type Run, type RunNote } from './run';
import { atLeast } from './versions';

const flags: Partial<Readonly<Record<EngineId, string>>> = { vllm: 'hf-overrides', sglang: 'json-model-override-args' };

/** A config of a part: a class of its own in transformers, where other objects are plain values. */
const isPart = (key: string): boolean => /_config$/.test(key) && !/^(quantization|compression|generation|eagle|dflash)_config$/.test(key);

/** Analyses of configs with other values, by what changed them. */
const known = new WeakMap<Analysis, Map<string, Analysis>>();

/**
 * The model as an engine reads its config with `--hf-overrides` (vllm/config/model.py, _apply_dict_overrides, _update_nested: parts are
 * changed key by key since 0.11, and replaced before, which then does not start) or `--json-model-override-args`
 * (sglang/srt/utils/hf_transformers_utils.py, get_config: every key is replaced).
 *
 * @throws RunError for text that is no JSON object, or a config that is no model's.
 */
export function overridden(run: Run, version: string): { readonly analysis: Analysis; readonly notes: readonly RunNote[] } {
  const flag = flags[run.engine];
  const { analysis } = run;
  if (flag === undefined) return { analysis, notes: [] };
  const changes = changesOf(run.options, flag);
  const keys = Object.keys(changes);
  if (keys.length === 0) return { analysis, notes: [] };
  const text = JSON.stringify(changes);
  const changed = remembered(analysis, `${flag} ${String(atLeast(version, '0.11'))} ${text}`, () => {
    const result = analyze(merged(analysis.root, changes, run.engine, version), analysis.sidecars);
    if (result.kind !== 'model') throw new RunError('overrides-no-model', `with --${flag} the config is no model's`, `options.${flag}`);
    return result;
  });
  return {
    analysis: changed,
    notes: [{ code: 'overrides-followed', refused: false, values: { flag: `--${flag}`, keys: keys.join(', ').slice(0, 200) } }],
  };
}

/** What the flags ask for; of vLLM's own for rotation too, which it makes overrides of. */
function changesOf(options: Run['options'], flag: string): JsonObject {
  const { [flag]: text, 'rope-scaling': scaling, 'rope-theta': theta } = options;
  const stretch = typeof scaling === 'string' ? jsonFlag(scaling, 'rope-scaling') : {};
  return {
    ...(typeof text === 'string' ? jsonFlag(text, flag) : {}),
    ...(Object.keys(stretch).length > 0 && { rope_scaling: stretch }),
    ...(typeof theta === 'number' && { rope_theta: theta }),
  };
}

function remembered(analysis: Analysis, key: string, compute: () => Analysis): Analysis {
  const own = known.get(analysis) ?? new Map<string, Analysis>();
  known.set(analysis, own);
  const found = own.get(key) ?? compute();
  own.set(key, found);
  return found;
}

function merged(root: JsonObject, changes: JsonObject, engine: EngineId, version: string): JsonObject {
  const result: Record<string, JsonValue> = Object.assign(Object.create(null) as Record<string, JsonValue>, root);
  for (const [key, value] of Object.entries(changes)) {
    const nests = engine === 'vllm' && isObject(value) && isPart(key);
    if (nests && !atLeast(version, '0.11'))
      throw new RunError(
        'overrides-replace-part',
        `vLLM ${version} replaces all of ${key.slice(0, 80)} by --hf-overrides and then does not start`,
        'options.hf-overrides',
        { part: key.slice(0, 80), version },
      );
    result[key] = nests ? nested(root[key], value) : (value as JsonValue);
  }
  return result;
}

/** Objects into objects, everything else in place of what was there. */
function nested(target: JsonValue | undefined, changes: JsonObject): JsonObject {
  const result: Record<string, JsonValue> = Object.assign(Object.create(null) as Record<string, JsonValue>, isObject(target) ? target : {});
  for (const [key, value] of Object.entries(changes)) {
    const own = result[key];
    result[key] = isObject(value) && isObject(own) ? nested(own, value) : (value as JsonValue);
  }
  return result;
}
