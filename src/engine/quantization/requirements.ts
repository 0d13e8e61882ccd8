/**
 * What presets ask of a model's shapes, of a split over devices and of a device. vLLM's rules are those of version 0.33
 * (vllm/model_executor/layers/quantization: `get_min_capability`, utils/marlin_utils.py, utils/fp8_utils.py).
 */
import type { Vendor } from '../hardware/device';
import type { Preset } from './presets/preset';

export interface Requirements {
  /** CUDA compute capability below which no kernel reads the format. */
  readonly capability?: number;
  /** From which the format itself is multiplied; below, it is turned into 16 bits on the way. */
  readonly nativeCapability?: number;
  /** Makers whose devices the format's programs run on; left out: no restriction is known. */
  readonly vendors?: readonly Vendor[];
  /** Columns of which a row has to hold a whole number. */
  readonly columns?: number;
  /** A kernel that takes only multiples; other shapes fall back to slower ones, where there are any. */
  readonly kernel?: { readonly name: string; readonly rows: number; readonly columns: number };
  /** Of which each device's part of a split matrix has to be a multiple: whole groups, blocks and words. */
  readonly split?: { readonly rows: number; readonly columns: number };
}

/** utils/marlin_utils.py: GPTQ_MARLIN_MIN_THREAD_N and _K. */
const marlin = { name: 'Marlin', rows: 64, columns: 128 } as const;

/** Marlin reads symmetric GPTQ and asymmetric AWQ at 4 bits, and 8 bits, in groups of 32, 64, 128 or the row. */
const withMarlin = (bits: number): Pick<Requirements, 'kernel'> => (bits === 4 || bits === 8 ? { kernel: marlin } : {});

/** Values that fill whole 32-bit words: 32 of three bits fill three. */
const valuesInWords = (bits: number): number => (32 % bits === 0 ? 32 / bits : 32);

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
/** The least common multiple of two positive numbers. */
const multiple = (a: number, b: number): number => (a / commonDivisor(a, b)) * b;

type Asks = (preset: Preset) => Requirements;

const gptq: Asks = ({ bits, groupSize }) => ({
  // auto_gptq.py; GPTQModel runs elsewhere too.
  capability: 6,
  ...(groupSize !== null && { columns: groupSize }),
  ...withMarlin(bits),
  // Packed along the row; zero points along the outputs.
  split: { rows: valuesInWords(bits), columns: multiple(valuesInWords(bits), groupSize ?? 1) },
});

const awq: Asks = ({ groupSize }) => ({
  // auto_awq.py: 7.5, input sizes in whole groups, output sizes in whole words.
  capability: 7.5,
  ...(groupSize !== null && { columns: groupSize }),
  ...withMarlin(4),
  split: { rows: 8, columns: groupSize ?? 1 },
});

const compressedTensors: Asks = ({ name, bits, groupSize }) => ({
  // schemes: wNa16, w8a8_int8 and wNa8 7.5, w4a8_fp8 9.0 alone.
  ...(name.startsWith('w4a8-fp8') ? { capability: 9, nativeCapability: 9 } : { capability: 7.5 }),
  // llm-compressor modifiers/quantization/group_size_validation.py.
  ...(groupSize !== null && { columns: groupSize }),
  ...(name.includes('a16') && withMarlin(bits)),
  split: { rows: 1, columns: multiple(name.includes('int8') ? 1 : valuesInWords(bits), groupSize ?? 1) },
});

const fp8: Asks = ({ name }) => ({
  // fp8.py and w8a16_fp8: 7.5 by Marlin, weights only; ModelOpt's 8.0 (modelopt.py); w8a8_fp8: 8.9. GPTQModel's E5M2 runs anywhere.
  ...(name.includes('e5m2') ? {} : { capability: name === 'fp8-tensor' ? 8 : 7.5, nativeCapability: 8.9 }),
  ...(name.includes('block128') && { split: { rows: 128, columns: 128 } }),
});

const grouped: Asks = ({ groupSize }) => ({ ...(groupSize !== null && { columns: groupSize, split: { rows: 1, columns: groupSize } }) });

/** By format; what is not listed asks for nothing that a source states. */
const byFormat: Readonly<Record<string, Asks>> = {
  GPTQ: gptq,
  AutoRound: gptq,
  AWQ: awq,
  'compressed-tensors': compressedTensors,
  FP8: fp8,
  // NVFP4 7.5 (compressed_tensors_w4a4_nvfp4.py), MXFP4 8.0, MXFP8 7.5; tensor cores multiply them from Blackwell on.
  NVFP4: (preset) => ({ capability: 7.5, nativeCapability: 10, ...grouped(preset) }),
  MXFP4: (preset) => ({ capability: 8, nativeCapability: 10, ...grouped(preset) }),
  MXFP6: (preset) => ({ nativeCapability: 10, ...grouped(preset) }),
  MXFP8: (preset) => ({ capability: 7.5, nativeCapability: 10, ...grouped(preset) }),
  ModelOpt: (preset) => ({ ...grouped(preset) }),
  // quark/schemes: w8a8_fp8 8.9, ocp_mx and w4a16_int4 7.0.
  Quark: (preset) => ({
    ...(!preset.name.includes('e5m2') && { capability: preset.name.startsWith('quark-fp8') ? 8.9 : 7 }),
    ...grouped(preset),
  }),
  // The README's table of hardware: 4 bits from 6.0, LLM.int8 from 7.5.
  bitsandbytes: ({ bits }) => ({ capability: bits === 8 ? 7.5 : 6, vendors: ['NVIDIA', 'AMD', 'Intel', 'Apple'] }),
  // transformers quantizers/quantizer_eetq.py: a CUDA device.
  EETQ: () => ({ vendors: ['NVIDIA', 'AMD'] }),
  // torchao.py of vLLM; quant_api.py asks for 8.9, MI300 or MI350 to multiply floats of 8 bits.
  torchao: ({ name, groupSize }) => ({
    capability: name.includes('float8') ? 8.9 : 7.5,
    ...(groupSize !== null && { columns: groupSize }),
  }),
  // mlx-lm 0.32: Metal, or CUDA and the processor as extras.
  MLX: ({ groupSize }) => ({ vendors: ['Apple', 'NVIDIA'], ...(groupSize !== null && { columns: groupSize }) }),
  // OpenVINO's plugins: the maker's processors, graphics and NPUs.
  OpenVINO: ({ groupSize }) => ({ vendors: ['Intel'], ...(groupSize !== null && { columns: groupSize }) }),
  // marlin_24.py: tiles of 16, scales by 128 or by row.
  '2:4 sparse': ({ groupSize }) => (groupSize === null ? {} : { columns: groupSize }),
};

/** What a preset asks of shapes and devices. */
export const requirementsOf = (preset: Preset): Requirements =>
  Object.hasOwn(byFormat, preset.format) ? (byFormat[preset.format]?.(preset) ?? {}) : {};
