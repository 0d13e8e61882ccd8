import type { Analysis } from '../../../analysis';
import { isObject } from '../../../config/json';
import type { FlagValues } from '../flags';
import type { Machine } from '../run';
import { sglangLimit } from '../contextLimit';
import { hasTower } from '../vllm/activations';
import { traitsOf, type DeviceTraits } from '../vllm/devices';
import type { StackedAdapters } from '../vllm/settings';
import { atLeast } from '../versions';

/** A run with every default filled in. Lengths in tokens, memory in bytes. */
export interface Settings {
  readonly version: string;
  readonly tensor: number;
  readonly pipeline: number;
  readonly data: number;
  readonly experts: number;
  readonly attentionShared: boolean;
  /** Ranks among which one replica of attention is cut (srt/layers/dp_attention.py, attn_tp_size). */
  readonly attention: number;
  /** Ranks among which the head is cut: all, unless each replica of attention is to have its own (--enable-dp-lm-head). */
  readonly head: number;
  readonly contextLength: number;
  readonly memoryFraction: number;
  readonly maxRunning: number | undefined;
  readonly maxTotalTokens: number | undefined;
  readonly chunk: number;
  readonly pageSize: number;
  readonly cacheDtype: string;
  readonly width: number;
  readonly quantization: string | undefined;
  readonly graphBatch: number;
  readonly speculation: { readonly method: string; readonly tokens: number } | undefined;
  readonly windowRatio: number;
  readonly windowPools: boolean;
  readonly mambaRatio: number;
  readonly mambaSlots: number | undefined;
  readonly stateDtype: string | undefined;
  readonly radixCache: boolean;
  readonly cpuOffload: number;
  /** Room for adapters; `null`: they are served, but the rank is theirs and not known here. */
  readonly lora: StackedAdapters | null | undefined;
  readonly embedding: boolean;
  readonly device: DeviceTraits;
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/**
 * Every setting of a run (python/sglang/srt/server_args.py, read at 0.4.3.post4, 0.4.6.post5, 0.4.9.post6, 0.5.1.post3,
 * 0.5.6.post2 and 0.5.15.post1).
 */
export function settingsOf(analysis: Analysis, version: string, machine: Machine, options: FlagValues): Settings {
  const number = (flag: string): number | undefined => (typeof options[flag] === 'number' ? options[flag] : undefined);
  const text = (flag: string): string | undefined => (typeof options[flag] === 'string' ? options[flag] : undefined);
  const on = (flag: string): boolean => options[flag] === true;
  const tensor = number('tensor-parallel-size') ?? 1;
  const pipeline = number('pipeline-parallel-size') ?? 1;
  const data = number('data-parallel-size') ?? 1;
  const memory = machine.memory === undefined ? undefined : machine.memory / MiB;
  const batch = batchOf(version, memory, tensor);
  const sizes = options['cuda-graph-bs'];
  const asked = Array.isArray(sizes) ? Math.max(0, ...sizes) : number('cuda-graph-max-bs');
  const attentionShared = on('enable-dp-attention');
  const attention = attentionShared ? Math.max(1, Math.floor(tensor / data)) : tensor;
  const chunk = number('chunked-prefill-size') ?? (attentionShared ? Math.floor(batch.chunk / data) : batch.chunk);
  const graphBatch = asked ?? batch.graphs;
  const method = text('speculative-algorithm');
  const share: ShareInput = {
    analysis,
    version,
    memory,
    tensor,
    pipeline,
    data,
    chunk,
    prefill: number('max-prefill-tokens') ?? 16384,
    graphBatch,
    attentionShared,
    method,
    piecewise: on('enable-piecewise-cuda-graph'),
  };
  return {
    version,
    tensor,
    pipeline,
    data,
    experts: on('enable-ep-moe') ? tensor : (number('expert-parallel-size') ?? 1),
    attentionShared,
    attention,
    head: on('enable-dp-lm-head') ? attention : tensor,
    contextLength: number('context-length') ?? sglangLimit(analysis) ?? 2048,
    memoryFraction: number('mem-fraction-static') ?? fractionOf(share),
    maxRunning: number('max-running-requests'),
    maxTotalTokens: number('max-total-tokens'),
    chunk,
    pageSize: number('page-size') ?? 1,
    cacheDtype: text('kv-cache-dtype') ?? 'auto',
    width: /^float(32)?$/.test(text('dtype') ?? '') ? 4 : 2,
    quantization: text('quantization'),
    graphBatch: on('disable-cuda-graph') ? 0 : graphBatch,
    speculation: method === undefined ? undefined : { method, tokens: number('speculative-num-draft-tokens') ?? 1 },
    windowRatio: number('swa-full-tokens-ratio') ?? 0.8,
    windowPools: !on('disable-hybrid-swa-memory'),
    mambaRatio: number('mamba-full-memory-ratio') ?? 0.9,
    mambaSlots: number('max-mamba-cache-size'),
    stateDtype: text('mamba-ssm-dtype'),
    radixCache: !on('disable-radix-cache'),
    cpuOffload: (number('cpu-offload-gb') ?? 0) * GiB,
    lora: adaptersOf(options),
    embedding: on('is-embedding'),
    device: traitsOf(machine),
  };
}

/**
 * Stacked buffers for `--max-loras-per-batch` adapters (srt/lora/mem_pool.py, LoRAMemoryPool: get_lora_A_shape, get_lora_B_shape). The
 * rank is that of the largest adapter at the start unless a flag says it.
 */
function adaptersOf(options: FlagValues): Settings['lora'] {
  const words = (name: string): readonly string[] => String(options[name] ?? '').match(/\w+/g) ?? [];
  if (options['enable-lora'] !== true && words('lora-paths').length === 0) return undefined;
  const rank = options['max-lora-rank'] as number | undefined;
  if (rank === undefined) return null;
  // Without names, those of the adapters count, which may be all.
  const named = words('lora-target-modules');
  const count = (options['max-loras-per-batch'] as number | undefined) ?? 8;
  return { count, rank, sharded: false, head: false, targets: named.length === 0 || named.includes('all') ? undefined : named };
}

/** Sizes that follow the device's memory, in MiB. */
function batchOf(version: string, memory: number | undefined, tensor: number): { readonly chunk: number; readonly graphs: number } {
  const few = tensor < 4;
  if (memory === undefined) return atLeast(version, '0.4.6') ? { chunk: 4096, graphs: 160 } : { chunk: 8192, graphs: 160 };
  if (!atLeast(version, '0.4.6')) return memory < 25_000 ? { chunk: 2048, graphs: few ? 8 : 80 } : { chunk: 8192, graphs: 160 };
  const k = 1024;
  if (!atLeast(version, '0.5.4')) {
    if (memory < 35 * k) return { chunk: 2048, graphs: few ? 8 : 80 };
    return memory < 160 * k ? { chunk: 8192, graphs: memory < 90 * k ? 160 : 256 } : { chunk: 16384, graphs: 512 };
  }
  if (memory < 20 * k) return { chunk: 2048, graphs: 8 };
  if (memory < 35 * k) return { chunk: 2048, graphs: few ? 24 : 80 };
  if (memory < 60 * k) return { chunk: 4096, graphs: few ? 32 : 160 };
  return memory < 160 * k ? { chunk: 8192, graphs: few ? 256 : 512 } : { chunk: 16384, graphs: 512 };
}

interface ShareInput {
  readonly analysis: Analysis;
  readonly version: string;
  readonly memory: number | undefined;
  readonly tensor: number;
  readonly pipeline: number;
  readonly data: number;
  readonly chunk: number;
  readonly prefill: number;
  readonly graphBatch: number;
  readonly attentionShared: boolean;
  readonly method: string | undefined;
  readonly piecewise: boolean;
}

/** Share of the memory for weights and caches, where none is asked for. Three decimals, as there. */
function fractionOf(input: ShareInput): number {
  const { analysis, version, memory, tensor } = input;
  if (!atLeast(version, '0.4.6')) return tensor >= 16 ? 0.79 : tensor >= 8 ? 0.81 : tensor >= 4 ? 0.85 : tensor >= 2 ? 0.87 : 0.88;
  if (memory === undefined) return 0.88;
  const reserved = atLeast(version, '0.5.4') ? reservedByWork(input, memory) : reservedBySize(input, memory);
  const fraction = Math.round(((memory - reserved) / memory) * 1000) / 1000;
  return hasTower(analysis) ? fraction * towerFactor(analysis) : fraction;
}

/** To 0.5.1 (as read): by the device's memory. MiB. */
function reservedBySize({ tensor, pipeline, method, attentionShared }: ShareInput, memory: number): number {
  const ranks = tensor * pipeline;
  const base = memory < 35 * 1024 ? 2.8 + ranks / 10 : memory < 90 * 1024 ? 9.5 + ranks / 2 : memory < 160 * 1024 ? 12 + ranks / 2 : 32;
  return (base + (method === undefined ? 0 : 2) + (attentionShared ? 4 : 0)) * 1024;
}

/** From 0.5.6 on (as read): by what a prefill and the graphs are taken to need. MiB. */
function reservedByWork(
  { tensor, pipeline, data, chunk, prefill, graphBatch, attentionShared, method, piecewise }: ShareInput,
  memory: number,
): number {
  let reserved = 512 + Math.max(chunk > 0 ? chunk : prefill, 2048) * 1.5 + graphBatch * 2 + ((tensor * pipeline) / 8) * 1024;
  if (attentionShared) reserved += graphBatch * data * (graphBatch > 300 ? 4.5 : 3);
  if (memory > 60 * 1024) reserved = Math.max(reserved, 10 * 1024);
  if (method !== undefined && method.toUpperCase() !== 'NGRAM') reserved += (method.toUpperCase() === 'STANDALONE' ? 6 : 2) * 1024;
  return piecewise ? reserved + 1024 : reserved;
}

/** Models that see leave more room, by the size of their tower (adjust_mem_fraction_for_vlm). */
function towerFactor({ root }: Analysis): number {
  const vision = root['vision_config'];
  if (!isObject(vision)) return 1;
  const layers = typeof vision['num_hidden_layers'] === 'number' ? vision['num_hidden_layers'] : 24;
  const hidden = typeof vision['hidden_size'] === 'number' ? vision['hidden_size'] : 1024;
  const complexity = (layers * hidden ** 2) / (24 * 1024 ** 2);
  return 0.95 * Math.max(0.8, Math.min(1.05, 1 - 0.1 * (complexity - 1)));
}
