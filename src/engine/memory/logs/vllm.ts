import { isObject, type JsonObject, type JsonValue } from '../../config/json';
import { vllm } from '../engines/vllm/vllm';
import { printedBytes, printedCount } from './lines';
import { pythonValue } from './pythonValue';
import { Figures, knownFlags, Starts, type EngineReader, type LogDevice, type StartupLog } from './startupLog';

/** What every line of use holds; all others are passed over. */
const telling =
  /vLLM API server version|LLM engine \(v|non-default args|Model loading took|KV cache|Maximum concurrency|Graph capturing|CUDA ?[Gg]raph|Memory profiling takes|Free memory on device|Initial free memory|max_num_batched_tokens=|device_name=|Starting vLLM/;

const size = String.raw`([\d.]{1,20}) ?(GiB|MiB|KiB)`;
/** Digits after the point before zeros at the end are dropped (vllm/utils/mem_utils.py, format_gib). */
const digits = 2;

/**
 * Numbers ranks so that the first of the first stage comes first; what no worker prints counts as its own
 * ("(Worker_PP0_TP1 pid=12)", "(EngineCore_DP0 pid=3)", "(VllmWorker rank=1 pid=4)").
 */
function rankOf(line: string): number {
  const prefix = /\((?:[A-Za-z]*Worker|EngineCore)[^()]*\)/.exec(line)?.[0] ?? '';
  const part = (name: string): number => Number(new RegExp(`${name}(\\d{1,4})`).exec(prefix)?.[1] ?? 0);
  return part('DP') * 1e8 + part('PP') * 1e4 + part('TP') + part('rank=');
}

interface State {
  version: string | undefined;
  device: string | undefined;
  total: number | undefined;
  free: number | undefined;
  /** As asked ("non-default args"), and as the engine has it ("with config"). */
  asked: JsonObject | undefined;
  config: JsonObject | undefined;
  tokens: number | undefined;
  utilization: number | undefined;
  readonly figures: Figures;
}

const begin = (version?: string): State => ({
  version,
  device: undefined,
  total: undefined,
  free: undefined,
  asked: undefined,
  config: undefined,
  tokens: undefined,
  utilization: undefined,
  figures: new Figures(),
});

/**
 * vLLM's own lines, V1: vllm/entrypoints/utils.py (log_non_default_args), v1/engine/core.py, v1/worker/gpu_model_runner.py,
 * gpu_worker.py, vllm/utils/mem_utils.py and v1/core/kv_cache_utils.py, 0.10 to 0.33.
 */
export function vllmReader(): EngineReader {
  const starts = new Starts(begin());

  return {
    add(line) {
      if (!telling.test(line)) return;
      const version = /vLLM API server version v?(\d+\.\d+[\w.+]*)/.exec(line) ?? /LLM engine \(v(\d+\.\d+[\w.+]*)\)/.exec(line);
      const asked = line.indexOf('non-default args: ');
      // A server prints its version right before its flags; either may begin a start.
      if ((version && !starts.current.figures.isEmpty && line.includes('API server')) || (asked >= 0 && starts.current.asked))
        starts.begin(begin(starts.current.version));
      const state = starts.current;
      if (version?.[1] !== undefined) state.version = version[1].replace(/\.$/, '');
      if (asked >= 0) state.asked = objectOf(pythonValue(line, asked + 'non-default args: '.length));
      const config = line.indexOf(') with config: ');
      if (config >= 0 && line.includes('LLM engine'))
        state.config = objectOf(pythonValue(`Config(${line.slice(config + ') with config: '.length)})`));
      readFigures(state, line);
    },
    starts: () => starts.all().map(startOf),
  };
}

function readFigures(state: State, line: string): void {
  const { figures } = state;
  const rank = rankOf(line);
  const first = (name: string, pattern: string): void => {
    const [, number, unit] = new RegExp(pattern).exec(line) ?? [];
    figures.first(name, 'bytes', printedBytes(number, unit, digits), rank);
  };
  const device = /device_name=([\w.-]+?)(?:,|\.json|$|\s)/.exec(line)?.[1];
  if (device !== undefined) state.device = device.replaceAll('_', ' ');
  const tokens = /max_num_batched_tokens=(\d+)/.exec(line)?.[1];
  if (tokens !== undefined && line.includes('prefill')) state.tokens = Number(tokens);
  if (line.includes('Model loading took')) first('weights', `Model loading took ${size}`);
  if (line.includes('Memory profiling takes')) {
    first('activations', `torch peak memory increase: ${size}`);
    first('nonTorch', `non-torch forward increase memory: ${size}`);
    first('consumed', `total consumed \\(from mem_get_info\\): ${size}`);
  }
  if (line.includes('Free memory on device')) {
    const [, free, total] = /Free memory on device (?:\S+ )?\(([\d.]+)\/([\d.]+) GiB\)/.exec(line) ?? [];
    state.free ??= printedBytes(free, 'GiB')?.value;
    state.total ??= printedBytes(total, 'GiB')?.value;
    const share = /GPU memory utilization is \(([\d.]+),/.exec(line)?.[1];
    if (share !== undefined) state.utilization ??= Number(share);
    first('consumed', `${size} for consumed memory`);
    first('activations', `${size} for peak activation`);
    first('nonTorch', `${size} for non-torch memory`);
    first('graphs', `${size} for CUDAGraph memory`);
  }
  if (line.includes('Graph capturing finished')) first('graphs', `Graph capturing finished in [\\d.]+ secs?, took ${size}`);
  if (line.includes('KV cache') || line.includes('Maximum concurrency')) readPool(figures, line);
}

/** Ranks plan alike, for the one that has least room. */
function readPool(figures: Figures, line: string): void {
  const [, pool, unit] = new RegExp(`Available KV cache memory: ${size}`).exec(line) ?? [];
  figures.least('pool', 'bytes', printedBytes(pool, unit, digits));
  figures.least('tokens', 'tokens', printedCount(/GPU KV cache size: ([\d,]+) tokens/.exec(line)?.[1]));
  const concurrency = /Maximum concurrency for [\d,]+ tokens per request: ([\d.]+)x/.exec(line)?.[1];
  figures.least('concurrency', 'sequences', printedCount(concurrency));
}

const objectOf = (value: JsonValue): JsonObject | undefined => (isObject(value) ? value : undefined);

/** Keys of the engine's config line whose values are final, and the flag of each (vllm/config/vllm.py, __str__). */
const finalKeys: Readonly<Record<string, string>> = {
  max_seq_len: 'max-model-len',
  tensor_parallel_size: 'tensor-parallel-size',
  pipeline_parallel_size: 'pipeline-parallel-size',
  data_parallel_size: 'data-parallel-size',
  decode_context_parallel_size: 'decode-context-parallel-size',
  enforce_eager: 'enforce-eager',
  kv_cache_dtype: 'kv-cache-dtype',
  enable_prefix_caching: 'enable-prefix-caching',
  dtype: 'dtype',
};

function startOf({ version, device, total, free, asked, config, tokens, utilization, figures }: State): StartupLog {
  const written = Object.create(null) as Record<string, JsonValue | undefined>;
  for (const [key, flag] of Object.entries(finalKeys)) {
    const value = config?.[key];
    written[flag] = typeof value === 'string' ? value.replace(/^torch\./, '') : value;
  }
  if (config?.['chunked_prefill_enabled'] !== undefined) written['enable-chunked-prefill'] = config['chunked_prefill_enabled'];
  if (tokens !== undefined) written['max-num-batched-tokens'] = tokens;
  if (utilization !== undefined) written['gpu-memory-utilization'] = utilization;
  const guess = speculationOf(config?.['speculative_config']);
  if (guess) written['speculative-config'] = guess;
  const sizes = isObject(config?.['compilation_config']) ? config['compilation_config']['cudagraph_capture_sizes'] : undefined;
  if (Array.isArray(sizes) && sizes.length > 0) written['cudagraph-capture-sizes'] = sizes as JsonValue;
  // What was asked for goes first, where the config says the same in other words.
  for (const [key, value] of Object.entries(asked ?? {})) {
    const flag = key.replaceAll('_', '-');
    if (value !== null && !(flag in written && written[flag] !== undefined)) written[flag] = value;
  }
  const flags = knownFlags(vllm.flags, written);
  const model = asked?.['model'] ?? config?.['model'];
  const traits = flags.options['enable-lora'] === true ? ['lora'] : [];
  return {
    engine: 'vllm',
    version,
    options: flags.options,
    statesAllFlags: asked !== undefined,
    unknownFlags: flags.unknown.filter((name) => name !== 'model-tag'),
    devices: device === undefined && total === undefined ? [] : [deviceOf(device, total, free)],
    model: { name: typeof model === 'string' ? model : undefined, fileType: undefined, gguf: undefined },
    figures: figures.list(),
    traits,
  };
}

const deviceOf = (title: string | undefined, total: number | undefined, free: number | undefined): LogDevice => ({
  ...(title !== undefined && { title }),
  ...(total !== undefined && { total }),
  ...(free !== undefined && { free }),
});

/** SpeculativeConfig(method='eagle', model='…', num_spec_tokens=3) in the words of the flag. */
function speculationOf(value: JsonValue | undefined): JsonObject | undefined {
  if (value === undefined || !isObject(value)) return undefined;
  const tokens = value['num_spec_tokens'] ?? value['num_speculative_tokens'];
  return {
    ...(typeof value['method'] === 'string' && { method: value['method'] }),
    ...(typeof value['model'] === 'string' && { model: value['model'] }),
    ...(typeof tokens === 'number' && { num_speculative_tokens: tokens }),
  };
}
