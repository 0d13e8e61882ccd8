import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  analyzeText,
  checkLog,
  defaultStyle,
  modelOfGguf,
  profileOf,
  readProfile,
  shareOff,
  type Analysis,
  type CheckedTerm,
  type CheckGiven,
  type DeviceProfile,
  type JsonValue,
  type LogCheck,
  type StartupLog,
} from '../engine/index';
import { sourceOf, startsIn } from '../checkpointFiles/readLog';
import { checkReasonText, checkTexts } from '../shared/text/logCheck';
import { english } from '../shared/text/translate';
import { readBeside, readInput } from './input';
import { schemaVersion, type Failure } from './report';
import { safe, table, type Terminal } from './table';

/** `check LOG`, as it was asked for. */
export interface CheckRequest {
  readonly log: string;
  readonly config: string | undefined;
  /** Which start of the log, from 1; the last where none is named. */
  readonly start: number | undefined;
  readonly given: CheckGiven;
  readonly saveProfile: string | undefined;
  readonly json: boolean;
}

export type Checked =
  | {
      readonly kind: 'checked';
      readonly check: LogCheck;
      readonly analysis: Analysis;
      /** Where the model's shape is from: a path, or the log. */
      readonly config: string;
      readonly starts: number;
      readonly start: number;
      readonly profile: DeviceProfile | undefined;
      readonly saved: string | undefined;
    }
  | { readonly kind: 'failed'; readonly failure: Failure };

const failed = (code: string, message: string, path = ''): Checked => ({ kind: 'failed', failure: { code, message, path } });

/** Reads a log, finds the model that it is of, and holds its figures against the rules. */
export async function checkPath({ log: path, config, start, given, saveProfile }: CheckRequest, stdin: Readable): Promise<Checked> {
  let starts: readonly StartupLog[];
  try {
    starts = await startsIn(path === '-' ? stdin : createReadStream(path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    return failed(code.toLowerCase(), error instanceof Error ? error.message : String(error));
  }
  const chosen = start ?? starts.length;
  const log = starts[chosen - 1];
  if (!log)
    return starts.length === 0
      ? failed('no-start', 'no line of a start of vLLM, SGLang, llama.cpp or Ollama that prints memory is in it')
      : failed('no-start', `it holds ${starts.length} starts, and no ${chosen}th`);
  const model = await modelOf(log, path, config);
  if ('failure' in model) return { kind: 'failed', failure: model.failure };
  const { analysis } = model;
  const check = checkLog(log, analysis, given);
  if ('problem' in check) return { kind: 'failed', failure: check.problem };
  const profile = profileOf(check, analysis, sourceOf(path === '-' ? null : basename(path)));
  if (saveProfile !== undefined) {
    if (!profile)
      return failed('no-profile', 'the log prints nothing of the machine itself, or names no device (--device)', '--save-profile');
    await writeFile(saveProfile, `${JSON.stringify(profile, null, 2)}\n`);
  }
  return { kind: 'checked', check, analysis, config: model.config, starts: starts.length, start: chosen, profile, saved: saveProfile };
}

type Model = { readonly analysis: Analysis; readonly config: string } | { readonly failure: Failure };

/** The config that is named; else what a GGUF file says of itself in the log; else the config beside the log. */
async function modelOf(log: StartupLog, path: string, config: string | undefined): Promise<Model> {
  if (config !== undefined) return configAt(config);
  const own = log.model.gguf && modelOfGguf(log.model.gguf);
  if (own) return { analysis: own, config: 'the log' };
  const beside = join(path === '-' ? '.' : dirname(path), 'config.json');
  const found = await configAt(beside);
  if (!('failure' in found) || found.failure.code !== 'enoent') return found;
  const name = log.model.name === undefined ? 'its model' : `${log.model.name.slice(0, 120)}`;
  return {
    failure: {
      code: 'config-needed',
      message: `the log does not describe ${name} in full: --config FILE names its config.json`,
      path: '--config',
    },
  };
}

async function configAt(path: string): Promise<Model> {
  const input = await readInput(path, process.stdin);
  if (input.kind === 'failed') return { failure: { code: input.code, message: input.message, path: '--config' } };
  const { sidecars } = await readBeside(path);
  const { result } = analyzeText(input.text, sidecars);
  return result.kind === 'model'
    ? { analysis: result, config: path }
    : { failure: { code: 'not-a-model-config', message: `${path} is no config of a model that is known`, path: '--config' } };
}

/** A profile that `check --save-profile` wrote. */
export async function profileAt(path: string): Promise<DeviceProfile | Failure> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    return { code: code.toLowerCase(), message: error instanceof Error ? error.message : String(error), path: '--profile' };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  return (
    readProfile(value as JsonValue) ?? {
      code: 'not-a-profile',
      message: `${path} is no profile that "check --save-profile" wrote`,
      path: '--profile',
    }
  );
}

const termJson = (term: CheckedTerm): object => ({
  ...term,
  share: term.difference === null || term.printed === 0 ? null : Math.sign(term.difference) * shareOff(term),
});

/** The documented JSON of one log: docs/cli.md. */
export function checkJson(path: string, checked: Checked): object {
  if (checked.kind === 'failed') return { schema: schemaVersion, log: path, error: checked.failure };
  const { check, analysis, config, starts, start, profile } = checked;
  const { engine, version, versionFrom, machine, weights, log, terms, verdict, worst, defaults, notes } = check;
  return {
    schema: schemaVersion,
    log: path,
    verdict,
    engine: engine.id,
    version,
    versionFrom,
    start,
    starts,
    machine: {
      name: machine.name ?? null,
      device: machine.device?.name ?? null,
      count: machine.count,
      memory: machine.memory ?? null,
      memoryFrom: machine.source,
    },
    model: { type: analysis.modelType, architecture: analysis.architecture, parameters: analysis.parameters.total, config },
    weights,
    options: log.options,
    defaults,
    unknownFlags: log.unknownFlags,
    terms: terms.map(termJson),
    worst: worst
      ? {
          name: worst.term.name,
          reasons: worst.reasons.map((reason) => ({ ...reason, message: checkReasonText(reason, english, defaultStyle) })),
        }
      : null,
    notes,
    profile: profile ?? null,
  };
}

/** A full report for reading. */
export function checkLines(path: string, checked: Extract<Checked, { kind: 'checked' }>, terminal: Terminal): readonly string[] {
  const { check, analysis, config, starts, start, saved } = checked;
  const { head, verdict, columns, rows, worst, flags, asides } = checkTexts(check, analysis, english, defaultStyle);
  return [
    safe(`${path}: ${head}`),
    safe(`shape of the model: ${config}`),
    ...(starts > 1 ? [`start ${start} of ${starts} in the log (--start names another)`] : []),
    '',
    ...table(
      columns,
      rows.map((cells) => cells.map(safe)),
      terminal,
    ),
    '',
    verdict,
    ...worst.map(safe),
    ...(flags === undefined ? [] : [safe(flags)]),
    ...asides.map((text) => safe(`note: ${text}`)),
    ...(saved === undefined ? [] : [safe(`profile of this machine: ${saved}`)]),
  ];
}
