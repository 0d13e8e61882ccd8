import { parseArgs } from 'node:util';
import {
  cacheDtypes,
  findDevice,
  isPrecision,
  parseDeviceSpec,
  presetNames,
  type CacheDtype,
  type Precision,
  type Target,
} from '../engine/index';
import { maxTokens } from '../engine/limits';

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
}

export type Request =
  | { readonly kind: 'run'; readonly options: Options }
  | { readonly kind: 'help' | 'version' | 'devices' }
  | { readonly kind: 'devicesJson' }
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

function read(args: readonly string[]): Request {
  const { values, positionals } = parseArgs({ args: [...args], options: definition, allowPositionals: true, strict: true });
  if (values.help) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  if (values.devices) return { kind: values.json ? 'devicesJson' : 'devices' };
  if (values.json && values.jsonl) throw new UsageError('--json and --jsonl exclude each other');
  if (values.jsonl && positionals.some((file) => file !== '-')) throw new UsageError('--jsonl reads standard input; it takes no files');
  if (!values.jsonl && positionals.length === 0) throw new UsageError('no file given (use - for standard input)');
  return {
    kind: 'run',
    options: {
      format: values.jsonl ? 'jsonl' : values.json ? 'json' : 'table',
      files: positionals,
      context: values.context === undefined ? undefined : wholeNumber('--context', values.context),
      batch: values.batch === undefined ? 1 : wholeNumber('--batch', values.batch),
      kvDtype: kvDtypeOf(values['kv-dtype']),
      precisions: values.precision ? precisionsOf(values.precision) : defaultPrecisions,
      targets: (values.device ?? []).map(targetOf),
      tensors: values.tensors === true,
    },
  };
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > maxTokens)
    throw new UsageError(`${option} takes a whole number from 1 to ${maxTokens}, not "${text}"`);
  return value;
}

function kvDtypeOf(text: string | undefined): Options['kvDtype'] {
  if (text === undefined) return 'auto';
  const found = cacheDtypes.find((dtype) => dtype === text);
  if (!found) throw new UsageError(`--kv-dtype takes one of ${cacheDtypes.join(', ')}, not "${text}"`);
  return found;
}

/** Several may stand in one option, separated by commas; `all` is every preset. */
function precisionsOf(texts: readonly string[]): readonly Precision[] {
  const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim().toLowerCase());
  const expanded = names.flatMap((name): readonly string[] => (name === 'all' ? presetNames : [name]));
  return [...new Set(expanded)].map((name) => {
    if (isPrecision(name)) return name;
    throw new UsageError(`unknown precision "${name}"; known: checkpoint, ${presetNames.join(', ')}`);
  });
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
