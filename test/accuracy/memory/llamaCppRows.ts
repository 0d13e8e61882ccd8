/** Rows of ../shared/truth/llamacpp_logs.csv, and what the engine says of the same run. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyzeText, type Analysis } from '../../../src/engine/index';
import type { FlagValue } from '../../../src/engine/memory/engines/flags';
import { llamaCpp, ollama } from '../../../src/engine/memory/engines/llamaCpp/engines';
import type { RunMemory } from '../../../src/engine/memory/engines/run';
import { devices as catalogue } from '../../../src/engine/hardware/devices';
import type { Device } from '../../../src/engine/hardware/device';
import { configOf } from './llamaCppModels';
import { parseCsv } from './csv';

const table = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'truth', 'llamacpp_logs.csv');

type Buffers = Readonly<Record<string, number>>;

export interface LogRow {
  readonly cells: Readonly<Record<string, string>>;
  /** MiB as printed, by the backend's name; mapped parts are the backend's own. */
  readonly model: Buffers;
  readonly kv: Buffers;
  readonly recurrent: Buffers;
  readonly compute: Buffers;
  readonly output: Buffers;
}

/** Rows of all tools, or `undefined` where the table is not beside the project. */
export function logRows(): readonly LogRow[] | undefined {
  if (!existsSync(table)) return undefined;
  return parseCsv(readFileSync(table, 'utf8')).map((cells) => {
    const at = (name: string): Buffers => buffersOf(cells[name] ?? '');
    return {
      cells,
      model: at('model_buffers_mib'),
      kv: at('kv_buffers_mib'),
      recurrent: at('rs_buffers_mib'),
      compute: at('compute_buffers_mib'),
      output: at('output_buffer_mib'),
    };
  });
}

function buffersOf(text: string): Buffers {
  const sums: Record<string, number> = {};
  for (const part of text.split(';').filter((each) => each !== '')) {
    const at = part.lastIndexOf('=');
    const name = part.slice(0, at).replace(/_Mapped$/, '');
    sums[name] = (sums[name] ?? 0) + Number(part.slice(at + 1));
  }
  return sums;
}

/** File types as the loader prints them. */
const fileTypes: Readonly<Record<string, string>> = {
  'Q4_K - Medium': 'Q4_K_M',
  'Q5_K - Medium': 'Q5_K_M',
  'Q2_K - Medium': 'Q2_K',
  'IQ4_XS - 4.25 bpw': 'IQ4_XS',
  'MXFP4 MoE': 'MXFP4_MOE',
  'all F32 (guessed)': 'F32',
};

export type Outcome = { readonly row: LogRow } & (
  | {
      readonly memory: RunMemory;
      readonly analysis: Analysis;
      /** Whether the file's types are llama-quantize's own. */ readonly plainTypes: boolean;
    }
  | { readonly leftOut: string }
);

/** A number under a thousand is a packager's own. */
function buildOf({ cells }: LogRow): string | undefined {
  const build = /^b?(\d{3,5})\b/.exec(cells['build'] ?? '')?.[1];
  return build !== undefined && Number(build) >= 1000 ? build : undefined;
}

const analyses = new Map<string, Analysis>();

/** The engine's answer for a row, or why there is none. */
export function answer(row: LogRow): Outcome {
  const { cells } = row;
  const tool = cells['tool'] ?? '';
  if (tool.startsWith('ik_')) return { row, leftOut: 'ik_llama.cpp is a fork with allocations of its own' };
  const model = cells['model'] ?? '';
  const text = configOf(model, Number(cells['n_expert']), Number(cells['n_vocab']));
  if (text === undefined) return { row, leftOut: `no config of ${model.slice(0, 40)}` };
  let analysis = analyses.get(text);
  if (!analysis) {
    const { result } = analyzeText(text);
    if (result.kind !== 'model') return { row, leftOut: `config not readable: ${model}` };
    analyses.set(text, (analysis = result));
  }
  const reason = flagsMissing(row);
  if (reason !== undefined) return { row, leftOut: reason };
  const isOllama = tool === 'ollama';
  const type = cells['ftype'] ?? '';
  const weights = fileTypes[type] ?? type;
  const build = buildOf(row);
  const engine = isOllama && build === undefined ? ollama : llamaCpp;
  const version = build ?? (isOllama ? cells['build'] || ollamaByDate(cells['date'] ?? '') : buildOfDay(cells['date'] ?? ''));
  const memory = engine.memory({
    analysis,
    weights: /gpt-oss-20b-F16/.test(model) ? 'checkpoint' : weights,
    presetOptions: {},
    engine: engine.id,
    version,
    machine: { count: devicesOf(row).length, device: deviceOf(row), memory: undefined },
    options: optionsOf(row, engine === ollama),
  });
  const plainTypes = !/UD-|i1-|gpt-oss-20b-F16/.test(model);
  return { row, memory, analysis, plainTypes };
}

const devicesOf = ({ compute, model, kv }: LogRow): readonly string[] =>
  [...new Set([...Object.keys(compute), ...Object.keys(model), ...Object.keys(kv)])]
    .filter((name) => /^(CUDA|Vulkan|ROCm|SYCL|Metal|MTL)\d*$/.test(name))
    .sort();

/** Any device of the maker whose backend the log names. */
function deviceOf(row: LogRow): Device | undefined {
  const [name = ''] = devicesOf(row);
  const vendor = /^(Metal|MTL)/.test(name) ? 'Apple' : /^ROCm/.test(name) ? 'AMD' : 'NVIDIA';
  return catalogue.find((each) => each.vendor === vendor);
}

/** What the log does not tell: overrides of single tensors and shares of unequal devices. */
function flagsMissing(row: LogRow): string | undefined {
  const [on, of] = (row.cells['n_gpu_layers'] ?? '').split('/').map(Number);
  if (Object.keys(row.compute).length === 0) return 'the log ends before the compute buffers';
  const hostModel = (row.model['CPU'] ?? 0) + (row.model['CUDA_Host'] ?? 0);
  const all = Object.values(row.model).reduce((sum, each) => sum + each, 0);
  const devices = devicesOf(row);
  if (devices.length > 0 && on === of && on !== undefined && hostModel > all / 3)
    return 'tensors were kept on the CPU by flags that the log does not name';
  if (row.model['CPU_REPACK'] || row.model['AMX']) return 'weights are repacked for the processor, which the log does not name';
  if (/ipex-llm/.test(row.cells['source'] ?? '')) return 'a fork of llama.cpp';
  const build = buildOf(row);
  const bare = build === undefined && !(row.cells['build'] ?? '').startsWith('ollama');
  if (bare && !row.cells['n_seq_max'] && !row.cells['build']) return 'the log names no version, and is older than its file';
  if ((row.cells['build'] ?? '').includes('0.1.28')) return 'older than b2789, the oldest that the rules are for';
  return undefined;
}

function optionsOf(row: LogRow, isOllama: boolean): Readonly<Record<string, FlagValue>> {
  const { cells } = row;
  const whole = (name: string): number | undefined => (cells[name] ? Number(cells[name]) : undefined);
  const [on, of] = (cells['n_gpu_layers'] ?? '').split('/');
  const devices = devicesOf(row);
  const flash = ['1', 'enabled'].includes(cells['flash_attn'] ?? '')
    ? 'on'
    : ['0', '', 'disabled'].includes(cells['flash_attn'] ?? '')
      ? 'off'
      : 'auto';
  const layers = devices.length === 0 ? '0' : on === undefined || on === '' ? undefined : on === of ? 'all' : on;
  const pinned = Object.keys(row.model).some((name) => name.endsWith('_Host'));
  const slots = whole('n_seq_max') ?? (cells['tool'] === 'ollama' ? ollamaSlots(row) : 1);
  const given: Record<string, FlagValue | undefined> = isOllama
    ? {
        'num-ctx': (whole('n_ctx') ?? 0) / slots,
        'num-parallel': slots,
        'num-batch': whole('n_ubatch'),
        'flash-attention': flash === 'auto' ? undefined : flash === 'on',
        'kv-cache-type': cells['type_k'] || undefined,
        'num-gpu': layers === undefined || layers === 'all' ? undefined : Number(layers),
        'use-mmap': pinned ? false : undefined,
      }
    : {
        'ctx-size': whole('n_ctx'),
        parallel: slots,
        'ubatch-size': whole('n_ubatch'),
        'batch-size': whole('n_batch'),
        'flash-attn': flash,
        'cache-type-k': cells['type_k'] || undefined,
        'cache-type-v': cells['type_v'] || undefined,
        'gpu-layers': layers,
        device: devices.length > 0 ? devices.join(',') : undefined,
        'kv-unified': (cells['notes'] ?? '').includes('kv_unified=true') ? true : undefined,
        'no-mmap': pinned ? true : undefined,
        embeddings: cells['tool'] === 'ollama' ? true : undefined,
      };
  return Object.fromEntries(Object.entries(given).filter((entry): entry is [string, FlagValue] => entry[1] !== undefined));
}

/** Where the log does not print them: rows of the output buffer. */
function ollamaSlots({ cells, output }: LogRow): number {
  const row = ((Number(cells['n_vocab']) + Number(cells['n_embd'])) * 4) / 2 ** 20;
  return Math.max(1, Math.round((Object.values(output)[0] ?? row) / row));
}

/** Builds by the day of a log that does not print one. */
const days: readonly (readonly [day: string, build: number])[] = [
  ['2024-01-01', 1735],
  ['2024-05-11', 2843],
  ['2025-01-15', 4488],
  ['2025-02-20', 4750],
  ['2025-07-21', 5950],
  ['2025-07-31', 6040],
  ['2026-01-18', 7772],
  ['2026-02-04', 7896],
  ['2026-04-04', 8660],
  ['2026-05-03', 9010],
];
const buildOfDay = (day: string): string => String(days.filter(([from]) => from <= day).at(-1)?.[1] ?? 2789);
const ollamaByDate = (day: string): string => (day >= '2026-01-01' ? '0.15.2' : day >= '2025-07-01' ? '0.9.6' : '0.5.8');
