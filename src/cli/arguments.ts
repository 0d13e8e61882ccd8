import { parseArgs } from 'node:util';
import {
  askGroup,
  batchOf,
  cacheDtypes,
  defaultStyle,
  editableParts,
  engines,
  findDevice,
  findEngine,
  findPreset,
  mediaForms,
  nearestPresets,
  parseDeviceSpec,
  parseFlags,
  parseLength,
  parseMedia,
  presetNames,
  type Batch,
  type CacheDtype,
  type DeviceProfile,
  type EditablePart,
  type JsonObject,
  type KeepEdits,
  type MediaItem,
  type MediaKind,
  type Precision,
  type PresetOptions,
  type RunRequest,
  type Target,
} from '../engine/index';
import { maxTokens } from '../engine/limits';
import { refusedGroupText } from '../shared/text/refusals';
import { english } from '../shared/text/translate';
import type { CheckRequest } from './check';

export type OutputFormat = 'table' | 'json' | 'jsonl';

export interface Options {
  readonly format: OutputFormat;
  readonly files: readonly string[];
  /** undefined: 8,192, or the model's own limit where that is less. */
  readonly context: number | undefined;
  readonly batch: number;
  readonly kvDtype: CacheDtype | 'auto';
  readonly precisions: readonly Precision[];
  readonly targets: readonly Target[];
  readonly tensors: boolean;
  readonly presetOptions: PresetOptions;
  /** Images, clips and audio of one sequence. */
  readonly media: readonly MediaItem[];
  /** Sequences of different lengths, where they are asked about. */
  readonly sequences: Batch | undefined;
  /** A start of an engine that is asked about beside. */
  readonly run: RunRequest | undefined;
  /** Path of the draft's config, and what its weights are. */
  readonly draft: { readonly path: string; readonly weights: Precision } | undefined;
  /** Path of a profile of the machine that it runs on. */
  readonly profile: string | undefined;
  /** What stands at that path. */
  readonly deviceProfile?: DeviceProfile;
}

export type Request =
  | { readonly kind: 'run'; readonly options: Options }
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'devices' | 'schemes'; readonly json: boolean }
  | { readonly kind: 'verify'; readonly json: boolean; readonly paths: readonly string[] }
  | { readonly kind: 'check'; readonly check: CheckRequest }
  | { readonly kind: 'usage'; readonly message: string };

/** Precisions of a report that asks for none; their names stay. */
export const defaultPrecisions = [
  'fp32',
  'bf16',
  'fp16',
  'fp8-channel',
  'w8a8-int8',
  'awq-int4-g128',
] as const satisfies readonly Precision[];

const definition = {
  json: { type: 'boolean' },
  jsonl: { type: 'boolean' },
  context: { type: 'string' },
  batch: { type: 'string' },
  'kv-dtype': { type: 'string' },
  precision: { type: 'string', multiple: true },
  device: { type: 'string', multiple: true },
  tensors: { type: 'boolean' },
  image: { type: 'string', multiple: true },
  video: { type: 'string', multiple: true },
  audio: { type: 'string', multiple: true },
  lengths: { type: 'string', multiple: true },
  'shared-prefix': { type: 'string' },
  'no-imatrix': { type: 'boolean' },
  engine: { type: 'string' },
  'engine-version': { type: 'string' },
  memory: { type: 'string' },
  weights: { type: 'string' },
  config: { type: 'string' },
  start: { type: 'string' },
  'save-profile': { type: 'string' },
  profile: { type: 'string' },
  'draft-config': { type: 'string' },
  'draft-weights': { type: 'string' },
  'llama-cpp-date': { type: 'string' },
  keep: { type: 'string', multiple: true },
  quantize: { type: 'string', multiple: true },
  devices: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const;

class UsageError extends Error {}

/** Reads the command line; anything that it does not say right is a usage error that names it. */
export function parseCommandLine(args: readonly string[]): Request {
  try {
    return read(args);
  } catch (error) {
    if (error instanceof UsageError || isParseError(error)) return { kind: 'usage', message: error.message };
    throw error;
  }
}

/** Errors of `parseArgs` carry a code of their own. */
const isParseError = (error: unknown): error is Error =>
  error instanceof Error && String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');

function read(all: readonly string[]): Request {
  const { args, flags } = withoutEngineFlags(all);
  const { values, positionals } = parseArgs({ args: [...args], options: definition, allowPositionals: true, strict: true });
  if (values.help) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  if (values.devices) return { kind: 'devices', json: values.json === true };
  if (positionals.length === 1 && positionals[0] === 'schemes') return { kind: 'schemes', json: values.json === true };
  if (positionals[0] === 'verify') return verifyRequest(values, positionals.slice(1));
  if (positionals[0] === 'check') return checkRequest(values, positionals.slice(1));
  for (const option of ['config', 'start', 'save-profile'] as const)
    if (values[option] !== undefined) throw new UsageError(`--${option} belongs to "check LOG"`);
  if (values.profile !== undefined && values.engine === undefined) throw new UsageError('--profile is for a run: --engine is missing');
  if (values.json && values.jsonl) throw new UsageError('--json and --jsonl exclude each other');
  if (values.jsonl && positionals.some((file) => file !== '-')) throw new UsageError('--jsonl reads standard input; it takes no files');
  if (!values.jsonl && positionals.length === 0) throw new UsageError('no file given (use - for standard input)');
  const targets = (values.device ?? []).map(targetOf);
  const sequences = sequencesOf(values.lengths, values['shared-prefix']);
  const run = runOf(values, targets, flags);
  return {
    kind: 'run',
    options: {
      run: run && sequences ? { ...run, batch: sequences } : run,
      sequences,
      draft: draftOf(values, run),
      profile: values.profile,
      format: values.jsonl ? 'jsonl' : values.json ? 'json' : 'table',
      files: positionals,
      context: values.context === undefined ? undefined : wholeNumber('--context', values.context),
      batch: values.batch === undefined ? 1 : wholeNumber('--batch', values.batch),
      kvDtype: kvDtypeOf(values['kv-dtype']),
      precisions: values.precision ? precisionsOf(values.precision) : defaultPrecisions,
      targets,
      tensors: values.tensors === true,
      media: (['image', 'video', 'audio'] as const).flatMap((kind) => listOf(values[kind] ?? []).map((text) => mediaOf(kind, text))),
      presetOptions: {
        edits: editsOf(values.keep ?? [], values.quantize ?? []),
        ...(values['no-imatrix'] && { imatrix: false }),
        ...(values['llama-cpp-date'] !== undefined && { llamaCppDate: day('--llama-cpp-date', values['llama-cpp-date']) }),
      },
    },
  };
}

/** With --engine, what stands after `--` is for the engine. */
function withoutEngineFlags(args: readonly string[]): { readonly args: readonly string[]; readonly flags: readonly string[] } {
  const end = args.indexOf('--');
  const asks = args.slice(0, end < 0 ? args.length : end).some((arg) => arg === '--engine' || arg.startsWith('--engine='));
  return asks && end >= 0 ? { args: args.slice(0, end), flags: args.slice(end + 1) } : { args, flags: [] };
}

const mostMemory = 2 ** 50;

/** The start of an engine that the options describe, if they do. */
function runOf(
  values: Readonly<Partial<Record<'engine' | 'engine-version' | 'memory' | 'weights', string>>>,
  targets: readonly Target[],
  flags: readonly string[],
): RunRequest | undefined {
  const { engine: name, memory, weights = 'checkpoint' } = values;
  if (name === undefined) {
    for (const option of ['engine-version', 'memory', 'weights'] as const)
      if (values[option] !== undefined) throw new UsageError(`--${option} is for a run: --engine is missing`);
    return undefined;
  }
  const engine = findEngine(name);
  if (!engine) throw new UsageError(`--engine takes one of ${engines.map(({ id }) => id).join(', ')}; not "${name}"`);
  const bytes = memory === undefined ? undefined : memoryOf(memory);
  const [target, ...others] = targets;
  if (others.length > 0 && bytes !== undefined) throw new UsageError('--memory is of one kind of --device');
  if (!target && bytes === undefined) throw new UsageError('--engine needs --device NAME[:COUNT], or --memory BYTES');
  const read = parseFlags(engine.flags, flags);
  if ('problem' in read) throw new UsageError(`${engine.title}: ${read.problem.message}`);
  return {
    engine,
    version: values['engine-version'],
    device: target?.device,
    count: target?.count ?? 1,
    ...(others.length > 0 && { others }),
    memory: bytes,
    weights: precisionOf(weights),
    options: read.values as JsonObject,
  };
}

/** The draft of a run, whose weights are of the run's preset where files are GGUF, and else as its own config says. */
function draftOf(
  values: Readonly<Partial<Record<'draft-config' | 'draft-weights', string>>>,
  run: RunRequest | undefined,
): Options['draft'] {
  const { 'draft-config': path, 'draft-weights': weights } = values;
  if (path === undefined && weights === undefined) return undefined;
  if (path === undefined) throw new UsageError('--draft-weights is of a draft: --draft-config is missing');
  if (!run) throw new UsageError('--draft-config is for a run: --engine is missing');
  const usual = run.engine.id === 'llama.cpp' ? run.weights : 'checkpoint';
  return { path, weights: weights === undefined ? (usual as Precision) : precisionOf(weights) };
}

/** `verify DIR…`, which takes no option but --json: what it compares with is the config itself. */
function verifyRequest(values: Readonly<Record<string, unknown>>, paths: readonly string[]): Request {
  const other = Object.keys(values).find((name) => name !== 'json');
  if (other !== undefined) throw new UsageError(`verify takes no option but --json, not --${other}`);
  if (paths.length === 0) throw new UsageError('verify takes a folder with a config, or a config');
  return { kind: 'verify', json: values['json'] === true, paths };
}

/** `check LOG`: what the log does not print may be given. */
function checkRequest(
  values: Readonly<Partial<Record<string, string | boolean | readonly (string | boolean)[]>>>,
  logs: readonly string[],
): Request {
  const known = ['json', 'config', 'start', 'save-profile', 'engine-version', 'device', 'memory', 'weights'];
  const other = Object.keys(values).find((name) => !known.includes(name));
  if (other !== undefined) throw new UsageError(`check takes no --${other}; it takes ${known.map((name) => `--${name}`).join(', ')}`);
  const [log, another] = logs;
  if (log === undefined || another !== undefined) throw new UsageError('check takes one log (- for standard input)');
  const text = (name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined);
  const [target, more] = (values['device'] as readonly string[] | undefined)?.map(targetOf) ?? [];
  if (more) throw new UsageError('check takes one kind of --device');
  const [start, weights, memory] = [text('start'), text('weights'), text('memory')];
  return {
    kind: 'check',
    check: {
      log,
      config: text('config'),
      start: start === undefined ? undefined : wholeNumber('--start', start),
      given: {
        version: text('engine-version'),
        device: target?.device,
        // Without a count the log's own ranks are taken.
        count: target && target.count > 1 ? target.count : undefined,
        memory: memory === undefined ? undefined : memoryOf(memory),
        weights: weights === undefined ? undefined : precisionOf(weights),
      },
      saveProfile: text('save-profile'),
      json: values['json'] === true,
    },
  };
}

function sequencesOf(lengths: readonly string[] | undefined, prefix: string | undefined): Batch | undefined {
  if (lengths === undefined) {
    if (prefix !== undefined) throw new UsageError('--shared-prefix is of --lengths, which is missing');
    return undefined;
  }
  const groups = listOf(lengths).map((text) => {
    const group = parseLength(text);
    if (!group) throw new UsageError(`--lengths takes tokens, and :COUNT; not "${text}"`);
    return group;
  });
  const batch = batchOf(groups, prefix === undefined ? 0 : wholeNumber('--shared-prefix', prefix));
  if ('problem' in batch) throw new UsageError(`--lengths: ${batch.problem}`);
  return batch;
}

function mediaOf(kind: MediaKind, text: string): MediaItem {
  const item = parseMedia(kind, text);
  if (!item) throw new UsageError(`--${kind} takes ${mediaForms[kind]}; not "${text}"`);
  return item;
}

function memoryOf(text: string): number {
  const bytes = Number(text);
  if (!/^\d+$/.test(text) || bytes < 1 || bytes > mostMemory)
    throw new UsageError(`--memory takes bytes per device from 1 to ${mostMemory}, not "${text}"`);
  return bytes;
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > maxTokens)
    throw new UsageError(`${option} takes a whole number from 1 to ${maxTokens}, not "${text}"`);
  return value;
}

const listOf = (texts: readonly string[]): readonly string[] =>
  texts.flatMap((text) => text.split(',')).map((item) => item.trim().toLowerCase());

/** Parts by name, and `first:N` or `last:N` for whole layers at the ends. */
function editsOf(kept: readonly string[], quantized: readonly string[]): KeepEdits {
  const keep: EditablePart[] = [];
  const ends = { first: 0, last: 0 };
  for (const item of listOf(kept)) {
    const [, end, count] = /^(first|last):(\d{1,6})$/.exec(item) ?? [];
    if (end === 'first' || end === 'last') ends[end] = Number(count);
    else keep.push(partOf('--keep', item, `${editableParts.join(', ')}, first:N, last:N`));
  }
  const quantize = listOf(quantized).map((item) => partOf('--quantize', item, editableParts.join(', ')));
  const both = keep.find((part) => quantize.includes(part));
  if (both !== undefined) throw new UsageError(`--keep and --quantize both name ${both}`);
  return { keep, quantize, firstLayers: ends.first, lastLayers: ends.last };
}

function partOf(option: string, name: string, known: string): EditablePart {
  const part = editableParts.find((each) => each === name);
  if (part === undefined) throw new UsageError(`${option} takes any of ${known}; not "${name}"`);
  return part;
}

function day(option: string, text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text)
    throw new UsageError(`${option} takes a day like 2026-03-01, not "${text}"`);
  return text;
}

function kvDtypeOf(text: string | undefined): Options['kvDtype'] {
  if (text === undefined) return 'auto';
  const found = cacheDtypes.find((dtype) => dtype === text);
  if (!found) throw new UsageError(`--kv-dtype takes one of ${cacheDtypes.join(', ')}, not "${text}"`);
  return found;
}

/** Several may stand in one option, separated by commas; `all` is every preset. */
function precisionsOf(texts: readonly string[]): readonly Precision[] {
  const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim());
  const expanded = names.flatMap((name): readonly string[] => (name.toLowerCase() === 'all' ? presetNames : [name]));
  return [...new Set(expanded.map(precisionOf))];
}

function precisionOf(name: string): Precision {
  if (name.toLowerCase() === 'checkpoint') return 'checkpoint';
  const preset = findPreset(name);
  if (preset) return preset.name;
  const asked = askGroup(name.toLowerCase());
  if (asked?.kind === 'refused') throw new UsageError(refusedGroupText(asked.refused, english, defaultStyle).replace(/\.$/, ''));
  const { names, instead } = nearestPresets(name);
  const numbers = instead ? ` (in place of ${instead.found} there are ${instead.values.join(', ')})` : '';
  const hint = names.length > 0 ? `; did you mean ${names.join(', ')}?` : '';
  throw new UsageError(`unknown precision "${name}"${numbers}${hint}; "vram-lens schemes" lists those that are known`);
}

function targetOf(text: string): Target {
  const spec = parseDeviceSpec(text);
  if (spec.kind === 'invalid')
    throw new UsageError(
      spec.reason === 'empty-name' ? `--device "${text}" names no device` : `--device "${text}": the count is a whole number from 1 to 16`,
    );
  const found = findDevice(spec.name);
  if (found.kind === 'found') return { device: found.device, count: spec.count };
  if (found.kind === 'ambiguous')
    throw new UsageError(`--device "${spec.name}" could be any of: ${found.candidates.map(({ name }) => name).join(', ')}`);
  const hint = found.nearest.length > 0 ? `; did you mean ${found.nearest.join(', ')}?` : '; --devices lists those that are known';
  throw new UsageError(`--device "${spec.name}" is not known${hint}`);
}
