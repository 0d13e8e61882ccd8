import type { Fact } from '../../../shared/panel/snapshot';
import type { Translate } from '../../../shared/text/translate';

/** A loss that somebody measured and published, on a model of a size. */
interface Measurement {
  readonly model: string;
  readonly parameters: number;
  /** "MMLU −1.50 %". */
  readonly loss: string;
  readonly source: string;
}

/** What a precision is and needs. Texts are written when they are asked for, in the reader's language. */
interface PrecisionFacts {
  readonly what: (t: Translate) => string;
  readonly calibration?: (t: Translate) => string;
  readonly hardware?: (t: Translate) => string;
  readonly makers?: string;
  readonly losses?: readonly Measurement[];
  /** Of several models, without one figure. */
  readonly study?: (t: Translate) => string;
  readonly source: string;
}

const modelOpt = 'NVIDIA/TensorRT-Model-Optimizer: examples/benchmark.md (H100, ModelOpt 0.21.1)';
const vllm = 'vllm-project/vllm: docs/features/quantization';
const compressor = 'vllm-project/llm-compressor: docs/steps/choosing-scheme.md';
const quantComparison = 'matt-c1/llama-3-quant-comparison';
const neuralMagic = 'Kurtic et al. 2024, arXiv 2411.02355';

const llama31 = (small: string, large: string): readonly Measurement[] => [
  { model: 'Llama-3.1-8B-Instruct', parameters: 8e9, loss: `MMLU −${small} %`, source: modelOpt },
  { model: 'Llama-3.1-70B-Instruct', parameters: 70e9, loss: `MMLU −${large} %`, source: modelOpt },
];
const llama3 = (score: string): readonly Measurement[] => [
  { model: 'Llama-3-8B', parameters: 8e9, loss: `MMLU 65.2 → ${score}`, source: quantComparison },
];

const fp8Hardware = (t: Translate): string =>
  t('Ada (8.9), Hopper (9.0) and newer, AMD MI300 and newer. On Ampere vLLM keeps the weights in FP8 and computes in 16 bits.');
const fp8Loss = llama31('1.50', '0.38');
const int4Loss = llama31('5.66', '1.07');

/** Facts of the presets; a preset without an entry is shown with its figures alone. */
const facts: Readonly<Record<string, PrecisionFacts>> = {
  fp32: { what: (t) => t('Not quantized: 32-bit floats.'), source: 'IEEE 754' },
  bf16: {
    what: (t) => t('Not quantized: 16-bit floats with the range of FP32.'),
    hardware: (t) => t('NVIDIA from Ampere (8.0) on; V100 and T4 lack it.'),
    source: 'NVIDIA TensorRT support matrix',
  },
  fp16: { what: (t) => t('Not quantized: 16-bit floats with the range of half precision.'), source: 'IEEE 754' },
  'fp8-channel': {
    what: (t) => t('Weights and activations in 8-bit floats (W8A8, E4M3): one scale per output row, activations scaled per token.'),
    calibration: (t) => t('None: activations are scaled while running.'),
    hardware: fp8Hardware,
    makers: 'llm-compressor (FP8_DYNAMIC), GPTQModel, vLLM',
    losses: fp8Loss,
    study: (t) => t('Effectively lossless from 8B to 405B (Llama 3.1).'),
    source: vllm,
  },
  'fp8-tensor': {
    what: (t) =>
      t('Weights and activations in 8-bit floats (W8A8, E4M3): one scale per matrix, scales of activations measured beforehand.'),
    calibration: (t) => t('A small sample, to measure the range of activations.'),
    hardware: fp8Hardware,
    makers: 'NVIDIA ModelOpt',
    losses: fp8Loss,
    source: vllm,
  },
  'fp8-block128': {
    what: (t) =>
      t('Weights and activations in 8-bit floats (W8A8, E4M3): one scale per block of 128 × 128, as DeepSeek-V3 and Qwen3 publish it.'),
    calibration: (t) => t('None: activations are scaled while running.'),
    hardware: fp8Hardware,
    makers: 'llm-compressor (FP8_BLOCK), AutoRound',
    source: vllm,
  },
  'w8a8-int8': {
    what: (t) => t('Weights and activations in 8-bit integers (W8A8): one scale per output row, activations scaled per token.'),
    calibration: (t) => t('A few hundred samples like the data it will see (vLLM takes 512).'),
    hardware: (t) => t('Turing (7.5) to Hopper (9.0); vLLM has no INT8 kernels for Blackwell (10.0 and newer).'),
    makers: 'llm-compressor (SmoothQuant, GPTQ)',
    study: (t) => t('1 to 3 % from 8B to 405B (Llama 3.1).'),
    source: vllm,
  },
  'bnb-int8': {
    what: (t) => t('Weight-only 8-bit integers with outliers in 16 bits (LLM.int8): one scale per output row.'),
    calibration: (t) => t('None.'),
    hardware: (t) => t('NVIDIA from Turing (7.5) on; AMD, Intel and CPU in part.'),
    makers: 'bitsandbytes',
    losses: llama3('64.5'),
    source: 'bitsandbytes-foundation/bitsandbytes',
  },
  'bnb-nf4': {
    what: (t) => t('Weight-only 4-bit codes spaced for a normal distribution: blocks of 64 share a scale. No faster, only smaller.'),
    calibration: (t) => t('None.'),
    hardware: (t) => t('NVIDIA from Pascal (6.0) on; AMD, Intel and CPU in part.'),
    makers: 'bitsandbytes',
    losses: llama3('63.4'),
    source: 'bitsandbytes-foundation/bitsandbytes',
  },
  'gptq-int4-g128': {
    what: (t) => t('Weight-only 4-bit integers: groups of 128 columns share a scale and a zero point; activations stay at 16 bits.'),
    calibration: (t) => t('Yes: rounding errors are corrected on sample data; choose it like the data it will see.'),
    hardware: (t) => t('NVIDIA from Volta (7.0) on; fast (Marlin) from Ampere (8.0) on. AMD, Intel and CPU through GPTQModel.'),
    makers: 'GPTQModel, llm-compressor (AutoGPTQ is archived)',
    source: vllm,
  },
  'awq-int4-g128': {
    what: (t) => t('Weight-only 4-bit integers: groups of 128 columns share a scale and a zero point; activations stay at 16 bits.'),
    calibration: (t) => t('A small sample: only the size of activations is looked at.'),
    hardware: (t) => t('NVIDIA from Turing (7.5) on; fast (Marlin) from Ampere (8.0) on.'),
    makers: 'llm-compressor, GPTQModel, AutoRound (AutoAWQ is archived)',
    losses: int4Loss,
    source: vllm,
  },
  'w4a16-g128': {
    what: (t) => t('Weight-only 4-bit integers: groups of 128 columns share a scale, without zero points; activations stay at 16 bits.'),
    calibration: (t) => t('Yes, unless weights are only rounded to the nearest.'),
    hardware: (t) => t('NVIDIA from Turing (7.5) on.'),
    makers: 'llm-compressor',
    study: (t) => t('Close to INT8 W8A8 from 8B to 405B (Llama 3.1).'),
    source: compressor,
  },
  mxfp4: {
    what: (t) =>
      t('Weight-only 4-bit floats: blocks of 32 share an 8-bit exponent, 4.25 bits per weight. Experts only, where there are any.'),
    calibration: (t) => t('None; gpt-oss was trained for it.'),
    hardware: (t) => t('In hardware from Blackwell (10.0) on; unpacked by kernels on Hopper, Ada and Ampere; any device with llama.cpp.'),
    makers: 'llm-compressor, NVIDIA ModelOpt',
    source: compressor,
  },
  'mlx-4bit-g64': {
    what: (t) => t('Weight-only 4-bit integers: groups of 64 columns share a scale and an offset. Embedding and head are quantized too.'),
    calibration: (t) => t('None.'),
    hardware: (t) => t('Apple silicon (Metal); CUDA since 2025.'),
    makers: 'mlx-lm',
    source: 'ml-explore/mlx-lm: mlx_lm/utils.py',
  },
};

const factsOf = (scheme: string): PrecisionFacts | undefined =>
  scheme === 'bnb-nf4-dq' ? facts['bnb-nf4'] : Object.hasOwn(facts, scheme) ? facts[scheme] : undefined;

/** The measurement whose model is nearest in size, by ratio. */
function nearest(losses: readonly Measurement[], parameters: number): Measurement | undefined {
  const distance = (measured: Measurement): number => Math.abs(Math.log(measured.parameters / Math.max(1, parameters)));
  return [...losses].sort((a, b) => distance(a) - distance(b))[0];
}

/**
 * What a scheme is and needs, in words.
 *
 * @param parameters of the model; null when losses measured on language models say nothing about it
 */
export function precisionFacts(scheme: string, parameters: number | null, t: Translate): readonly Fact[] {
  const known = factsOf(scheme);
  if (!known) return [];
  const loss = parameters === null ? undefined : nearest(known.losses ?? [], parameters);
  const fact = (label: string, text: string, source = ''): Fact => ({ label, text, source });
  return [
    fact(t('What it is'), known.what(t)),
    ...(known.calibration ? [fact(t('Calibration data'), known.calibration(t))] : []),
    ...(known.hardware ? [fact(t('Hardware'), known.hardware(t))] : []),
    ...(known.makers === undefined ? [] : [fact(t('Made with'), known.makers)]),
    ...(loss ? [fact(t('Measured cost'), t('{0} on {1}, the nearest measured model', loss.loss, loss.model), loss.source)] : []),
    ...(known.study && parameters !== null ? [fact(t('Study'), known.study(t), neuralMagic)] : []),
    fact(t('Source'), '', known.source),
  ];
}

/** The measured cost in a few words, for a column; null where none is published. */
export function measuredCost(scheme: string, parameters: number | null): { readonly loss: string; readonly model: string } | null {
  const found = parameters === null ? undefined : nearest(factsOf(scheme)?.losses ?? [], parameters);
  return found ? { loss: found.loss, model: found.model } : null;
}
