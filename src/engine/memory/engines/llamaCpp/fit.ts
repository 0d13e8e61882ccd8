import type { FlagValues } from '../flags';

const MiB = 2 ** 20;

/** What the fitting asks of a start. */
export interface FitQuestion {
  readonly options: FlagValues;
  /** Bytes that are free on each device. */
  readonly free: readonly number[];
  readonly blocks: number;
  readonly hasExperts: boolean;
  /** Tokens that the model was made for. */
  readonly trained: number;
  /** Sequences that have a share of the context each; 1 where they share it. */
  readonly streams: number;
  readonly splitMode: 'none' | 'layer' | 'row';
  /** Names of the devices' buffers ("CUDA0"). */
  readonly names: readonly string[];
  /** Bytes that a start with these options takes on each device, and the weights among them. */
  measure(options: FlagValues): { readonly used: readonly number[]; readonly model: number };
}

/** Flags that the fitting sets, and why it stopped before everything fits. */
export interface Fit {
  readonly options: FlagValues;
  readonly context: number | undefined;
  /** Layers on each device, the output counted as one, and how many of them leave their experts to others. */
  readonly layers: readonly LayersOn[] | undefined;
  readonly stopped?: 'fit-layers-set' | 'fit-split-set' | 'fit-overrides-set' | 'fit-row-split';
}

export interface LayersOn {
  readonly layers: number;
  readonly partial: number;
}

/** Of the first partial layer of a device, what goes elsewhere; of all others the experts. */
type Overflow = 'experts' | 'attention' | 'up' | 'gate';

interface Filled {
  layers: number;
  partial: number;
  overflow: Overflow;
  /** The device that takes what the first partial layer leaves; `undefined`: the CPU. */
  to: number | undefined;
}

const patterns: Readonly<Record<Overflow, string>> = {
  experts: 'ffn_(up|down|gate_up|gate)_(ch|)exps',
  attention: 'ffn_(gate|up|gate_up|down)',
  up: 'ffn_(gate|gate_up|down)',
  gate: 'ffn_down',
};

/**
 * `--fit`: which context and layers llama.cpp chooses for itself so that each device keeps `--fit-target` (1024 MiB) free
 * (ggml-org/llama.cpp common/fit.cpp at 08033df, common_params_fit_impl; src/llama.cpp before). The context is shortened first, to
 * `--fit-ctx` (4096) at the least; then whole layers fill devices from the last to the first, the experts of a mixture left to the
 * CPU; then layers get their experts back from the front. Each number of layers is found by the method of false position over
 * trial allocations, which the rules for buffers stand in for.
 *
 * @returns `undefined` where everything fits as it is
 */
export function fitTo(question: FitQuestion): Fit | undefined {
  const { options, free, streams, trained } = question;
  const target = numberOf(options['fit-target']) ?? 1024;
  const targets = free.map((bytes) => bytes - target * MiB);
  const full = question.measure(options);
  if (full.used.every((used, at) => used <= (targets[at] ?? 0))) return undefined;
  const deficit = sum(full.used) - sum(targets);
  let context: number | undefined;
  let own: FlagValues = options;
  if (deficit > 0 && options['ctx-size'] === undefined) {
    const most = trained * streams;
    const least = leastContext(options) * streams;
    if (most > least) {
      const shorter = question.measure({ ...options, 'ctx-size': least });
      const usedAtMost = sum(full.used);
      const usedAtLeast = sum(shorter.used);
      // Whole layers go to devices, of which some half is wasted on each.
      const waste =
        free.length > 1 ? Math.trunc(((free.length + 1) * Math.trunc(full.model / question.blocks)) / (question.hasExperts ? 6 : 2)) : 0;
      const room = sum(targets) - waste;
      const fits = room > usedAtLeast && usedAtMost > usedAtLeast;
      const between = fits ? Math.trunc(((most - least) * (room - usedAtLeast)) / (usedAtMost - usedAtLeast)) : 0;
      const aligned = 256 * streams;
      context = fits ? Math.max(least + between - ((least + between) % aligned), least) : least;
      own = { ...options, 'ctx-size': context };
      if (fits && free.length === 1) return { options: own, context, layers: undefined };
    }
  }
  const stopped = stopOf(question);
  if (stopped) return { options: own, context, layers: undefined, stopped };
  const filled = fillLayers({ ...question, options: own }, targets);
  return {
    options: { ...own, ...flagsOf(question, filled) },
    context,
    layers: filled.map(({ layers, partial }) => ({ layers, partial })),
  };
}

/** Whether layers may be left to the CPU, or else the shortest context fits. */
export function canFit(question: FitQuestion): boolean {
  if (!stopOf(question)) return true;
  const { options, free, streams, trained } = question;
  if (options['ctx-size'] !== undefined) return false;
  const { used } = question.measure({ ...options, 'ctx-size': Math.min(leastContext(options), trained) * streams });
  return used.every((own, at) => own <= (free[at] ?? 0));
}

/** How many layers there is room for, devices filled from the last to the first with layers from the last to the first. */
export function layersThatFit(layers: readonly number[], rooms: readonly number[]): number {
  let at = layers.length;
  for (let room of [...rooms].reverse()) while (at > 0 && (room -= layers[at - 1] ?? 0) >= 0) at--;
  return layers.length - at;
}

const leastContext = (options: FlagValues): number => numberOf(options['fit-ctx']) ?? 4096;

/** Flags under which llama.cpp leaves the layers alone. */
function stopOf({ options, free, splitMode }: FitQuestion): Fit['stopped'] {
  if (options['gpu-layers'] !== undefined && options['gpu-layers'] !== 'auto') return 'fit-layers-set';
  if (free.length > 1 && options['tensor-split'] !== undefined) return 'fit-split-set';
  if (free.length > 1 && splitMode === 'row') return 'fit-row-split';
  const overridden = ['override-tensor', 'cpu-moe', 'n-cpu-moe'].some((flag) => options[flag] !== undefined);
  return overridden ? 'fit-overrides-set' : undefined;
}

/** Steps 3 and 4 of common_params_fit_impl. */
function fillLayers(question: FitQuestion, targets: readonly number[]): readonly Filled[] {
  const { blocks, hasExperts, free, options, measure } = question;
  const count = free.length;
  const last = count - 1;
  const use = (filled: readonly Filled[]): readonly number[] => measure({ ...options, ...flagsOf(question, filled) }).used;
  let state: Filled[] = free.map(() => ({ layers: 0, partial: 0, overflow: 'experts', to: undefined }));
  let used = use(state);
  const within = (memory: readonly number[], at: number): boolean => (memory[at] ?? 0) <= (targets[at] ?? 0);
  const changed = (at: number, change: Partial<Filled>): Filled[] =>
    state.map((each, index) => (index === at ? { ...each, ...change } : each));
  for (let at = last; at >= 0; at--) {
    const rest = blocks + 1 - state.slice(at + 1).reduce((total, { layers }) => total + layers, 0);
    if (rest === 0) continue;
    const partOf = (layers: number): number => (hasExperts ? (at === last ? layers - 1 : layers) : 0);
    let high = rest;
    const all = changed(at, { layers: rest, partial: partOf(rest) });
    let highUse = use(all);
    if (within(highUse, at)) {
      [state, used] = [all, highUse];
      continue;
    }
    for (let gap = high; gap > 1; gap = high - (state[at]?.layers ?? 0)) {
      const now = state[at]?.layers ?? 0;
      const layers = now + stepOf(gap, (targets[at] ?? 0) - (used[at] ?? 0), (highUse[at] ?? 0) - (used[at] ?? 0));
      const tried = changed(at, { layers, partial: partOf(layers) });
      const trial = use(tried);
      if (within(trial, at)) [state, used] = [tried, trial];
      else [high, highUse] = [layers, trial];
    }
  }
  if (!hasExperts) return state;
  const moved = measure({ ...options, 'cpu-moe': true });
  if (sum(moved.used) >= sum(targets)) return state;
  return giveExpertsBack(question, targets, state, used, use);
}

/** Of the way between two numbers of layers, as far as memory grows evenly; never none and never all. */
function stepOf(gap: number, room: number, growth: number): number {
  const step = growth > 0 ? Math.trunc((gap * room) / growth) : gap - 1;
  return Math.min(Math.max(step, 1), gap - 1);
}

/** Layers without experts at the back become whole ones at the front, device by device, and a part of one more where it fits. */
function giveExpertsBack(
  { free }: FitQuestion,
  targets: readonly number[],
  dense: Filled[],
  denseUse: readonly number[],
  use: (filled: readonly Filled[]) => readonly number[],
): readonly Filled[] {
  const last = free.length - 1;
  let state = dense;
  let used = denseUse;
  let start = state.findIndex(({ layers }) => layers > 0);
  if (start === -1) return state;
  const whole = (filled: readonly Filled[], at: number): number => (filled[at]?.layers ?? 0) - (filled[at]?.partial ?? 0);
  for (let at = 0; at <= start; at++) {
    const convert = (wanted: number): readonly [Filled[], number] => {
      const next = state.map((each) => ({ ...each }));
      const mine = next[at] as Filled;
      let from = start;
      let done = 0;
      for (; from <= last; from++) {
        const giver = next[from] as Filled;
        const some = Math.min(wanted - done, giver.partial);
        giver.layers -= some;
        giver.partial -= some;
        mine.layers += some;
        done += some;
        if (giver.partial > 0) break;
      }
      return [next, Math.min(from, last)];
    };
    const partials = state.reduce((total, { partial }) => total + partial, 0);
    const [all, allStart] = convert(partials);
    let highUse = use(all);
    if ((highUse[at] ?? 0) <= (targets[at] ?? 0)) {
      [state, used, start] = [all, highUse, allStart];
    } else {
      let high = whole(all, at);
      for (let gap = high - whole(state, at); gap > 1; gap = high - whole(state, at)) {
        const step = stepOf(gap, (targets[at] ?? 0) - (used[at] ?? 0), (highUse[at] ?? 0) - (used[at] ?? 0));
        const [tried, triedStart] = convert(step);
        const trial = use(tried);
        if ((trial[at] ?? 0) <= (targets[at] ?? 0)) [state, used, start] = [tried, trial, triedStart];
        else [high, highUse] = [whole(tried, at), trial];
      }
    }
    const giver = state[start] as Filled;
    if (giver.partial === 0 || giver.layers <= (at < last ? 0 : 1)) continue;
    const withPart = (overflow: Overflow): Filled[] => {
      const next = state.map((each) => ({ ...each }));
      const from = next[start] as Filled;
      from.layers--;
      from.partial--;
      const mine = next[at] as Filled;
      mine.layers++;
      mine.partial++;
      mine.overflow = overflow;
      mine.to = at < last ? at + 1 : undefined;
      return next;
    };
    const fits = (filled: readonly Filled[]): boolean => {
      const trial = use(filled);
      return [at, at + 1].every((index) => index > last || (trial[index] ?? 0) < (targets[index] ?? 0));
    };
    const kind = fits(withPart('up')) ? (fits(withPart('gate')) ? 'gate' : 'up') : fits(withPart('attention')) ? 'attention' : undefined;
    if (kind === undefined) continue;
    state = withPart(kind);
    used = use(state);
    while (start < last && (state[start]?.partial ?? 0) === 0) start++;
  }
  return state;
}

/** The flags that say the same: layers, their split, and the tensors of partial layers by their blocks. */
function flagsOf({ blocks, names }: FitQuestion, filled: readonly Filled[]): FlagValues {
  const layers = filled.reduce((total, each) => total + each.layers, 0);
  const rules: string[] = [];
  const toCpu: number[] = [];
  let at = blocks + 1 - layers;
  for (const { layers: own, partial, overflow, to } of filled) {
    at += own - partial;
    for (let part = 0; part < partial; part++) {
      if (part > 0 || overflow === 'experts') toCpu.push(at + part);
      else rules.push(`blk\\.${String(at)}\\.${patterns[overflow]}=${to === undefined ? 'CPU' : (names[to] ?? 'CPU')}`);
    }
    at += partial;
  }
  if (toCpu.length > 0) rules.push(`blk\\.(${toCpu.join('|')})\\.${patterns.experts}=CPU`);
  return {
    'gpu-layers': String(layers),
    ...(filled.length > 1 && layers > 0 && { 'tensor-split': filled.map((each) => each.layers) }),
    ...(rules.length > 0 && { 'override-tensor': rules.join(',') }),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const numberOf = (value: FlagValues[string] | undefined): number | undefined => {
  const number = Number(typeof value === 'string' ? value.split(',')[0] : value);
  return value === undefined || !Number.isFinite(number) ? undefined : number;
};
