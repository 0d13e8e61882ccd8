import { analyze } from '../analysis';
import { isList, isObject, type JsonObject, type JsonValue } from '../config/json';
import { isPrecision } from '../estimate';
import type { Device } from '../hardware/device';
import { parseDeviceSpec } from '../hardware/deviceSpec';
import type { Lookup } from '../hardware/lookup';
import { maxTokens } from '../limits';
import { mediaForms, parseMedia, type MediaItem, type MediaKind } from '../media/spec';
import { sidecarFiles, type Sidecars } from '../quantization/sidecars';
import type { RequestProblem, RunRequest } from './answerRun';
import { batchOf, parseLength, type Batch } from './batch';
import { engines, findEngine } from './engines/registry';
import type { Draft, Engine } from './engines/run';
import { refuseOthers, text, wholeNumber, Wrong } from './requestValues';
import { peakRequestOf, type PeakRequest } from './trace/peakRequest';

export type Request =
  | { readonly kind: 'run'; readonly config: JsonObject; readonly run: RunRequest }
  | { readonly kind: 'peak'; readonly config: JsonObject; readonly job: PeakRequest }
  | { readonly kind: 'media'; readonly config: JsonObject; readonly items: readonly MediaItem[]; readonly sidecars: Sidecars }
  | { readonly kind: 'problem'; readonly problem: RequestProblem };

/** Whether an object asks about a run of a model instead of being the model's config. */
export const isRequest = (value: JsonObject): boolean =>
  value['config'] !== undefined && value['model_type'] === undefined && value['architectures'] === undefined;

const runKeys = [
  'config',
  'engine',
  'engineVersion',
  'device',
  'count',
  'memory',
  'weights',
  'options',
  'lengths',
  'sharedPrefix',
  'draft',
  'draftWeights',
  'devices',
] as const;

const mediaKeys = ['config', 'images', 'videos', 'audio', 'files'] as const;

/**
 * Reads a request: of a start of an engine (it has `engine`), of a run of the transformers library (it has `mode`), or of what
 * images, clips and audio become.
 * Nothing is ignored: the first key that is unknown, or whose value does not do, is the problem.
 */
export function readRequest(value: JsonObject, lookup: (name: string) => Lookup): Request {
  try {
    const { config } = value;
    if (!isObject(config)) throw new Wrong('config', 'config takes an object');
    if (value['engine'] !== undefined) return { kind: 'run', config, run: runOf(value, lookup) };
    if (value['mode'] !== undefined) return { kind: 'peak', config, job: peakRequestOf(value) };
    if (mediaLists.some(([key]) => value[key] !== undefined))
      return { kind: 'media', config, items: mediaItemsOf(value), sidecars: filesOf(value['files']) };
    throw new Wrong('', 'a request has "engine", "mode", "images", "videos" or "audio" beside "config"', 'request-kind');
  } catch (error) {
    if (error instanceof Wrong) return { kind: 'problem', problem: { code: error.code, message: error.message, path: error.path } };
    throw error;
  }
}

const mediaLists = [
  ['images', 'image'],
  ['videos', 'video'],
  ['audio', 'audio'],
] as const satisfies readonly (readonly [string, MediaKind])[];

/** Most items of a request; each may stand for many. */
const mostItems = 1000;

function mediaItemsOf(value: JsonObject): readonly MediaItem[] {
  refuseOthers(value, mediaKeys);
  return mediaLists.flatMap(([key, kind]) => {
    const written = value[key] ?? [];
    if (!isList(written) || written.length > mostItems) throw new Wrong(key, `${key} takes a list of at most ${mostItems}`);
    return written.map((each): MediaItem => {
      const item = typeof each === 'string' ? parseMedia(kind, each) : undefined;
      if (!item) throw new Wrong(key, `${key} takes texts like ${mediaForms[kind]}`);
      return item;
    });
  });
}

/** What lies beside the config, by the names of the files. */
function filesOf(written: JsonValue | undefined): Sidecars {
  if (written === undefined || written === null) return {};
  if (!isObject(written)) throw new Wrong('files', 'files takes an object of files by their names');
  refuseOthers(written, Object.values(sidecarFiles), 'files.');
  return Object.fromEntries(
    Object.entries(sidecarFiles).flatMap(([key, name]) => {
      const file = written[name];
      if (file === undefined || file === null) return [];
      if (!isObject(file)) throw new Wrong(`files.${name}`, `${name} takes the object that the file holds`);
      return [[key, file]];
    }),
  );
}

function runOf(value: JsonObject, lookup: (name: string) => Lookup): RunRequest {
  refuseOthers(value, runKeys);
  const engine = engineOf(text(value, 'engine') ?? '');
  const memory = wholeNumber(value, 'memory', 1, 2 ** 50);
  const kinds = kindsIn(value, lookup);
  const name = text(value, 'device');
  if (name === undefined && memory === undefined && kinds.length === 0) throw new Wrong('device', 'device or memory is needed');
  const weights = text(value, 'weights') ?? 'checkpoint';
  if (!isPrecision(weights))
    throw new Wrong('weights', `weights takes checkpoint or a preset of "vram-lens schemes", not "${weights.slice(0, 80)}"`);
  const options = value['options'] ?? {};
  if (!isObject(options)) throw new Wrong('options', 'options takes an object of flags');
  return {
    engine,
    version: text(value, 'engineVersion'),
    device: kinds[0]?.device ?? (name === undefined ? undefined : deviceOf(name, lookup)),
    count: kinds[0]?.count ?? wholeNumber(value, 'count', 1, 1024) ?? 1,
    ...(kinds.length > 1 && { others: kinds.slice(1) }),
    memory,
    weights,
    options,
    ...draftIn(value, engine.id === 'llama.cpp' ? weights : 'checkpoint'),
    ...batchIn(value),
  };
}

/** Unequal devices: texts like "RTX 4090" and "RTX 3090:2", in the order in which the engine numbers them. */
function kindsIn(value: JsonObject, lookup: (name: string) => Lookup): readonly { readonly device: Device; readonly count: number }[] {
  const written = value['devices'];
  if (written === undefined || written === null) return [];
  for (const key of ['device', 'count', 'memory'])
    if (value[key] !== undefined && value[key] !== null) throw new Wrong(key, `${key} is of one kind of device, and devices names several`);
  if (!isList(written) || written.length === 0 || written.length > 16) throw new Wrong('devices', 'devices takes a list of 1 to 16 texts');
  return written.map((each) => {
    const spec = typeof each === 'string' ? parseDeviceSpec(each) : undefined;
    if (spec?.kind !== 'spec') throw new Wrong('devices', 'devices takes texts like "RTX 4090" or "RTX 3090:2"');
    return { device: deviceOf(spec.name, lookup), count: spec.count };
  });
}

/** The draft's config, and its weights where another preset is named than is usual. */
function draftIn(value: JsonObject, usual: string): { readonly draft?: Draft } {
  const config = value['draft'];
  const asked = text(value, 'draftWeights');
  if (config === undefined || config === null) {
    if (asked !== undefined) throw new Wrong('draftWeights', 'draftWeights is of a draft, and there is none');
    return {};
  }
  if (!isObject(config)) throw new Wrong('draft', 'draft takes the config of a model');
  if (asked !== undefined && !isPrecision(asked))
    throw new Wrong('draftWeights', 'draftWeights takes checkpoint or a preset of "vram-lens schemes"');
  const draft = draftOf(config, asked ?? usual);
  if (!draft) throw new Wrong('draft', 'draft takes the config of a model, and this is none');
  return { draft };
}

/** A draft by its config; `undefined` where that is no model's. */
export function draftOf(config: JsonObject, weights: string): Draft | undefined {
  const analysis = analyze(config);
  return analysis.kind === 'model' ? { analysis, weights } : undefined;
}

function batchIn(value: JsonObject): { readonly batch?: Batch } {
  const written = value['lengths'];
  const prefix = wholeNumber(value, 'sharedPrefix', 0, maxTokens) ?? 0;
  if (written === undefined || written === null) {
    if (prefix > 0) throw new Wrong('sharedPrefix', 'sharedPrefix is of lengths, and there are none');
    return {};
  }
  const groups = (isList(written) ? written : [written]).map((each) => {
    const group = typeof each === 'number' || typeof each === 'string' ? parseLength(String(each)) : undefined;
    if (!group) throw new Wrong('lengths', 'lengths takes a list of whole numbers, or texts like "2000:3" for three of them');
    return group;
  });
  const batch = batchOf(groups, prefix);
  if ('problem' in batch) throw new Wrong('lengths', `lengths: ${batch.problem}`);
  return { batch };
}

function engineOf(name: string): Engine {
  const engine = findEngine(name);
  if (engine) return engine;
  throw new Wrong('engine', `engine takes one of ${engines.map(({ id }) => id).join(', ')}; not "${name.slice(0, 80)}"`);
}

function deviceOf(name: string, lookup: (name: string) => Lookup): Device {
  const found = lookup(name);
  if (found.kind === 'found') return found.device;
  const candidates = (found.kind === 'ambiguous' ? found.candidates.map((each) => each.name) : found.nearest).slice(0, 5);
  const near = candidates.length > 0 ? `; nearest: ${candidates.join(', ')}` : '';
  throw new Wrong(
    'device',
    `${found.kind === 'ambiguous' ? 'several devices are called' : 'no device is called'} "${name.slice(0, 80)}"${near}`,
  );
}
