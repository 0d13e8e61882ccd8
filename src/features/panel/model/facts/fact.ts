import type { Translate } from '../../../../shared/text/translate';

/** A loss that somebody measured and published, on a model of a size. */
export interface Measurement {
  readonly model: string;
  readonly parameters: number;
  /** "MMLU −1.50 %". */
  readonly loss: string;
  readonly source: string;
}

/** What a precision is and needs. Texts are written when they are asked for, in the reader's language. */
export interface PrecisionFacts {
  readonly what: (t: Translate) => string;
  readonly calibration?: (t: Translate) => string;
  readonly makers?: string;
  readonly losses?: readonly Measurement[];
  /** Of several models, without one figure. */
  readonly study?: (t: Translate) => string;
  readonly source: string;
}

/** Facts of schemes whose names match; the first rule that does holds. */
export type FactRule = readonly [pattern: RegExp, facts: (match: RegExpExecArray) => PrecisionFacts];

export const sources = {
  modelOpt: 'NVIDIA/TensorRT-Model-Optimizer: examples/benchmark.md (H100, ModelOpt 0.21.1)',
  vllm: 'vllm-project/vllm: docs/features/quantization',
  compressor: 'vllm-project/llm-compressor: docs/steps/choosing-scheme.md',
  comparison: 'matt-c1/llama-3-quant-comparison',
  bitsandbytes: 'bitsandbytes-foundation/bitsandbytes',
  gptqModel: 'ModelCloud/GPTQModel: README.md',
  mlx: 'ml-explore/mlx-lm: mlx_lm/utils.py',
} as const;

/** Losses of MMLU that ModelOpt measured on Llama 3.1 of two sizes. */
export const llama31 = (small: string, large: string): readonly Measurement[] => [
  { model: 'Llama-3.1-8B-Instruct', parameters: 8e9, loss: `MMLU −${small} %`, source: sources.modelOpt },
  { model: 'Llama-3.1-70B-Instruct', parameters: 70e9, loss: `MMLU −${large} %`, source: sources.modelOpt },
];

/** A score of MMLU that was measured on Llama 3 8B, against 65.2 in 16 bits. */
export const llama3 = (score: string): readonly Measurement[] => [
  { model: 'Llama-3-8B', parameters: 8e9, loss: `MMLU 65.2 → ${score}`, source: sources.comparison },
];

/** "128 columns", or none where one scale serves a whole row. */
export const groupOf = (text: string | undefined): string | undefined => /^g(\d+)$/.exec(text ?? '')?.[1];
