import type { Translate } from '../../../../shared/text/translate';
import { llama31, llama3, sources, type FactRule } from './fact';

const fp8Loss = llama31('1.50', '0.38');
const noCalibration = (t: Translate): string => t('None.');
const dynamic = (t: Translate): string => t('None: activations are scaled while running.');
const measured = (t: Translate): string => t('A small sample, to measure the range of activations.');

/** Plain types, and floats of 8, 6 and 4 bits. */
export const floatFacts: readonly FactRule[] = [
  [/^fp32$/, () => ({ what: (t) => t('Not quantized: 32-bit floats.'), source: 'IEEE 754' })],
  [
    /^tf32$/,
    () => ({
      what: (t) => t('Not quantized: stored as FP32, multiplied with 10 bits of mantissa in place of 23.'),
      source: 'NVIDIA A100 whitepaper, "TF32"',
    }),
  ],
  [
    /^bf16$/,
    () => ({
      what: (t) => t('Not quantized: 16-bit floats with the range of FP32.'),
      source: 'NVIDIA TensorRT support matrix',
    }),
  ],
  [/^fp16$/, () => ({ what: (t) => t('Not quantized: 16-bit floats with the range of half precision.'), source: 'IEEE 754' })],
  [
    /^fp8-channel$/,
    () => ({
      what: (t) => t('Weights and activations in 8-bit floats (W8A8, E4M3): one scale per output row, activations scaled per token.'),
      calibration: dynamic,
      makers: 'llm-compressor (FP8_DYNAMIC), GPTQModel, vLLM',
      losses: fp8Loss,
      study: (t) => t('Effectively lossless from 8B to 405B (Llama 3.1).'),
      source: sources.vllm,
    }),
  ],
  [
    /^fp8-tensor-dynamic$/,
    () => ({
      what: (t) => t('Weights and activations in 8-bit floats (W8A8, E4M3): one scale per matrix, activations scaled while running.'),
      calibration: dynamic,
      makers: 'llm-compressor, vLLM',
      source: sources.vllm,
    }),
  ],
  [
    /^fp8-tensor/,
    () => ({
      what: (t) =>
        t('Weights and activations in 8-bit floats (W8A8, E4M3): one scale per matrix, scales of activations measured beforehand.'),
      calibration: measured,
      makers: 'NVIDIA ModelOpt',
      losses: fp8Loss,
      source: sources.vllm,
    }),
  ],
  [
    /^fp8-block128/,
    () => ({
      what: (t) =>
        t('Weights and activations in 8-bit floats (W8A8, E4M3): one scale per block of 128 × 128, as DeepSeek-V3 and Qwen3 publish it.'),
      calibration: dynamic,
      makers: 'llm-compressor (FP8_BLOCK), AutoRound',
      source: sources.vllm,
    }),
  ],
  [
    /^fp8-e5m2-/,
    () => ({
      what: (t) => t('8-bit floats with five bits of exponent (E5M2): more range and less precision than E4M3; rare for weights.'),
      calibration: dynamic,
      source: 'Micikevicius et al. 2022, arXiv 2209.05433',
    }),
  ],
  [
    /^(quark-fp8|torchao-float8)/,
    ([, maker]) => ({
      what: (t) => t('Weights in 8-bit floats, as this library stores them.'),
      calibration: maker === 'quark-fp8' ? measured : dynamic,
      makers: maker === 'quark-fp8' ? 'AMD Quark' : 'torchao',
      source: maker === 'quark-fp8' ? 'amd/Quark' : 'pytorch/ao',
    }),
  ],
  [
    /^mlx-(?:mxfp|nvfp)([48])/,
    ([name, bits = '4']) => ({
      what: (t) =>
        t(
          '{0}-bit floats: blocks of {1} share a scale of 8 bits. Embedding and head are quantized too.',
          bits,
          name.includes('nvfp') ? '16' : '32',
        ),
      calibration: noCalibration,
      makers: 'mlx-lm',
      source: sources.mlx,
    }),
  ],
  [
    /^nvfp4a16|^nvfp4-w4a16/,
    () => ({
      what: (t) =>
        t('Weight-only 4-bit floats: blocks of 16 share an FP8 scale, and each matrix one in FP32. Activations stay at 16 bits.'),
      calibration: noCalibration,
      makers: 'NVIDIA ModelOpt, llm-compressor',
      source: sources.compressor,
    }),
  ],
  [
    /nvfp4/,
    () => ({
      what: (t) => t('Weights and activations in 4-bit floats: blocks of 16 share an FP8 scale, and each matrix one in FP32.'),
      calibration: measured,
      makers: 'NVIDIA ModelOpt, llm-compressor',
      source: sources.compressor,
    }),
  ],
  [
    /mxfp([468])/,
    ([, bits = '4']) => ({
      what: (t) =>
        bits === '4'
          ? t('Weight-only 4-bit floats: blocks of 32 share an 8-bit exponent, 4.25 bits per weight. Experts only, where there are any.')
          : t('{0}-bit floats: blocks of 32 share an 8-bit exponent.', bits),
      calibration: (t) => (bits === '4' ? t('None; gpt-oss was trained for it.') : t('None.')),
      makers: 'llm-compressor, NVIDIA ModelOpt',
      source: sources.compressor,
    }),
  ],
  [
    /^bnb-(nf4|fp4)(-dq)?(?:-b(\d+))?/,
    ([, type = 'nf4', nested, block = '64']) => ({
      what: (t) =>
        type === 'nf4'
          ? t('Weight-only 4-bit codes spaced for a normal distribution: blocks of {0} share a scale. No faster, only smaller.', block)
          : t('Weight-only 4-bit floats: blocks of {0} share a scale. No faster, only smaller; NF4 loses less.', block),
      calibration: noCalibration,
      makers: 'bitsandbytes',
      ...(block === '64' && { losses: llama3(type === 'nf4' ? '63.4' : '61.8') }),
      source: nested ? 'Dettmers et al. 2023, arXiv 2305.14314' : sources.bitsandbytes,
    }),
  ],
];
