import { readFileSync } from 'node:fs';
import { findDevice, type JsonObject, type JsonValue } from '../../../src/engine/index';
import type { Machine } from '../../../src/engine/memory/engines/run';
import { parseCsv } from './csv';

/** What a start-up log printed, and the run that it is of. Bytes but for tokens and counts. */
export interface ServingRow {
  readonly name: string;
  readonly engine: string;
  readonly version: string;
  readonly model: string;
  readonly gpu: string;
  readonly quantization: string;
  readonly pipeline: number;
  readonly options: JsonObject;
  readonly machine: Machine;
  /** The log, or its other lines, gave these; the rest are defaults. */
  readonly stated: ReadonlySet<string>;
  readonly printed: Readonly<
    Partial<
      Record<
        'weights' | 'nonTorch' | 'activations' | 'pool' | 'tokens' | 'concurrency' | 'graphs' | 'kSize' | 'vSize' | 'blockSize',
        number
      >
    >
  >;
  /** Rows of one evaluation, in which constants were fitted. */
  readonly fitted: boolean;
  readonly notes: string;
  readonly other: string;
}

const shared = '../shared/truth';
const GiB = 2 ** 30;

const number = (text: string | undefined): number | undefined =>
  text === undefined || text === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
const bytes = (text: string | undefined): number | undefined => {
  const value = number(text);
  return value === undefined ? undefined : value * GiB;
};

/** Rows of serving_logs.csv, of one engine. */
export function loggedRows(engine: string): readonly ServingRow[] {
  const rows = parseCsv(readFileSync(`${shared}/serving_logs.csv`, 'utf8')).filter((row) => row['engine'] === engine);
  return rows.map((row, index) => {
    const other = row['other'] ?? '';
    const options = engine === 'sglang' ? sglangOptions(row, other) : vllmOptions(row, other);
    const total = bytes(row['gpu_total_gib']);
    return {
      name: `${row['model_id'] ?? ''} ${row['version'] ?? ''} (row ${index})`,
      engine,
      version: row['version'] ?? '',
      model: row['model_id'] ?? '',
      gpu: row['gpu'] ?? '',
      quantization: row['quantization'] ?? '',
      pipeline: number(row['pp']) ?? 1,
      options,
      machine: machineOf(row['gpu'] ?? '', total, (number(row['tp']) ?? 1) * (number(row['pp']) ?? 1) * (number(row['dp']) ?? 1)),
      stated: new Set(Object.keys(row).filter((key) => row[key] !== '')),
      printed: present({
        weights: bytes(row['weights_gib']),
        nonTorch: bytes(row['non_torch_gib']),
        activations: bytes(row['activation_peak_gib']),
        pool: bytes(row['kv_available_gib']),
        tokens: number(row['kv_tokens']),
        concurrency: number(row['max_concurrency_x']),
        graphs: bytes(row['cuda_graph_gib']),
        kSize: bytes(row['k_size_gb']),
        vSize: bytes(row['v_size_gb']),
        blockSize: number(row['block_size']),
      }),
      fitted: false,
      notes: row['notes'] ?? '',
      other,
    };
  });
}

type Cells = Readonly<Record<string, string>>;

/** Options from cells, those that are empty left out. */
function optionsOf(cells: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(cells).filter(([, value]) => value !== undefined && value !== '')) as JsonObject;
}

function vllmOptions(row: Cells, other: string): JsonObject {
  // The largest captured batch is twice the sequences, 512 at most (vllm/config/vllm.py), where the log does not name them.
  const captured = number(/max_cudagraph_capture=(\d+)/.exec(other)?.[1]);
  const guess = /speculative=(\w+),(\d+) tokens/.exec(other);
  const lora = /enable_lora=True/.test(other);
  const online = row['quantization'] === 'fp8' || row['quantization'] === 'bitsandbytes';
  return optionsOf({
    'tensor-parallel-size': number(row['tp']),
    'pipeline-parallel-size': number(row['pp']),
    'data-parallel-size': number(row['dp']),
    'enable-expert-parallel': row['ep'] === 'on' ? true : undefined,
    'max-model-len': row['max_model_len'],
    'max-num-seqs': number(row['max_num_seqs']) ?? (captured !== undefined && captured > 0 && captured < 512 ? captured / 2 : undefined),
    'max-num-batched-tokens': row['max_num_batched_tokens'],
    'gpu-memory-utilization': number(row['gpu_memory_utilization_or_mem_fraction_static']),
    'enforce-eager': row['enforce_eager'] === 'True' ? true : undefined,
    'kv-cache-dtype': row['kv_cache_dtype'] === 'auto' ? undefined : row['kv_cache_dtype'],
    'speculative-config': guess ? JSON.stringify({ method: guess[1], num_speculative_tokens: Number(guess[2]) }) : undefined,
    'limit-mm-per-prompt': /limit_mm_per_prompt=(\{[^}]*\})/.exec(other)?.[1],
    'enable-lora': lora ? true : undefined,
    'max-lora-rank': lora ? number(/max_lora_rank=(\d+)/.exec(other)?.[1]) : undefined,
    'cpu-offload-gb': number(/cpu_offload_gb=([\d.]+)/.exec(other)?.[1]),
    quantization: online ? row['quantization'] : undefined,
    runner: /Embedding/.test(row['model_id'] ?? '') ? 'pooling' : undefined,
  });
}

function sglangOptions(row: Cells, other: string): JsonObject {
  const guess = /speculative=(\w+)/.exec(other)?.[1];
  return optionsOf({
    'tensor-parallel-size': number(row['tp']),
    'pipeline-parallel-size': number(row['pp']),
    'data-parallel-size': number(row['dp']),
    'enable-dp-attention': (number(row['dp']) ?? 1) > 1 ? true : undefined,
    'expert-parallel-size': number(row['ep']),
    'context-length': number(row['max_model_len']),
    'chunked-prefill-size': number(row['max_num_batched_tokens']),
    'mem-fraction-static': number(row['gpu_memory_utilization_or_mem_fraction_static']),
    'page-size': number(row['block_size']),
    'kv-cache-dtype': row['kv_cache_dtype'] === 'auto' ? undefined : row['kv_cache_dtype'],
    'cuda-graph-max-bs': number(/cuda_graph_max_bs=(\d+)/.exec(other)?.[1]),
    'speculative-algorithm': guess,
  });
}

/** Runs of the evaluation of vLLM 0.19 on H100 80 GB that measured.csv holds, one for each of its logs. */
export function evaluatedRows(): readonly ServingRow[] {
  const runs = new Map<string, { row: Readonly<Record<string, string>>; printed: Record<string, number> }>();
  for (const row of parseCsv(readFileSync(`${shared}/measured.csv`, 'utf8'))) {
    if (!row['engine_version']?.startsWith('vLLM (startup log; gpu_memory_utilization=0.95)')) continue;
    const key = row['source'] ?? '';
    const run = runs.get(key) ?? { row, printed: {} };
    runs.set(key, run);
    run.printed[row['what'] ?? ''] = Number(row['measured_value']);
  }
  return [...runs.values()].map(({ row, printed }) => {
    const [, tp = '1', pp = '1'] = /tp(\d+) pp(\d+)/.exec(row['tp'] ?? '') ?? [];
    const [kind = '', cache] = (row['precision_quant'] ?? '').split('; kv=');
    const options: Record<string, JsonValue> = {
      'gpu-memory-utilization': 0.95,
      'max-model-len': row['context_len'] ?? '',
      'tensor-parallel-size': Number(tp),
      'pipeline-parallel-size': Number(pp),
    };
    if (cache !== undefined && cache !== 'auto') options['kv-cache-dtype'] = cache;
    if (kind === 'torch.float32') options['dtype'] = 'float32';
    if (kind === 'fp8') options['quantization'] = 'fp8';
    const gib = (what: string): number | undefined => (printed[what] === undefined ? undefined : printed[what] * GiB);
    return {
      name: `${row['model_id'] ?? ''} tp${tp} pp${pp} ${row['precision_quant'] ?? ''} ${row['context_len'] ?? ''}`,
      engine: 'vllm',
      version: '0.19.0',
      model: row['model_id'] ?? '',
      gpu: 'H100',
      quantization: kind,
      pipeline: Number(pp),
      options,
      // The logs print 79.19 GiB in the evaluation's own words (ENGINES.md); the driver's figure of an H100 SXM.
      machine: machineOf('NVIDIA H100 80GB HBM3', 79.19 * GiB, Number(tp) * Number(pp)),
      stated: new Set(['gpu', 'gpu_total_gib', 'gpu_memory_utilization_or_mem_fraction_static', 'max_model_len']),
      printed: present({
        weights: gib('weights per GPU'),
        nonTorch: gib('non-torch per GPU'),
        activations: gib('activation peak per GPU'),
        pool: gib('kv cache pool per GPU'),
        tokens: printed['kv cache pool'],
        graphs: gib('cuda graphs per GPU'),
      }),
      fitted: true,
      notes: '',
      other: '',
    };
  });
}

function present<T extends Record<string, number | undefined>>(values: T): { readonly [K in keyof T]?: number } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { readonly [K in keyof T]?: number };
}

/** Names that logs print, and the catalogue's. */
const names: Readonly<Record<string, string>> = {
  'NVIDIA H100 80GB HBM3': 'H100 SXM 80GB',
  H100: 'H100 SXM 80GB',
  'NVIDIA H200': 'H200 SXM',
  H200: 'H200 SXM',
  'NVIDIA A100-SXM4-80GB': 'A100 SXM 80GB',
  'A100 80GB': 'A100 SXM 80GB',
  'NVIDIA A100-SXM4-40GB': 'A100 SXM 40GB',
  'NVIDIA GH200 96GB': 'GH200 96GB (HBM3)',
  'NVIDIA L4': 'L4',
  'Tesla T4': 'T4',
};

function machineOf(gpu: string, total: number | undefined, count: number): Machine {
  const found = findDevice(names[gpu] ?? gpu.replace(/^NVIDIA (GeForce )?/, ''));
  const device = found.kind === 'found' ? found.device : undefined;
  return {
    count,
    device,
    memory:
      total ?? (device?.usable?.basis.kind === 'exact' && device.usable.basis.reports === 'runtime' ? device.usable.bytes : undefined),
  };
}
