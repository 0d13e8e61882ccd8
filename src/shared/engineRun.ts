/** One start of the engine that a person has chosen, for the model, device and precision that the estimate is about. */
import {
  answerRun,
  answerWithProfile,
  bestProfile,
  engines,
  findEngine,
  machineOf,
  readFlags,
  type Analysis,
  type CacheDtype,
  type Engine,
  type EngineId,
  type FlagValue,
  type FlagValues,
  type JsonObject,
  type RunMemory,
  type Target,
} from '../engine/index';
import { manners, type Manner } from './engineManners';

/** As the settings have it; whatever is there is read, and said if it cannot be used. */
export interface EngineSettings {
  /** `none`, or the id of an engine. */
  readonly engine: string;
  /** Empty: the newest that is known. */
  readonly engineVersion: string;
  /** An object of the engine's own flags. */
  readonly engineOptions: unknown;
}

export interface ChosenEngine {
  readonly engine: Engine;
  readonly version: string | undefined;
  /** By the long names of its flags. */
  readonly options: FlagValues;
}

/** Why there is no answer: a stable code, and what it is about. */
export interface EngineProblem {
  readonly code: string;
  readonly engine: Engine | undefined;
  /** The flag, name or version that is wrong, as it was written. */
  readonly subject: string;
  /** In English, with more than the code says. */
  readonly message: string;
  /** What the message names. */
  readonly values?: Readonly<Record<string, string | number>>;
}

export type EngineChoice =
  { readonly kind: 'none' } | ({ readonly kind: 'chosen' } & ChosenEngine) | { readonly kind: 'wrong'; readonly problem: EngineProblem };

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The engine of the settings, or what is wrong with them: nothing is left out or taken for something else. */
export function readEngine({ engine: name, engineVersion, engineOptions }: EngineSettings): EngineChoice {
  if (name === 'none' || name === '') return { kind: 'none' };
  const engine = findEngine(name);
  const wrong = (code: string, subject: string, message: string): EngineChoice => ({
    kind: 'wrong',
    problem: { code, engine, subject, message },
  });
  if (!engine) return wrong('engine-unknown', name, `engine takes one of ${engines.map(({ id }) => id).join(', ')}`);
  if (!isObject(engineOptions)) return wrong('options-kind', String(engineOptions), 'engineOptions takes an object of flags');
  const flags = readFlags(engine.flags, engineOptions);
  if ('problem' in flags) return wrong(flags.problem.code, flags.problem.flag, flags.problem.message);
  return { kind: 'chosen', engine, version: engineVersion.trim() || undefined, options: flags.values };
}

/** What a run is asked for beside its engine. */
export interface RunAsked {
  readonly target: Target | undefined;
  /** `checkpoint` or a preset. */
  readonly weights: string;
  /** Tokens of each sequence. */
  readonly context: number;
  readonly batch: number;
  readonly kvDtype: CacheDtype | 'auto';
}

export interface RunFlag {
  readonly name: string;
  readonly value: FlagValue;
  /** `own`: from the settings; `estimate`: what context, batch, cache type and devices come to; `default`: the engine's. */
  readonly origin: 'own' | 'estimate' | 'default';
}

export interface EngineRun {
  readonly chosen: ChosenEngine;
  readonly flags: readonly RunFlag[];
  readonly memory: RunMemory | undefined;
  readonly problem: EngineProblem | undefined;
  /** The type of the cache that the estimate asks for, where the engine has none like it. */
  readonly cacheTypeLeft: CacheDtype | undefined;
}

/** How far a run reaches. `null`: not known, or the engine refuses for another reason than memory. */
export interface EngineReach {
  /** Longest context that it starts with; `any` where nothing grows and the model sets no limit. */
  readonly longest: { readonly tokens: number | 'any'; readonly by: 'memory' | 'model' } | null;
  /** Sequences of the asked context that its cache holds at once; `atLeast` where the engine takes no more. */
  readonly users: { readonly count: number | 'any'; readonly atLeast: boolean } | null;
}

/** Tokens that a model is asked about: no more than it was made for. */
const bounded = ({ contextLimit }: Analysis, tokens: number): number => Math.min(tokens, contextLimit ?? tokens);

/** Sequences that llama.cpp takes at most; more are tried of no engine that is told of a number. */
const mostSequences = 256;

/** The run of a chosen engine; flags that nobody has set follow the estimate where it says anything of them. */
export function engineRun(analysis: Analysis, chosen: ChosenEngine, asked: RunAsked): EngineRun {
  return remembered(analysis, ['run', keyOf(chosen), keyOf(asked)], () => {
    const { engine, version, options: own } = chosen;
    const manner = manners[engine.id];
    const followed = manner ? estimateFlags(analysis, manner, own, asked) : {};
    const options = { ...followed, ...own };
    const answer = startOf(analysis, chosen, asked, options);
    const defaults = 'problem' in answer ? {} : defaultsOf(analysis, engine, version, asked);
    const originOf = (name: string): RunFlag['origin'] =>
      Object.hasOwn(own, name) ? 'own' : Object.hasOwn(followed, name) ? 'estimate' : 'default';
    const flags = Object.entries({ ...defaults, ...options }).map(([name, value]) => ({ name, value, origin: originOf(name) }));
    return {
      chosen,
      flags,
      memory: 'memory' in answer ? answer.memory : undefined,
      problem:
        'problem' in answer
          ? {
              ...answer.problem,
              engine,
              subject: answer.problem.code === 'version-unknown' ? (version ?? '') : answer.problem.path.replace(/^options\./, ''),
            }
          : undefined,
      cacheTypeLeft:
        asked.kvDtype !== 'auto' && manner?.cacheTypes[asked.kvDtype] === undefined && !manner?.cacheFlags.some((flag) => flag in own)
          ? asked.kvDtype
          : undefined,
    };
  });
}

function estimateFlags(analysis: Analysis, manner: Manner, own: FlagValues, asked: RunAsked): FlagValues {
  const cacheType = asked.kvDtype === 'auto' ? undefined : manner.cacheTypes[asked.kvDtype];
  const devices = asked.target ? machineOf(asked.target.device, asked.target.count).count : 1;
  return {
    ...manner.lengths({ context: bounded(analysis, asked.context), sequences: asked.batch }, own),
    ...(cacheType === undefined ? {} : Object.fromEntries(manner.cacheFlags.map((flag) => [flag, cacheType]))),
    ...(manner.spread !== undefined && devices > 1 && !manner.spreads.some((flag) => flag in own) ? { [manner.spread]: devices } : {}),
  };
}

function startOf(analysis: Analysis, { engine, version }: ChosenEngine, { target, weights }: RunAsked, options: FlagValues) {
  const request = {
    engine,
    version,
    device: target?.device,
    count: target?.count ?? 1,
    memory: undefined,
    weights,
    options: options as JsonObject,
  };
  const ranks = machineOf(request.device, request.count).count;
  const profile = bestProfile(target?.device.profiles ?? [], engine.id, version ?? engine.newest, ranks);
  return profile ? answerWithProfile(analysis, request, profile) : answerRun(analysis, request);
}

/** What the usual flags are where nobody sets them; nothing where the engine refuses to say. */
export function defaultsOf(analysis: Analysis, engine: Engine, version: string | undefined, { target, weights }: RunAsked): FlagValues {
  const machine = machineOf(target?.device, target?.count ?? 1);
  try {
    return engine.defaults({ analysis, weights, engine: engine.id, version, machine, options: {} });
  } catch {
    return {};
  }
}

/** How long a context the engine starts with, and how many sequences of the asked one it holds. */
export function engineReach(analysis: Analysis, chosen: ChosenEngine, asked: RunAsked): EngineReach {
  return remembered(analysis, ['reach', keyOf(chosen), keyOf(asked)], () => {
    const manner = manners[chosen.engine.id];
    if (!manner || !asked.target) return { longest: null, users: null };
    const base = { ...estimateFlags(analysis, manner, chosen.options, asked), ...chosen.options };
    const runAt = (context: number, sequences: number): RunMemory | undefined => {
      const answer = startOf(analysis, chosen, asked, { ...base, ...manner.lengths({ context, sequences }, {}) });
      return 'memory' in answer ? answer.memory : undefined;
    };
    return {
      longest: longestOf(analysis, manner, (context) => takenShare(runAt(context, manner.fixed ? asked.batch : 1), manner)),
      users: usersOf(manner, bounded(analysis, asked.context), runAt),
    };
  });
}

/** Most tokens that are tried where a model sets no limit. */
const unlimited = 2 ** 22;

function longestOf(
  { contextLimit }: Analysis,
  { grain }: Manner,
  shareAt: (context: number) => number | undefined,
): EngineReach['longest'] {
  const most = contextLimit ?? unlimited;
  const atMost = shareAt(most);
  if (atMost === undefined) return null;
  if (atMost <= 1) return { tokens: contextLimit ?? 'any', by: 'model' };
  return { tokens: largest(grain, most, shareAt, atMost), by: 'memory' };
}

function usersOf(
  manner: Manner,
  context: number,
  runAt: (context: number, sequences: number) => RunMemory | undefined,
): EngineReach['users'] {
  if (!manner.fixed) {
    const run = runAt(context, 1);
    const share = takenShare(run, manner);
    if (run === undefined || share === undefined) return null;
    const held = run.pool?.maxConcurrency ?? null;
    if (held === null || keepsNothing(run)) return { count: 'any', atLeast: false };
    const running = run.notes.find(({ code }) => code === 'max-running-requests')?.values['requests'];
    const capped = typeof running === 'number' && running < held;
    return { count: Math.floor(capped ? running : held), atLeast: false };
  }
  const shareAt = (sequences: number): number | undefined => takenShare(runAt(context, sequences), manner);
  const atMost = shareAt(mostSequences);
  if (atMost === undefined) return null;
  return atMost <= 1 ? { count: mostSequences, atLeast: true } : { count: largest(1, mostSequences, shareAt, atMost), atLeast: false };
}

/** Notes that say that memory is short, which is what a search is about. */
const shortages: ReadonlySet<string> = new Set(['context-does-not-fit', 'no-memory-for-cache', 'llama-does-not-fit', 'does-not-fit']);

/** Whether an engine gives its cache whatever is left, where others take what they are told of. */
export const dividesRest = (id: EngineId): boolean => manners[id]?.fixed === false;

export const isShortage = (code: string): boolean => shortages.has(code);

/** How much of what is there a run takes, 1 being all; `undefined` where it is refused for something else or memory is not known. */
function takenShare(memory: RunMemory | undefined, { fixed }: Manner): number | undefined {
  if (!memory || memory.notes.some(({ refused, code }) => refused && !isShortage(code))) return undefined;
  if (fixed) {
    const shares = memory.perDevice.flatMap(({ total, usable }) => (usable === null ? [] : [total / usable]));
    return shares.length === 0 ? undefined : Math.max(...shares);
  }
  if (!memory.pool) return undefined;
  const held = memory.pool.maxConcurrency;
  return held === null || keepsNothing(memory) ? (isOver(memory) ? Infinity : 0) : held > 0 ? 1 / held : Infinity;
}

/** Whether a run has no pool and misses none. */
const keepsNothing = ({ pool, notes }: RunMemory): boolean => pool?.maxConcurrency === 0 && !notes.some(({ code }) => isShortage(code));

/** Whether a run takes more than a device has. */
export const isOver = ({ perDevice }: RunMemory): boolean => perDevice.some(({ total, usable }) => usable !== null && total > usable);

/**
 * The largest number whose share is at most 1, in steps of `grain`; 0 where not even the first is. Shares grow almost evenly, so
 * that a straight line between two of them lands close.
 */
function largest(grain: number, above: number, shareAt: (value: number) => number | undefined, shareAbove: number): number {
  let [low, shareLow] = [grain, shareAt(grain) ?? Infinity];
  let [high, shareHigh] = [above, shareAbove];
  if (shareLow > 1) return 0;
  for (let turn = 0; turn < 40 && high - low > grain; turn++) {
    const line = Number.isFinite(shareHigh) ? low + ((1 - shareLow) / (shareHigh - shareLow)) * (high - low) : (low + high) / 2;
    const aimed = turn % 4 === 3 ? (low + high) / 2 : line;
    const value = Math.min(Math.ceil(high / grain) * grain - grain, Math.max(low + grain, Math.floor(aimed / grain) * grain));
    const share = shareAt(value) ?? Infinity;
    if (share <= 1) [low, shareLow] = [value, share];
    else [high, shareHigh] = [value, share];
  }
  return low;
}

/** Answers by model: surfaces ask for the same again and again. */
const known = new WeakMap<Analysis, Map<string, unknown>>();
/** Beyond these the answers of a model are forgotten: whoever drags a control asks for many. */
const mostKnown = 400;

/** What was computed for a model under a key, computed once. */
export function remembered<T>(analysis: Analysis, key: readonly unknown[], compute: () => T): T {
  const text = JSON.stringify(key);
  let answers = known.get(analysis);
  if (!answers || answers.size > mostKnown) known.set(analysis, (answers = new Map()));
  if (!answers.has(text)) answers.set(text, compute());
  return answers.get(text) as T;
}

/** Whether an answer is known already. */
export const isRemembered = (analysis: Analysis, key: readonly unknown[]): boolean =>
  known.get(analysis)?.has(JSON.stringify(key)) === true;

const isChosen = (value: ChosenEngine | RunAsked): value is ChosenEngine => 'engine' in value;

function keyOf(value: ChosenEngine | RunAsked): unknown {
  if (isChosen(value)) return [value.engine.id, value.version, value.options];
  const { target, ...others } = value;
  return [others, target && [target.device.name, target.device.usable?.bytes, target.device.profiles, target.count]];
}
