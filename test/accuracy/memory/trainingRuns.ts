/**
 * Fine-tuning runs that were published with their memory (truth/measured.csv, mode train), each stated as a request by the settings
 * of its source, and how far ours are off. Nothing is fitted: what a run's source does not say is taken as its code has it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyze, type Analysis, type JsonObject } from '../../../src/engine/index';
import { peakMemory, type PeakJob } from '../../../src/engine/memory/trace/peak';
import { usual as smallJob } from '../../support/peaks';
import { parseCsv } from './csv';
import type { ScoreRow } from './score';
import { quantile } from './traced';
import { litgptModels, otherModels } from './trainingModels';

const file = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'truth', 'measured.csv');

type Cells = Readonly<Record<string, string>>;

/** A run as a request, and what of the answer the source measured. */
interface Run {
  readonly source: string;
  readonly config: JsonObject;
  readonly job: PeakJob;
  /** `live`: torch.cuda.max_memory_allocated; `device`: what a monitor shows of `devices` devices, CUDA context and gaps included. */
  readonly measures: 'live' | 'device';
  readonly devices?: number;
  readonly reason: string;
}

/** Why a row has no run. */
type Left = string;

export interface TrainingRow {
  readonly name: string;
  readonly source: string;
  readonly quantity: string;
  readonly measured: number;
  readonly ours: number;
  readonly error: number;
  readonly reason: string;
}

const usual: PeakJob = { ...smallJob, batch: 1, tokens: 512, states: 'param' };

/** Bytes of the CUDA context beside what PyTorch holds, as for the transformers library (engines/transformers/transformers.ts). */
const context = 0.53 * 2 ** 30;

/** LoRA of LitGPT by config_hub/finetune/<model>/<kind>.yaml: rank, all linear layers and the head or queries and values, batches of a step. */
const litgptRanks: Readonly<Record<string, readonly [lora: number, qlora: number]>> = {
  'gemma-2b': [8, 16],
  'gemma-7b': [16, 16],
  'gemma2-2b': [8, 16],
  gemma2b: [8, 16],
  'gemma2-9b': [16, 16],
  'phi-2': [8, 8],
  'phi-3': [8, 8],
  'tiny-llama': [32, 32],
};
const linear = [
  ...['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj', 'lm_head'],
  ...['dense', 'fc1', 'fc2', 'query_key_value', 'dense_h_to_4h', 'dense_4h_to_h'],
];

/** Devices of `devices:` in the full.yaml of those runs that are spread (FSDPStrategy of finetune/full.py). */
const litgptDevices: Readonly<Record<string, number>> = { 'gemma-2b': 4, 'phi-2': 2, 'stablelm-base-alpha-3b': 2 };

/** Full runs whose published figure is below the parameters, gradients and two states at 16 bits that their settings hold. */
const impossible = new Set(['llama-3.2-1b', 'llama-3.2-3b', 'phi-3']);

/**
 * LitGPT (finetune/lora.py, full.py, utils.py): bf16 throughout, torch.optim.AdamW over all tensors at once, the head in chunks of 128
 * tokens and the loss of each at 16 bits, their logits named to the end; the longest sample fills `max_seq_length`. QLoRA: bitsandbytes
 * 0.42 and its paged AdamW.
 */
function litgpt({ model_id: id = '', batch, gpu }: Cells): Run | Left {
  const [model = '', name = ''] = id.split('/');
  const kind = name.replace('.yaml', '');
  const config = litgptModels[model];
  if (!config) return 'no shape known of the model';
  if (kind !== 'full' && gpu?.startsWith('4x')) return 'the run of one device again, on a larger machine';
  if (kind === 'full' && gpu?.startsWith('4x') && !litgptDevices[model]) return 'the run of one device again, on a larger machine';
  if (kind === 'full' && impossible.has(model))
    return 'LitGPT: below what the stated settings hold in parameters, gradients and two states';
  if (kind === 'qlora' && config['model_type'] === 'falcon')
    return 'LitGPT quantizes Falcon, whose layers transformers 5 leaves alone for their class';
  const size = Number(batch);
  const job: PeakJob = { ...usual, batch: size, optimizer: 'adamw_foreach' };
  const source = 'litgpt';
  if (kind === 'full') {
    const devices = litgptDevices[model] ?? 1;
    const chunks = { chunks: 4 * size, upcast: false, keepLogits: true };
    const sharded: Partial<PeakJob> = devices > 1 ? { fsdp: 'full_shard', fsdpVersion: 1, devices, checkpointing: true } : {};
    return {
      ...{ source: devices > 1 ? 'litgpt, FSDP' : source, config, measures: 'live' },
      job: { ...job, accumulation: 8, loss: chunks, ...sharded },
      reason: 'devices by the settings file, while the table names a machine of four',
    };
  }
  const ranks = litgptRanks[model];
  const lora = { rank: ranks?.[kind === 'lora' ? 0 : 1] ?? 32, targets: ranks ? linear : ['q_proj', 'v_proj', 'query_key_value'] };
  const quantized: Partial<PeakJob> =
    kind === 'qlora' ? { weights: 'bnb-nf4', kept: 'bf16', keepsInputs: true, optimizer: 'paged_adamw' } : {};
  return {
    ...{ source: kind === 'qlora' ? 'litgpt, QLoRA' : source, config, measures: 'live' },
    job: {
      ...job,
      accumulation: model === 'tiny-llama' ? 1 : 2,
      lora: { ...lora, dropout: 0.05, dtype: 'bf16' },
      loss: { chunks: 4, upcast: false, keepLogits: true },
      ...quantized,
    },
    reason:
      kind === 'qlora'
        ? 'its head is quantized too, and what else its layers hold no source here tells'
        : 'the program of transformers for the type, not LitGPT’s own',
  };
}

/**
 * Qwen (finetune.py and finetune/*.sh): LoRA of rank 64 on c_attn, c_proj, w1 and w2 with dropout 0.05, at 32 bits (peft 0.5), gradient
 * checkpointing, batch 1 and 8 batches of a step, AdamW over all tensors; "emb" trains wte and lm_head too. Q-LoRA (GPTQ at 4 bits), several
 * devices and full training run under DeepSpeed at 16 bits, with its fp32 copy (ds_config_zero2.json, ds_config_zero3.json).
 */
function qwen({ model_id: id = '', precision_quant: kind = '', context_len: tokens, tp = '' }: Cells): Run | Left {
  const config = otherModels[id];
  if (!config) return 'no shape known of the model';
  const [, nodes = '1', gpus = '1'] = /(\d+) node x (\d+) GPU/.exec(tp) ?? [];
  const devices = Number(nodes) * Number(gpus);
  const lora = { rank: 64, targets: ['c_attn', 'c_proj', 'w1', 'w2'], dropout: 0.05, dtype: 'fp32' } as const;
  const job: PeakJob = { ...usual, tokens: Number(tokens), attention: 'flash', checkpointing: true, accumulation: 8, reserved: true };
  const deepSpeed: PeakJob = {
    ...job,
    ...{ master: true, states: 'fp32', devices, zero: 2, bucket: 2e8 },
    loss: { chunks: 1, upcast: false, keepLogits: false },
  };
  const third: Partial<PeakJob> = { zero: 3, bucket: Number(config['hidden_size']) ** 2 };
  const adapters: PeakJob['lora'] = { ...lora, dtype: 'bf16' };
  const run = (source: string, chosen: PeakJob): Run => ({
    ...{ source, config, measures: 'device', job: chosen, devices },
    reason: 'how memory was read, and what else the process held, is not said',
  });
  if (kind === 'Q-LoRA') return run('Qwen, Q-LoRA', { ...deepSpeed, lora: adapters, weights: 'gptq-int4-g128', kept: 'bf16' });
  if (kind === 'Full-parameter') return run('Qwen, full', { ...deepSpeed, ...third });
  if (kind === 'LoRA + Deepspeed Zero3') return run('Qwen, LoRA over devices', { ...deepSpeed, ...third, lora: adapters });
  if (kind === 'LoRA (multinode)') return run('Qwen, LoRA over devices', { ...deepSpeed, lora: adapters });
  const trains = kind === 'LoRA (emb)' ? ['wte', 'lm_head'] : null;
  return run('Qwen, LoRA', { ...job, precision: 'mixed', optimizer: 'adamw_foreach', lora, trains });
}

/**
 * torchtune (recipes/configs/llama3_1/*.yaml): bf16, checkpointing, a loss in 8 chunks. Rows on a 4090 are the recipes; those on an A6000
 * take other settings, which are not said. Over 8 devices FSDP2. All are compiled, by the note above the table.
 */
function torchtune({ model_id: id = '', precision_quant: kind = '', gpu = '' }: Cells): Run | Left {
  const config = otherModels[id];
  if (!config) return 'no shape known of the model';
  if (gpu.includes('A6000')) return 'torchtune: settings that differ from the recipe’s are not said';
  // Compiled, the loss widens logits within its kernel.
  const loss = { chunks: 8, upcast: false, keepLogits: false };
  const job: PeakJob = { ...usual, batch: 2, tokens: 2048, checkpointing: true, loss };
  const large = id.endsWith('70B');
  if (large && kind === 'Full finetune') return 'torchtune: activations that stand on the host between their uses have no program';
  const targets = ['q_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];
  const lora: PeakJob['lora'] = { rank: large ? 16 : 8, targets, dtype: 'bf16' };
  const spread: Partial<PeakJob> = large ? { fsdp: 'full_shard', devices: 8 } : {};
  const made = (chosen: Partial<PeakJob>): Run => ({
    ...{ source: 'torchtune', config, measures: 'live', job: { ...job, ...spread, ...chosen } },
    reason: 'compiled layers keep less than their steps one by one',
  });
  if (kind === 'QLoRA') return made({ lora, weights: 'bnb-nf4-dq', kept: 'bf16' });
  if (kind === 'LoRA') return made({ lora });
  return made({ optimizer: 'paged_adamw_8bit', stepsInBackward: true });
}

/** LongLoRA (supervised-fine-tune and fine-tune.py, ds_configs/stage2.json): rank 8 on the four projections, ZeRO 2 over 8 devices. */
const longLora = ({ model_id: id = '', context_len: tokens }: Cells): Run | Left => {
  const config = otherModels[id];
  if (!config) return 'no shape known of the model';
  const lora = { rank: 8, targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] };
  const job: PeakJob = { ...usual, tokens: Number(tokens), attention: 'flash', checkpointing: true, accumulation: 8, lora };
  return {
    ...{ source: 'LongLoRA', config, measures: 'device', devices: 1 },
    job: { ...job, zero: 2, devices: 8, master: true, states: 'fp32', bucket: 5e8, reserved: true },
    reason: 'buffers of DeepSpeed by its default size',
  };
};

function runOf(cells: Cells): Run | Left {
  const { source = '', engine_version: engine = '', what = '' } = cells;
  if (/guideline|estimate/.test(what)) return 'a vendor’s guideline, no measurement';
  if (source.includes('litgpt')) return litgpt(cells);
  if (source.startsWith('QwenLM/Qwen')) return qwen(cells);
  if (source.includes('torchtune')) return torchtune(cells);
  if (engine === 'LongLoRA') return longLora(cells);
  if (source.includes('ChatGLM')) return 'P-Tuning, which has no program';
  if (engine === 'TRL') return 'preference pairs, whose loss has no program';
  return `${engine.split(' ')[0] ?? ''}: lengths and batches of the runs are not said`;
}

const units: Readonly<Record<string, number>> = { GB: 1e9, GiB: 2 ** 30 };

interface Read {
  readonly rows: readonly TrainingRow[];
  readonly leftOut: readonly string[];
}

let known: Read | undefined;

/** Every row with an answer, and why others have none; `undefined` where the measurements are not beside the project. */
export const trainingRows = (): Read | undefined => (known ??= existsSync(file) ? read() : undefined);

function read(): Read {
  const rows: TrainingRow[] = [];
  const leftOut: string[] = [];
  const analyses = new Map<JsonObject, Analysis | undefined>();
  const analysisOf = (config: JsonObject): Analysis | undefined => {
    if (!analyses.has(config)) {
      const result = analyze(config);
      analyses.set(config, result.kind === 'model' ? result : undefined);
    }
    return analyses.get(config);
  };
  for (const cells of parseCsv(readFileSync(file, 'utf8').replaceAll('\r\n', '\n'))) {
    if (cells['mode'] !== 'train') continue;
    const run = runOf(cells);
    if (typeof run === 'string') {
      leftOut.push(run);
      continue;
    }
    const { source, config, job, measures, devices = 1, reason } = run;
    const analysis = analysisOf(config);
    const peak = analysis && peakMemory(analysis, job);
    if (!peak) {
      leftOut.push(`${source}: no program`);
      continue;
    }
    const measured = Number(cells['measured_value']) * (units[cells['unit'] ?? ''] ?? 1e9);
    const ours = measures === 'live' ? peak.total : ((peak.reserved ?? peak.total) + context) * devices;
    const what = measures === 'live' ? 'live tensors' : 'what the device shows';
    const name = `${cells['model_id'] ?? ''} ${cells['precision_quant']?.replace('see config file', '') ?? ''} ${String(job.tokens)} × ${String(job.batch)}`;
    rows.push({ name: name.replaceAll(/ +/g, ' '), source, quantity: what, measured, ours, error: ours / measured - 1, reason });
  }
  return { rows, leftOut };
}

/** Rows of the scoreboard: all runs together, then by source. */
export function score(): readonly ScoreRow[] {
  const found = trainingRows();
  if (!found) return [];
  const reasons = [...new Set(found.leftOut)].map((reason) => `${found.leftOut.filter((each) => each === reason).length} × ${reason}`);
  const row = (quantity: string, rows: readonly TrainingRow[], all: boolean): ScoreRow => {
    const errors = rows.map(({ error }) => Math.abs(error));
    const worst = rows.reduce((most, each) => (Math.abs(each.error) > Math.abs(most.error) ? each : most));
    return {
      ...{ engine: 'training, published runs', quantity, sample: 'by code', rows: rows.length },
      ...{ median: quantile(errors, 0.5), p90: quantile(errors, 0.9) },
      worst: { row: worst.name, error: worst.error, reason: worst.reason },
      leftOut: { count: all ? found.leftOut.length : 0, reasons: all ? reasons : [] },
    };
  };
  const groups = [...new Set(found.rows.map(({ source, quantity }) => `${source}: ${quantity}`))];
  return [
    row('all', found.rows, true),
    ...groups.map((group) =>
      row(
        group,
        found.rows.filter(({ source, quantity }) => `${source}: ${quantity}` === group),
        false,
      ),
    ),
  ];
}
