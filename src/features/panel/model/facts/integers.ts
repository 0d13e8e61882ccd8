import type { Translate } from '../../../../shared/text/translate';
import { groupOf, llama31, llama3, sources, type FactRule } from './fact';

const int4Loss = llama31('5.66', '1.07');

const zeroPoints =
  (bits: string, group: string | undefined) =>
  (t: Translate): string =>
    group === undefined
      ? t('Weight-only {0}-bit integers: each row has a scale and a zero point; activations stay at 16 bits.', bits)
      : t('Weight-only {0}-bit integers: groups of {1} columns share a scale and a zero point; activations stay at 16 bits.', bits, group);

const scalesOnly =
  (bits: string, group: string | undefined) =>
  (t: Translate): string =>
    group === undefined
      ? t('Weight-only {0}-bit integers: each row has a scale, and no zero point; activations stay at 16 bits.', bits)
      : t(
          'Weight-only {0}-bit integers: groups of {1} columns share a scale, without zero points; activations stay at 16 bits.',
          bits,
          group,
        );

const noCalibration = (t: Translate): string => t('None.');

/** Integers of one to eight bits. */
export const integerFacts: readonly FactRule[] = [
  [
    /^w8a8-int8$/,
    () => ({
      what: (t) => t('Weights and activations in 8-bit integers (W8A8): one scale per output row, activations scaled per token.'),
      calibration: (t) => t('A few hundred samples like the data it will see (vLLM takes 512).'),
      makers: 'llm-compressor (SmoothQuant, GPTQ)',
      study: (t) => t('1 to 3 % from 8B to 405B (Llama 3.1).'),
      source: sources.vllm,
    }),
  ],
  [
    /^bnb-int8$/,
    () => ({
      what: (t) => t('Weight-only 8-bit integers with outliers in 16 bits (LLM.int8): one scale per output row.'),
      calibration: noCalibration,
      makers: 'bitsandbytes',
      losses: llama3('64.5'),
      source: sources.bitsandbytes,
    }),
  ],
  [
    /^(gptq|autoround)-int(\d)-(g\d+|channel)(-actorder)?/,
    ([, method, bits = '4', group, order]) => ({
      what: zeroPoints(bits, groupOf(group)),
      calibration: (t) => t('Yes: rounding errors are corrected on sample data; choose it like the data it will see.'),
      makers: method === 'gptq' ? 'GPTQModel, llm-compressor (AutoGPTQ is archived)' : 'AutoRound',
      source: order ? sources.gptqModel : sources.vllm,
    }),
  ],
  [
    /^(?:modelopt-int4-)?awq-(?:int4-)?(g\d+|channel)?/,
    ([, group]) => ({
      what: zeroPoints('4', groupOf(group)),
      calibration: (t) => t('A small sample: only the size of activations is looked at.'),
      makers: 'llm-compressor, GPTQModel, AutoRound (AutoAWQ is archived)',
      ...(group === 'g128' && { losses: int4Loss }),
      source: sources.vllm,
    }),
  ],
  [
    /^w(\d)a16-(g\d+|channel)(-asym)?/,
    ([, bits = '4', group, asymmetric]) => ({
      what: asymmetric ? zeroPoints(bits, groupOf(group)) : scalesOnly(bits, groupOf(group)),
      calibration: (t) => t('Yes, unless weights are only rounded to the nearest.'),
      makers: 'llm-compressor',
      ...(bits === '4' && group === 'g128' && { study: (t: Translate) => t('Close to INT8 W8A8 from 8B to 405B (Llama 3.1).') }),
      source: sources.compressor,
    }),
  ],
  [
    /^(?:modelopt-)?w4a8/,
    () => ({
      what: (t) => t('Weights in 4 bits, activations in 8: less to read than W8A8, and as fast to multiply.'),
      calibration: (t) => t('Yes.'),
      makers: 'llm-compressor, NVIDIA ModelOpt',
      source: sources.compressor,
    }),
  ],
  [
    /^sparse24/,
    () => ({
      what: (t) => t('Two of every four weights are zero and are not stored, with a mask that says which; the others may be quantized.'),
      calibration: (t) => t('Yes, and mostly training: pruning half of the weights costs far more than four bits do.'),
      makers: 'llm-compressor',
      source: 'vllm-project/compressed-tensors: src/compressed_tensors/compressors',
    }),
  ],
  [
    /^hqq-int(\d)-(g\d+)/,
    ([, bits = '4', group]) => ({
      what: zeroPoints(bits, groupOf(group)),
      calibration: (t) => t('None: scales and zero points are found from the weights alone.'),
      makers: 'HQQ, transformers',
      source: 'mobiusml/hqq: hqq/core/quantize.py',
    }),
  ],
  [
    /^eetq-int8/,
    () => ({
      what: scalesOnly('8', undefined),
      calibration: noCalibration,
      makers: 'EETQ, transformers',
      source: 'NetEase-FuXi/EETQ',
    }),
  ],
  [
    /^mlx-mixed-(\d)-(\d)/,
    ([, low = '2', high = '6']) => ({
      what: (t) => t('{0}-bit integers, and {1} bits for the head and for value and down projections of some layers.', low, high),
      calibration: noCalibration,
      makers: 'mlx-lm',
      source: 'ml-explore/mlx-lm: mlx_lm/convert.py',
    }),
  ],
  [
    /^mlx-(\d)bit-(g\d+)/,
    ([, bits = '4', group]) => ({
      what: (t) =>
        t(
          'Weight-only {0}-bit integers: groups of {1} columns share a scale and an offset. Embedding and head are quantized too.',
          bits,
          groupOf(group) ?? '',
        ),
      calibration: noCalibration,
      makers: 'mlx-lm',
      source: sources.mlx,
    }),
  ],
  [
    /^(torchao|quark|onnx|openvino)-int(\d)(?:-(g\d+))?/,
    ([, maker = '', bits = '4', group]) => ({
      what: scalesOnly(bits, groupOf(group)),
      calibration: (t) => t('None, unless the recipe asks for samples.'),
      makers: { torchao: 'torchao', quark: 'AMD Quark', onnx: 'ONNX Runtime', openvino: 'NNCF' }[maker] ?? '',
      source: { torchao: 'pytorch/ao', quark: 'amd/Quark', onnx: 'microsoft/onnxruntime', openvino: 'openvinotoolkit/nncf' }[maker] ?? '',
    }),
  ],
];
