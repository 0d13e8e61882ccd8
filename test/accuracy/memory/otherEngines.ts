/** How far transformers and mlx-lm are from published peaks and files. */
import { existsSync, readFileSync } from 'node:fs';
import { analyze, findDevice, type Analysis, type JsonObject } from '../../../src/engine/index';
import { readFlags } from '../../../src/engine/memory/engines/flags';
import { machineOf } from '../../../src/engine/memory/engines/machine';
import { mlx } from '../../../src/engine/memory/engines/mlx/mlx';
import type { Engine, Machine, RunMemory } from '../../../src/engine/memory/engines/run';
import { transformers } from '../../../src/engine/memory/engines/transformers/transformers';
import { parseCsv } from './csv';
import { benchmarked } from './mlxBenchmarks';
import type { ScoreRow } from './score';
import { modelOf } from './servingModels';

const file = '../shared/truth/measured.csv';
export const truthIsThere = (): boolean => existsSync(file);

export interface Measured {
  readonly engine: string;
  readonly quantity: string;
  readonly sample: ScoreRow['sample'];
  readonly row: string;
  /** Ours ÷ printed − 1. */
  readonly error: number;
  readonly reason: string;
  /** Whether the bands of the terms, summed up, hold the printed figure; `undefined` for what is no sum of terms. */
  readonly within: boolean | undefined;
}

type Shape = Readonly<Record<string, unknown>>;
const shape = (type: string, heads: readonly [number, number], sizes: readonly [number, number, number], more: Shape = {}): Shape => ({
  architectures: [`${type}ForCausalLM`], model_type: type.toLowerCase(), hidden_size: sizes[0], intermediate_size: sizes[1], num_hidden_layers: sizes[2], num_attention_heads: heads[0], num_key_value_heads: heads[1], vocab_size: 151936, torch_dtype: 'bfloat16', tie_word_embeddings: false, ...more,
}); // prettier-ignore
const tied = { tie_word_embeddings: true };
const qwen3 = (heads: readonly [number, number], sizes: readonly [number, number, number], more: Shape = {}): Shape =>
  shape('Qwen3', heads, sizes, { head_dim: 128, ...more });
const wide = { vocab_size: 152064 };

/** Shapes of the benchmarks' models, as in the config.json of each repository. */
const shapes: Readonly<Record<string, Shape>> = {
  'Qwen/Qwen3-0.6B': qwen3([16, 8], [1024, 3072, 28], tied),
  'Qwen/Qwen3-1.7B': qwen3([16, 8], [2048, 6144, 28], tied),
  'Qwen/Qwen3-4B': qwen3([32, 8], [2560, 9728, 36], tied),
  'Qwen/Qwen3-4B-Instruct-2507': qwen3([32, 8], [2560, 9728, 36], tied),
  'Qwen/Qwen3-8B': qwen3([32, 8], [4096, 12288, 36]),
  'Qwen/Qwen3-14B': qwen3([40, 8], [5120, 17408, 40]),
  'Qwen/Qwen3-32B': qwen3([64, 8], [5120, 25600, 64]),
  'Qwen/Qwen2.5-0.5B-Instruct': shape('Qwen2', [14, 2], [896, 4864, 24], tied),
  'Qwen/Qwen2.5-1.5B-Instruct': shape('Qwen2', [12, 2], [1536, 8960, 28], tied),
  'Qwen/Qwen2.5-3B-Instruct': shape('Qwen2', [16, 2], [2048, 11008, 36], tied),
  'Qwen/Qwen2.5-7B-Instruct': shape('Qwen2', [28, 4], [3584, 18944, 28], wide),
  'Qwen/Qwen2.5-14B-Instruct': shape('Qwen2', [40, 8], [5120, 13824, 48], wide),
  'Qwen/Qwen2.5-32B-Instruct': shape('Qwen2', [40, 8], [5120, 27648, 64], wide),
  'Qwen/Qwen2.5-72B-Instruct': shape('Qwen2', [64, 8], [8192, 29568, 80], wide),
};
const sameAs: Readonly<Record<string, string>> = {
  'Qwen/Qwen3-30B-A3B': 'Qwen/Qwen3-Coder-30B-A3B-Instruct',
  'Qwen/Qwen3-30B-A3B-Instruct-2507': 'Qwen/Qwen3-Coder-30B-A3B-Instruct',
};

const models = new Map<string, Analysis | undefined>();
function modelNamed(name: string): Analysis | undefined {
  if (models.has(name)) return models.get(name);
  const own = shapes[name];
  const result = own ? analyze(own as JsonObject) : undefined;
  const model = result?.kind === 'model' ? result : modelOf(sameAs[name] ?? name);
  models.set(name, model);
  return model;
}

const presets: Readonly<Record<string, string>> = {
  BF16: 'checkpoint',
  FP8: 'fp8-block128',
  'GPTQ-Int8': 'gptq-int8-g128',
  'GPTQ-Int4': 'gptq-int4-g128',
  AWQ: 'awq-int4-g128',
  'AWQ-INT4': 'awq-int4-g128',
};

function deviceNamed(name: string, count: number): Machine {
  const found = findDevice(name);
  if (found.kind !== 'found') throw new Error(`no device ${name}`);
  return machineOf(found.device, count);
}

function run(engine: Engine, analysis: Analysis, weights: string, version: string, machine: Machine, options: JsonObject): RunMemory {
  const read = readFlags(engine.flags, options);
  if ('problem' in read) throw new Error(read.problem.message);
  return engine.memory({ analysis, weights, engine: engine.id, version, machine, options: read.values });
}

const MiB = 2 ** 20;

interface Answers {
  readonly measured: readonly Measured[];
  readonly leftOut: readonly { readonly engine: string; readonly row: string; readonly reason: string }[];
}

/** Rows of QwenLM/Qwen3's speed benchmarks: torch's own count, one prompt, 2,048 tokens generated, FlashAttention 2. */
function benchmarks(): Answers {
  const measured: Measured[] = [];
  const leftOut: Answers['leftOut'][number][] = [];
  const rows = parseCsv(readFileSync(file, 'utf8')).filter(({ what }) => what?.startsWith('total (torch peak'));
  for (const row of rows) {
    const { model_id: model = '', precision_quant: precision = '', context_len: context = '', engine_version: software = '' } = row;
    const name = `${model} ${precision}, ${context}`;
    const analysis = modelNamed(model);
    const weights = presets[precision];
    if (!analysis || weights === undefined) {
      leftOut.push({ engine: transformers.title, row: name, reason: 'no config of the model that was read' });
      continue;
    }
    const version = /transformers ([\d.]+)/.exec(software)?.[1] ?? '';
    const later = version.startsWith('4.51');
    const count = Number(/^\d+/.exec(row['tp'] ?? '')?.[0] ?? 1);
    const printed = Number(row['measured_value']) * (row['unit'] === 'MB' ? MiB : 1024 * MiB);
    const digit = (row['unit'] === 'MB' ? MiB : 1024 * MiB * 0.01) / 2;
    // Without FlashAttention, as that benchmark's list of software says.
    const attention = later && precision.startsWith('AWQ') ? 'sdpa' : 'flash_attention_2';
    const answer = run(transformers, analysis, weights, version, deviceNamed(later ? 'H20' : 'A100 SXM 80GB', count), {
      // What 4.51's rows print holds no activation of the prompt: they are held against what generating takes.
      'input-length': later ? 1 : Number.parseInt(context, 10),
      'max-new-tokens': later ? Number.parseInt(context, 10) + 2047 : 2048,
      dtype: 'auto',
      'attn-implementation': attention,
      'device-map': 'auto',
    });
    const ours = answer.perDevice.reduce((sum, { total, nonTorch }) => sum + total - nonTorch, 0);
    const own = answer.terms.filter(({ kind }) => kind !== 'nonTorch');
    const low = own.reduce((sum, term) => sum + term.low, 0);
    const high = own.reduce((sum, term) => sum + term.high, 0);
    measured.push({
      engine: transformers.title,
      quantity: later ? 'held while generating, 4.51' : count === 1 ? 'peak, 4.46' : 'peak over several GPUs, 4.46',
      sample: 'by code',
      row: name,
      error: ours / printed - 1,
      reason: reasonOf(model, precision, context, later),
      within: count === 1 ? printed >= low - digit && printed <= high + digit : undefined,
    });
  }
  return { measured, leftOut };
}

function reasonOf(model: string, precision: string, context: string, later: boolean): string {
  const small = /0\.5B|1\.5B|-3B|0\.6B|1\.7B|-4B/.test(model);
  if (!later && precision === 'AWQ' && small && context.startsWith('1+')) return 'the tied head stands twice while loading';
  if (later && precision === 'FP8' && small) return 'the tied head was held twice';
  return '';
}

/** Published benchmarks of mlx-lm (mlx_lm/BENCHMARKS.md). */
function mlxBenchmarks(): readonly Measured[] {
  return benchmarked.flatMap(({ model, weights, gigabytes }) => {
    const analysis = modelNamed(model);
    if (!analysis) return [];
    const answer = run(
      mlx,
      analysis,
      weights,
      '0.28.2',
      { count: 1, device: undefined, memory: 48 * 1024 * MiB },
      {
        'input-length': 2048,
        'max-tokens': 128,
      },
    );
    const [device] = answer.perDevice;
    const low = answer.terms.reduce((sum, term) => sum + term.low, 0);
    const high = answer.terms.reduce((sum, term) => sum + term.high, 0);
    return [
      {
        engine: mlx.title,
        quantity: 'peak of a prompt of 2,048 tokens',
        sample: 'fitted' as const,
        row: `${model} ${weights}`,
        error: (device?.total ?? 0) / (gigabytes * 1e9) - 1,
        reason: '',
        within: gigabytes * 1e9 >= low && gigabytes * 1e9 <= high,
      },
    ];
  });
}

const publishers = ['Qwen', 'meta-llama', 'openai', 'MiniMaxAI', 'zai-org', 'deepseek-ai', 'moonshotai', 'google', 'nvidia'];

/** Sizes of mlx-community's files as exo's model cards state them; cards with round figures are left out. */
function mlxFiles(): Answers {
  const measured: Measured[] = [];
  const leftOut: Answers['leftOut'][number][] = [];
  for (const row of parseCsv(readFileSync(file, 'utf8'))) {
    if (row['engine_version'] !== 'MLX safetensors') continue;
    const name = row['model_id'] ?? '';
    const [, base = '', kind = ''] = /^mlx-community\/(.+?)-(?:MLX-)?(\d(?=-?bits?$)|bf16|fp16|BF16)(?:-?bits?)?$/i.exec(name) ?? [];
    const weights = /^\d$/.test(kind) ? `mlx-${kind}bit-g64` : 'checkpoint';
    const analysis =
      base === '' ? undefined : publishers.map((publisher) => modelNamed(`${publisher}/${base}`)).find((found) => found !== undefined);
    if (!analysis || analysis.basis.kind === 'approximate') {
      leftOut.push({ engine: mlx.title, row: name, reason: 'no config of the model that was read, or another format' });
      continue;
    }
    const printed = Number(row['measured_value']);
    if (printed % MiB === 0 || printed % 1e6 === 0) {
      leftOut.push({ engine: mlx.title, row: name, reason: 'the card states a round figure' });
      continue;
    }
    const answer = run(mlx, analysis, weights, '0.32.0', { count: 1, device: undefined, memory: undefined }, {});
    const term = answer.terms.find((each) => each.name === 'model-weights');
    measured.push({
      engine: mlx.title,
      quantity: 'weights, sizes on model cards',
      sample: 'by code',
      row: name,
      error: (term?.bytes ?? 0) / printed - 1,
      reason: '',
      within: undefined,
    });
  }
  return { measured, leftOut };
}

let answers: Answers | undefined;

/** Every figure that could be compared, and the rows that could not. */
export function measure(): Answers {
  if (!answers) {
    const read = truthIsThere() ? [benchmarks(), mlxFiles()] : [];
    answers = {
      measured: [...read.flatMap(({ measured }) => measured), ...mlxBenchmarks()],
      leftOut: read.flatMap(({ leftOut }) => leftOut),
    };
  }
  return answers;
}

export function score(): readonly ScoreRow[] {
  const { measured, leftOut } = measure();
  const keys = [...new Set(measured.map(({ engine, quantity, sample }) => `${engine}|${quantity}|${sample}`))];
  return keys.map((key) => {
    const [engine = '', quantity = '', sample = 'by code'] = key.split('|');
    const rows = measured
      .filter((each) => `${each.engine}|${each.quantity}|${each.sample}` === key)
      .sort((a, b) => Math.abs(a.error) - Math.abs(b.error));
    const at = (share: number): number => Math.abs(rows[Math.min(rows.length - 1, Math.floor(share * rows.length))]?.error ?? 0);
    const worst = rows.at(-1);
    const without = leftOut.filter((row) => row.engine === engine);
    return {
      engine,
      quantity,
      sample: sample as ScoreRow['sample'],
      rows: rows.length,
      median: at(0.5),
      p90: at(0.9),
      worst: { row: worst?.row ?? '', error: worst?.error ?? 0, reason: worst?.reason ?? '' },
      leftOut: { count: without.length, reasons: [...new Set(without.map(({ reason }) => reason))] },
    };
  });
}
