import {
  degreesOf,
  engines,
  formatBytes,
  isMeasuredHere,
  type DeviceMemory,
  type Engine,
  type MemoryTerm,
  type RunMemory,
  type TermKind,
} from '../../../engine/index';
import {
  dividesRest,
  engineReach,
  engineRun,
  isShortage,
  remembered,
  type ChosenEngine,
  type EngineChoice,
  type EngineReach,
  type EngineRun,
  type RunAsked,
  type RunFlag,
} from '../../../shared/engineRun';
import type { EngineRow, EngineRunView, EngineView, RunFlagRow, TermRow } from '../../../shared/panel/runs';
import type { Controls, Figure, Fill, Verdict } from '../../../shared/panel/snapshot';
import { bandText, evidenceText, runNoteText, termKindNames } from '../../../shared/text/engineRuns';
import {
  differenceText,
  engineProblemText,
  flagValueText,
  termFormula,
  termSource,
  termText,
  versionText,
} from '../../../shared/text/engineTerms';
import { deviceText } from '../../../shared/text/summary';
import { barOf, boundText, measuredOf, restOf, sumLines, type Part } from './bar';
import { about, basisNotes, basisWord } from './basis';
import { figure, pairOfBytes, writers, type View } from './view';

const fills: Readonly<Record<TermKind, Fill>> = {
  weights: 'weights',
  cache: 'cache',
  activations: 'activations',
  graphs: 'graphs',
  nonTorch: 'runtime',
  buffers: 'buffers',
};
const kinds = Object.keys(fills) as readonly TermKind[];

/** Memory as the chosen engine will print it, and all engines side by side. */
export function engineViewOf(view: View, choice: EngineChoice, kvDtype: Controls['kvDtype'], comparing: boolean): EngineView {
  const { estimate, target, weights, t, style } = view;
  const { context, batch } = estimate.settings;
  const { tokens, whole } = writers(style);
  const asked: RunAsked = { target, weights: weights.precision, context, batch, kvDtype };
  return {
    place: target ? deviceText(target.device.name, target.count) : null,
    run: choice.kind === 'chosen' ? runViewOf(view, choice, asked) : choice.kind === 'wrong' ? wrongView(view, choice) : null,
    comparison: comparing ? engines.map((engine) => rowOf(view, engine, choice, asked)) : null,
    comparedAt:
      batch === 1
        ? t('Each at its defaults, for one sequence of {0} tokens', tokens(context))
        : t('Each at its defaults, for {0} sequences of {1} tokens', whole(batch), tokens(context)),
  };
}

/** Names of places in host memory, as llama.cpp prints them. */
const isHost = (name: string): boolean => /^CPU|_Host$/.test(name);

/** The device that is closest to full. */
function fullestOf({ perDevice }: RunMemory): DeviceMemory | undefined {
  const load = ({ total, usable }: DeviceMemory): number => total / (usable ?? 1);
  const devices = perDevice.filter(({ device }) => !isHost(device));
  return devices.reduce<DeviceMemory | undefined>((most, each) => (most && load(most) >= load(each) ? most : each), undefined);
}

/** Settings that name an engine and cannot be used: the notice above says why. */
function wrongView({ t, style }: View, { problem }: Extract<EngineChoice, { kind: 'wrong' }>): EngineRunView {
  return {
    ...nothing,
    title: problem.engine?.title ?? problem.subject,
    problem: engineProblemText(problem, t, style),
    verdictText: t('no answer'),
  };
}

const nothing = {
  problem: '',
  notes: [],
  flags: [],
  verdict: 'unknown',
  verdictText: '',
  total: null,
  bar: null,
  terms: [],
  hostTerms: [],
  rest: null,
  pool: null,
  longest: null,
  longestBound: '',
  users: null,
  usersAt: '',
  degrees: null,
  measured: null,
} as const satisfies Omit<EngineRunView, 'title'>;

function runViewOf(view: View, chosen: ChosenEngine, asked: RunAsked): EngineRunView {
  const { analysis, t, style } = view;
  const run = engineRun(analysis, chosen, asked);
  const { memory, problem } = run;
  const flags = flagRows(run.flags, view);
  const version = memory?.version ?? chosen.version ?? chosen.engine.newest;
  const title = `${chosen.engine.title} ${versionText(chosen.engine.id, version)}`;
  if (!memory)
    return { ...nothing, title, flags, problem: problem ? engineProblemText(problem, t, style) : '', verdictText: t('no answer') };
  const device = fullestOf(memory);
  const reach = engineReach(analysis, chosen, asked);
  const verdict = verdictOf(memory, device);
  const isOwn = isOn(memory, device);
  const termOf = (term: MemoryTerm): TermRow => termRow(term, memory, chosen.engine, view);
  return {
    title,
    problem: '',
    notes: notesOf(run, view),
    flags,
    verdict,
    verdictText: verdictWord(verdict, memory, view),
    total: device ? totalOf(device, memory, view) : null,
    bar: device ? barOf(partsOf(device, view), device.usable, device.device, view) : null,
    terms: memory.terms.filter(isOwn).map(termOf),
    hostTerms: memory.terms.filter((term) => !isOwn(term)).map(termOf),
    rest: device?.usable == null ? null : restOf(device.usable, device.total, view),
    pool: poolOf(memory, view),
    ...reachOf(reach, memory, asked, view),
    measured: measuredOf(asked.target?.device, isMeasured(run, asked), view),
    degrees: asked.target && chosen.engine.flags['tensor-parallel-size'] ? degreesFigure(view) : null,
  };
}

/** Whether a log of this machine has a say in a run. */
const isMeasured = ({ memory }: EngineRun, { target }: RunAsked): boolean =>
  memory !== undefined &&
  target !== undefined &&
  (isMeasuredHere(target.device) || memory.notes.some(({ code }) => code === 'profile-applied'));

/** Whether the total of a run follows a log of this machine: whatever is there is divided, or a term was printed there. */
const followsLog = (run: EngineRun, asked: RunAsked): boolean =>
  isMeasured(run, asked) &&
  (dividesRest(run.chosen.engine.id) || run.memory?.terms.some(({ basis }) => basis.reasons.includes('measured-here')) === true);

/** Refusals first. */
function notesOf({ memory, cacheTypeLeft, chosen }: EngineRun, { t, style }: View): EngineRunView['notes'] {
  const notes = (memory?.notes ?? []).map((note) => ({ refused: note.refused, text: runNoteText(note, t, style) }));
  const left = cacheTypeLeft && t('{0} keeps no cache of type {1}: its own is counted.', chosen.engine.title, cacheTypeLeft.toUpperCase());
  return [
    ...notes.filter(({ refused }) => refused),
    ...(left ? [{ refused: false, text: left }] : []),
    ...notes.filter(({ refused }) => !refused),
  ];
}

function flagRows(flags: readonly RunFlag[], { t }: View): readonly RunFlagRow[] {
  const words = { own: t('yours'), estimate: t('by the estimate'), default: t('default') };
  const order = ['own', 'estimate', 'default'] as const;
  return order.flatMap((origin) =>
    flags
      .filter((flag) => flag.origin === origin)
      .map(({ name, value }) => ({ name, value: flagValueText(value), origin, originText: words[origin] })),
  );
}

/** `narrow`: at the far end of the bands it would not start. */
function verdictOf(memory: RunMemory, device: DeviceMemory | undefined): Verdict {
  if (memory.notes.some(({ refused }) => refused)) return 'over';
  if (!device || device.usable === null) return 'unknown';
  if (device.total > device.usable) return 'over';
  if (memory.notes.some(({ code }) => code === 'device-not-covered' || code === 'device-other-backend')) return 'unknown';
  const held = memory.pool?.maxConcurrency ?? null;
  if (dividesRest(memory.engine)) {
    const cache = memory.terms.filter(({ kind }) => kind === 'cache');
    const [bytes, low] = [sumOf(cache, (each) => each.bytes), sumOf(cache, (each) => each.low)];
    return held !== null && held > 0 && bytes > 0 && (held * low) / bytes < 1 ? 'narrow' : 'fits';
  }
  const most = sumOf(memory.terms.filter(isOn(memory, device)), (each) => each.high);
  return most > device.usable ? 'narrow' : 'fits';
}

const sumOf = (terms: readonly MemoryTerm[], of: (term: MemoryTerm) => number): number => terms.reduce((sum, term) => sum + of(term), 0);

/** Whether a term is of a device; engines but llama.cpp tell those of the fullest alone. */
const isOn =
  ({ buffers }: RunMemory, device: DeviceMemory | undefined) =>
  ({ name }: MemoryTerm): boolean =>
    buffers === undefined || (device !== undefined && name.startsWith(`${device.device} `));

function verdictWord(verdict: Verdict, { notes }: RunMemory, { t, fit }: View): string {
  switch (verdict) {
    case 'fits':
      return t('starts');
    case 'narrow':
      return t('starts, narrowly');
    case 'over':
      return notes.some(({ code, refused }) => isShortage(code) && !refused) ? t('starts with less on the device') : t('would not start');
    case 'unknown':
      return fit?.usable == null ? t('memory unknown') : t('not known');
  }
}

const signOf = ({ terms }: RunMemory): string => (terms.some(({ basis }) => basis.kind === 'approximate') ? '≈' : '');

/** What a device holds, by kind. */
function partsOf(device: DeviceMemory, { t, style }: View): readonly Part[] {
  const names = termKindNames(t);
  const held = kinds.filter((kind) => device[kind] > 0);
  return held.map((kind) => ({ id: fills[kind], label: names[kind], bytes: device[kind], text: formatBytes(device[kind], style) }));
}

function totalOf(device: DeviceMemory, memory: RunMemory, view: View): Figure {
  const { t, style } = view;
  const { bytes } = writers(style);
  const text = device.usable === null ? bytes(device.total) : pairOfBytes(device.total, device.usable, t, style);
  return figure(
    signOf(memory) + text,
    sumLines(partsOf(device, view), view),
    memory.buffers === undefined ? [] : [t('What llama.cpp allocates itself; the context of the driver comes on top.')],
  );
}

function termRow(term: MemoryTerm, memory: RunMemory, engine: Engine, { t, style }: View): TermRow {
  const source = termSource(engine.id, term);
  return {
    name: term.name,
    fill: fills[term.kind],
    kind: termKindNames(t)[term.kind],
    figure: figure(about(term.basis, formatBytes(term.bytes, style)), termFormula(term, memory, t, style), [
      termText(engine.id, term, t),
      ...basisNotes(term.basis, t),
      ...(term.evidence ? [`${evidenceText(term.evidence, t, style)} (${term.evidence.source})`] : []),
      ...(source === '' ? [] : [t('Rule: {0}', source)]),
    ]),
    band: bandText(term, t, style),
    basis: basisWord(term.basis, t),
  };
}

/** Tokens that a pool holds, where the engine divides what is left. */
function poolOf(memory: RunMemory, { t, style }: View): Figure | null {
  const { pool, engine } = memory;
  if (!dividesRest(engine) || pool?.tokens == null) return null;
  const { bytes, whole, decimals } = writers(style);
  const cache = memory.terms.filter(({ kind }) => kind === 'cache');
  return figure(
    `${signOf(memory)}${t('{0} tokens', whole(pool.tokens))}`,
    [
      ...(cache[0] ? termFormula(cache[0], memory, t, style).slice(0, -1) : []),
      `= ${bytes(pool.bytes)}`,
      ...(pool.tokens > 0 ? [`${bytes(pool.bytes)} ÷ ${whole(pool.tokens)} = ${decimals(pool.bytes / pool.tokens / 1024, 1)} KiB`] : []),
    ],
    pool.maxConcurrency === null
      ? []
      : [t('{0} sequences of the length that it is started with, as the engine prints it.', decimals(pool.maxConcurrency, 2))],
  );
}

function reachOf(
  { longest, users }: EngineReach,
  memory: RunMemory,
  { context }: RunAsked,
  view: View,
): Pick<EngineRunView, 'longest' | 'longestBound' | 'users' | 'usersAt'> {
  const { t, style } = view;
  const { tokens, whole } = writers(style);
  const sign = signOf(memory);
  const tried = t('Found by asking the engine again with other lengths, all else as above.');
  const text = longest && (longest.tokens === 'any' ? t('any') : longest.tokens === 0 ? t('none') : tokens(longest.tokens));
  const count =
    users && (users.count === 'any' ? t('any number') : users.count === 0 ? t('none') : whole(users.count) + (users.atLeast ? '+' : ''));
  return {
    longest: text === null ? null : figure(longest?.by === 'memory' && longest.tokens !== 0 ? sign + text : text, [], [tried]),
    longestBound: longest === null || longest.tokens === 'any' ? '' : boundText(longest.by, view),
    users:
      count === null
        ? null
        : figure(
            users?.count === 'any' || users?.count === 0 ? count : sign + count,
            [],
            [tried, ...(users?.atLeast ? [t('More were not tried.')] : [])],
          ),
    usersAt: t('at {0} tokens each', tokens(context)),
  };
}

/** Numbers of devices among which tensors can be cut, and why not among others. */
function degreesFigure({ analysis, weights, t, style }: View): Figure | null {
  const all = remembered(analysis, ['degrees', weights.precision], () => {
    try {
      return degreesOf(analysis, weights.precision).filter(({ kind }) => kind === 'tensor');
    } catch {
      return [];
    }
  });
  if (all.length === 0) return null;
  const legal = all.filter(({ refused }) => refused === undefined);
  return figure(
    legal.map(({ degree }) => String(degree)).join(', '),
    [],
    all.flatMap(({ degree, refused }) =>
      refused
        ? [`${String(degree)}: ${runNoteText({ code: `refused-${refused.code}`, refused: true, values: refused.values }, t, style)}`]
        : [],
    ),
  );
}

function rowOf(view: View, engine: Engine, choice: EngineChoice, asked: RunAsked): EngineRow {
  const { analysis, t, style } = view;
  const { bytes, whole } = writers(style);
  const isChosen = choice.kind === 'chosen' && choice.engine.id === engine.id;
  const run = engineRun(analysis, isChosen ? choice : { engine, version: undefined, options: {} }, asked);
  const { memory, problem } = run;
  const base = { id: engine.id, title: engine.title, version: versionText(engine.id, memory?.version ?? engine.newest), chosen: isChosen };
  const told = run.flags.filter(({ origin }) => origin !== 'default').map(({ name, value }) => `${name} ${flagValueText(value)}`);
  const words = [differenceText(engine.id, t), ...(told.length > 0 ? [t('Started with {0}', told.join(', '))] : [])].filter(
    (text) => text !== '',
  );
  const device = memory && fullestOf(memory);
  if (!memory || !device) {
    const why = problem ? engineProblemText(problem, t, style) : t('no answer');
    return {
      ...base,
      problem: why,
      weights: '',
      cache: '',
      others: '',
      total: '',
      verdict: 'unknown',
      verdictText: '',
      tokens: '',
      measured: '',
      words,
    };
  }
  const verdict = verdictOf(memory, device);
  const host = memory.perDevice.filter(({ device: name }) => isHost(name)).reduce((sum, { total }) => sum + total, 0);
  return {
    ...base,
    problem: '',
    weights: bytes(device.weights),
    cache: bytes(device.cache),
    others: bytes(device.activations + device.graphs + device.nonTorch + device.buffers),
    total: signOf(memory) + bytes(device.total),
    verdict,
    verdictText: verdictWord(verdict, memory, view),
    tokens: memory.pool?.tokens == null ? '–' : whole(memory.pool.tokens),
    measured: followsLog(run, asked) ? t('measured here') : '',
    words: [...words, ...notesOf(run, view).map(({ text }) => text), ...(host > 0 ? [t('{0} more in host memory', bytes(host))] : [])],
  };
}
