import { isObject, type JsonObject, type JsonValue } from '../../config/json';
import { sglang } from '../engines/sglang/sglang';
import { printedBytes, printedCount } from './lines';
import { pythonValue } from './pythonValue';
import { Figures, knownFlags, Starts, type EngineReader, type StartupLog } from './startupLog';

const telling =
  /server_args=|Load weight|load weight|KV Cache is allocated|Mamba Cache is allocated|SWAKVPool|apture |max_total_num_tokens=|sglang|SGLang|device_name=/;

/** "[2025-05-15 08:39:36 DP0 TP1 EP1]": what is printed without ranks counts as the first rank's. */
function rankOf(line: string): number {
  const prefix = /\[[^[\]]{0,80}\b(?:TP|PP|DP)\d+[^[\]]{0,80}\]/.exec(line)?.[0] ?? '';
  const part = (name: string): number => Number(new RegExp(`\\b${name}(\\d{1,4})`).exec(prefix)?.[1] ?? 0);
  return part('DP') * 1e8 + part('PP') * 1e4 + part('TP');
}

interface State {
  args: JsonObject | undefined;
  device: string | undefined;
  /** Loads of the first rank: the model, then a draft model. */
  loads: number;
  readonly figures: Figures;
}

const begin = (): State => ({ args: undefined, device: undefined, loads: 0, figures: new Figures() });

/**
 * SGLang's own lines: python/sglang/srt/model_executor/model_runner.py, mem_cache/memory_pool.py and managers/scheduler.py, 0.4 to
 * 0.5.15. What it prints as GB are GiB.
 */
export function sglangReader(): EngineReader {
  const starts = new Starts(begin());
  let version: string | undefined;

  return {
    add(line) {
      if (!telling.test(line)) return;
      version ??= /\bsglang(?:==| version:? |-| v)v?(\d+\.\d+\.\d+[\w.]*)/i.exec(line)?.[1]?.replace(/\.$/, '');
      const args = line.indexOf('server_args=');
      if (args >= 0) {
        const read = pythonValue(line, args + 'server_args='.length);
        if (!starts.current.figures.isEmpty) starts.begin(begin());
        if (isObject(read)) starts.current.args = read;
        return;
      }
      readFigures(starts.current, line, rankOf(line));
    },
    starts: () => starts.all().map((start) => startOf(start, version)),
  };
}

function readFigures(state: State, line: string, rank: number): void {
  const { figures } = state;
  const sized = (pattern: RegExp) => printedBytes(pattern.exec(line)?.[1], 'GB', 2);
  const device = /device_name=([\w.-]+?)(?:,|\.json|$|\s)/.exec(line)?.[1];
  if (device !== undefined) state.device = device.replaceAll('_', ' ');
  const free = /avail mem ?= ?([\d.]+) GB/;
  if (/Load weight begin/.test(line)) figures.first('free', 'bytes', sized(free), rank);
  if (/Load weight end/.test(line)) readLoad(state, line, rank);
  if (/KV Cache is allocated/.test(line)) {
    figures.first('kCache', 'bytes', sized(/\bK size: ([\d.]+) GB/), rank);
    figures.first('vCache', 'bytes', sized(/\bV size: ([\d.]+) GB/), rank);
    figures.first('cache', 'bytes', sized(/\bKV size: ([\d.]+) GB/), rank);
  }
  if (/SWAKVPool mem usage/.test(line)) figures.first('cache', 'bytes', sized(/SWAKVPool mem usage: ([\d.]+) GB/), rank);
  if (/Mamba Cache is allocated/.test(line) && figures.get('mamba') === undefined) {
    for (const [, number] of line.matchAll(/(?:conv_state|ssm_state|temporal_state) size: ?([\d.]+) ?GB/g))
      figures.add('mamba', 'bytes', printedBytes(number, 'GB', 2));
  }
  // Newer releases name what is captured; the decoding graphs of the model itself are the ones that every release has.
  if (/Capture (?:cuda graph|target decode CUDA graph|target verify CUDA graph) end/.test(line))
    figures.first('graphs', 'bytes', sized(/mem usage=([\d.]+) GB/), rank);
  const tokens = /max_total_num_tokens=(\d+)/.exec(line)?.[1];
  if (tokens !== undefined) figures.first('tokens', 'tokens', printedCount(tokens), rank);
}

/** What loading took, as printed or by the free memory before and after; of a draft model it is added where it is printed. */
function readLoad(state: State, line: string, rank: number): void {
  const { figures } = state;
  if (rank !== 0) return;
  const used = printedBytes(/mem usage=(-?[\d.]+) GB/.exec(line)?.[1], 'GB', 2);
  state.loads++;
  if (state.loads > 1) {
    if (used && used.value > 0) figures.add('weights', 'bytes', used);
    return;
  }
  const after = printedBytes(/avail mem=([\d.]+) GB/.exec(line)?.[1], 'GB', 2);
  const before = figures.get('free');
  const difference = before && after ? { value: before.value - after.value, half: before.half + after.half } : undefined;
  figures.first('weights', 'bytes', used ?? difference);
}

function startOf({ args = {}, device, loads, figures }: State, version: string | undefined): StartupLog {
  const flags = knownFlags(sglang.flags, args as Readonly<Record<string, JsonValue | undefined>>);
  const model = args['model_path'];
  const free = figures.get('free')?.value;
  return {
    engine: 'sglang',
    version,
    options: flags.options,
    // What is printed are the values after defaults were filled in.
    statesAllFlags: Object.keys(args).length > 20,
    unknownFlags: Object.keys(args).length > 20 ? [] : flags.unknown,
    devices: [{ ...(device !== undefined && { title: device }), ...(free !== undefined && { free }) }],
    model: { name: typeof model === 'string' ? model : undefined, fileType: undefined, gguf: undefined },
    figures: figures.list().filter(({ name }) => name !== 'free'),
    traits: loads > 1 ? ['draft-loaded'] : [],
  };
}
