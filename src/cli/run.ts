import type { Readable, Writable } from 'node:stream';
import { analyzeText, devices, draftOf } from '../engine/index';
import { hasHeader } from '../checkpointFiles/openHeader';
import { isVerified } from '../checkpointFiles/verify';
import { parseCommandLine, type Options } from './arguments';
import { batchLines } from './batchTable';
import { checkJson, checkLines, checkPath, profileAt, type CheckRequest } from './check';
import { headerJson, headerLines, readModelFile } from './header';
import { helpText, usageLine } from './help';
import { hostLines } from './hostTable';
import { linesOf, readBeside, readInput } from './input';
import { mediaLines } from './mediaTable';
import { evaluate, toReport, type Failure, type Outcome } from './report';
import { schemeLines, schemesJson } from './schemes';
import { runLines as engineLines } from './runTable';
import { deviceLines, headLine, reportLines, type Terminal } from './table';
import { failureText, verificationJson, verificationLines, verifyPath } from './verify';

export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** 0: all estimated; 1: some input failed; 2: wrong usage. */
export type ExitCode = 0 | 1 | 2;

/** Characters of a line where the output is no terminal. */
const widthOfFiles = 120;

export async function run(args: readonly string[], version: string, streams: Streams): Promise<ExitCode> {
  const request = parseCommandLine(args);
  const out = writer(streams.stdout);
  switch (request.kind) {
    case 'usage':
      streams.stderr.write(`vram-lens: ${oneLine(request.message)} (${usageLine}; --help for more)\n`);
      return 2;
    case 'help':
      await out(helpText);
      return 0;
    case 'version':
      await out(`${version}\n`);
      return 0;
    case 'devices':
      await out(request.json ? `${JSON.stringify(devices)}\n` : `${deviceLines(listTerminal(streams)).join('\n')}\n`);
      return 0;
    case 'schemes':
      await out(request.json ? `${JSON.stringify(schemesJson())}\n` : `${schemeLines(listTerminal(streams)).join('\n')}\n`);
      return 0;
    case 'verify':
      return runVerify(request.paths, request.json, streams);
    case 'check':
      return runCheck(request.check, streams);
    case 'run': {
      const asked = await withDraft(request.options, streams.stdin);
      const options = 'code' in asked ? asked : await withProfile(asked);
      if ('code' in options) {
        streams.stderr.write(`vram-lens: ${oneLine(`${options.path}: ${options.message}`)} (${usageLine}; --help for more)\n`);
        return 2;
      }
      return options.format === 'jsonl' ? runLines(options, streams) : runFiles(options, streams);
    }
  }
}

/** The options with the profile that they name, which is of the device that they name. */
async function withProfile(options: Options): Promise<Options | Failure> {
  if (options.profile === undefined) return options;
  const read = await profileAt(options.profile);
  if ('code' in read) return read;
  const device = options.run?.device?.name;
  return device === undefined || device === read.device
    ? { ...options, deviceProfile: read }
    : { code: 'profile-device', message: `${options.profile} is of ${read.device}, not ${device}`, path: '--profile' };
}

/** The options with the draft whose config they name. */
async function withDraft(options: Options, stdin: Readable): Promise<Options | Failure> {
  const { draft, run: asked } = options;
  if (draft === undefined || !asked) return options;
  const input = await readInput(draft.path, stdin);
  if (input.kind === 'failed') return { code: input.code, message: input.message, path: draft.path };
  const { root } = analyzeText(input.text).document;
  const read = root && draftOf(root, draft.weights);
  return read
    ? { ...options, run: { ...asked, draft: read } }
    : { code: 'draft-no-model', message: 'is no config of a model', path: draft.path };
}

/** 0: every figure that could be compared lies within its band; 1: one does not, or none could be compared. */
async function runCheck(request: CheckRequest, streams: Streams): Promise<ExitCode> {
  const out = writer(streams.stdout);
  const checked = await checkPath(request, streams.stdin);
  if (checked.kind === 'failed') complain(streams.stderr, request.log, checked.failure);
  if (request.json) await out(`${JSON.stringify(checkJson(request.log, checked))}\n`);
  else if (checked.kind === 'checked') await out(`${checkLines(request.log, checked, terminalOf(streams)).join('\n')}\n`);
  return checked.kind === 'checked' && checked.check.verdict === 'within' ? 0 : 1;
}

function terminalOf({ stdout, env }: Streams): Terminal {
  const colour = stdout.isTTY === true && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb';
  return { colour, width: stdout.isTTY === true ? Math.max(40, stdout.columns ?? 80) : widthOfFiles };
}

/** The same for lists that programs read line by line: where the output is no terminal, one entry is one line. */
const listTerminal = (streams: Streams): Terminal =>
  streams.stdout.isTTY === true ? terminalOf(streams) : { ...terminalOf(streams), width: Infinity };

/** 0: every checkpoint is as its config says; 1: one differs or could not be compared. */
async function runVerify(paths: readonly string[], json: boolean, streams: Streams): Promise<ExitCode> {
  const out = writer(streams.stdout);
  let code: ExitCode = 0;
  for (const path of paths) {
    const verification = await verifyPath(path);
    if (!isVerified(verification)) code = 1;
    const failure = failureText(verification);
    if (verification.problem && failure !== undefined)
      complain(streams.stderr, path, { code: verification.problem.code, message: failure, path: '' });
    const lines = json ? [JSON.stringify(verificationJson(path, verification))] : verificationLines(path, verification);
    if (lines.length > 0) await out(`${lines.join('\n')}\n`);
  }
  return code;
}

/** The header of a checkpoint's file, in place of a config. */
async function runHeader(file: string, json: boolean, streams: Streams): Promise<ExitCode> {
  const out = writer(streams.stdout);
  const opened = await readModelFile(file);
  if (!('model' in opened)) {
    complain(streams.stderr, file, opened);
    if (json) await out(`${JSON.stringify({ error: opened })}\n`);
    return 1;
  }
  await out(json ? `${JSON.stringify(headerJson(opened))}\n` : `${headerLines(file, opened, terminalOf(streams)).join('\n')}\n`);
  return 0;
}

async function runFiles(options: Options, streams: Streams): Promise<ExitCode> {
  const out = writer(streams.stdout);
  const terminal = terminalOf(streams);
  let code: ExitCode = 0;
  for (const [nth, file] of options.files.entries()) {
    if (hasHeader(file)) {
      if (nth > 0 && options.format !== 'json') await out('\n');
      if ((await runHeader(file, options.format === 'json', streams)) !== 0) code = 1;
      continue;
    }
    const input = await readInput(file, streams.stdin);
    const beside = await readBeside(file);
    for (const name of beside.unreadable) complain(streams.stderr, file, unreadableSidecar(name));
    const outcome: Outcome =
      input.kind === 'failed'
        ? { kind: 'failed', failure: { code: input.code, message: input.message, path: '' } }
        : evaluate(input.text, options, beside.sidecars);
    if (outcome.kind === 'failed') {
      code = 1;
      complain(streams.stderr, file, outcome.failure);
    }
    if (options.format === 'json') await out(`${JSON.stringify(toReport(outcome, options))}\n`);
    else if (outcome.kind === 'estimate')
      await out(`${nth > 0 ? '\n' : ''}${linesOfOutcome(file, outcome, options, terminal).join('\n')}\n`);
  }
  return code;
}

/** The report of a config; of a run that was asked about, its terms in place of the figures for everything. */
const linesOfOutcome = (
  file: string,
  { value, added }: Extract<Outcome, { kind: 'estimate' }>,
  { run }: Options,
  terminal: Terminal,
): readonly string[] => [
  ...(run && added?.memory
    ? [headLine(file, value, terminal), ...engineLines(value.analysis, run, added.memory, terminal), ...hostLines(added.memory)]
    : reportLines(file, value, terminal)),
  ...(added?.batch ? batchLines(added.batch) : []),
  ...(added?.media ? mediaLines(value.analysis, added.media) : []),
];

async function runLines(options: Options, streams: Streams): Promise<ExitCode> {
  const out = writer(streams.stdout);
  let code: ExitCode = 0;
  let number = 0;
  for await (const line of linesOf(streams.stdin)) {
    number++;
    const outcome: Outcome =
      line === undefined
        ? { kind: 'failed', failure: { code: 'text-too-large', message: 'The line is longer than any config.', path: '' } }
        : evaluate(line, options);
    if (outcome.kind === 'failed') {
      code = 1;
      complain(streams.stderr, `line ${number}`, outcome.failure);
    }
    await out(`${JSON.stringify(toReport(outcome, options))}\n`);
  }
  return code;
}

/** A file beside the config that is not used; the config is estimated without it. */
const unreadableSidecar = (file: string): Failure => ({
  code: 'sidecar-unreadable',
  message: `${file} beside it cannot be read`,
  path: '',
});

const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').slice(0, 2000);

function complain(stderr: Writable, source: string, { code, message, path }: Failure): void {
  stderr.write(`${oneLine(`vram-lens: ${source}: ${path === '' ? '' : `${path}: `}${message} [${code}]`)}\n`);
}

/** Writes and waits where the reader is slower, so that output never piles up in memory. */
const writer =
  (stream: Writable) =>
  (text: string): Promise<void> =>
    new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())));
