/**
 * What presets ask of a model's shapes and of a split over devices. vLLM's rules are those of version 0.33
 * (vllm/model_executor/layers/quantization: utils/marlin_utils.py, utils/fp8_utils.py). What they ask of a device stands in
 * `formatHardware.ts`.
 */
import type { Preset } from './presets/preset';

export interface Kernel {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** Groups that it reads, whole rows beside them. */
  readonly groups: readonly number[];
}

export interface Requirements {
  /** Columns of which a row has to hold a whole number. */
  readonly columns?: number;
  /** A kernel that works in multiples; other shapes are filled up with zeros, or fall back to slower kernels in older versions. */
  readonly kernel?: Kernel;
  /** Of which each device's part of a split matrix has to be a multiple: whole groups, blocks and words. */
  readonly split?: { readonly rows: number; readonly columns: number };
}

/**
 * utils/marlin_utils.py: GPTQ_MARLIN_MIN_THREAD_N and _K, MARLIN_SUPPORTED_GROUP_SIZES. Shapes that are no such multiples are filled
 * up with zeros since version 0.33 (marlin_padded_nk), groups of other sizes are not. Machete, which comes first on Hopper, reads
 * groups of 64 and 128 and whole rows (utils/machete_utils.py).
 */
const marlin: Kernel = { name: 'Marlin', rows: 64, columns: 128, groups: [32, 64, 128] };

/** Marlin reads symmetric GPTQ and asymmetric AWQ at 4 bits, and 8 bits, in groups of 32, 64, 128 or the row. */
const withMarlin = (bits: number): Pick<Requirements, 'kernel'> => (bits === 4 || bits === 8 ? { kernel: marlin } : {});

/** Values that fill whole 32-bit words: 32 of three bits fill three. */
const valuesInWords = (bits: number): number => (32 % bits === 0 ? 32 / bits : 32);

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
/** The least common multiple of two positive numbers. */
const multiple = (a: number, b: number): number => (a / commonDivisor(a, b)) * b;

type Asks = (preset: Preset) => Requirements;

const gptq: Asks = ({ bits, groupSize }) => ({
  ...(groupSize !== null && { columns: groupSize }),
  ...withMarlin(bits),
  // Packed along the row; zero points along the outputs.
  split: { rows: valuesInWords(bits), columns: multiple(valuesInWords(bits), groupSize ?? 1) },
});

const awq: Asks = ({ groupSize }) => ({
  // auto_awq.py: input sizes in whole groups, output sizes in whole words.
  ...(groupSize !== null && { columns: groupSize }),
  ...withMarlin(4),
  split: { rows: 8, columns: groupSize ?? 1 },
});

const compressedTensors: Asks = ({ name, bits, groupSize }) => ({
  // llm-compressor modifiers/quantization/group_size_validation.py.
  ...(groupSize !== null && { columns: groupSize }),
  ...(name.includes('a16') && withMarlin(bits)),
  split: { rows: 1, columns: multiple(name.includes('int8') ? 1 : valuesInWords(bits), groupSize ?? 1) },
});

const fp8: Asks = ({ name }) => (name.includes('block128') ? { split: { rows: 128, columns: 128 } } : {});

/** Groups along the row, of which every device has whole ones. */
const grouped: Asks = ({ groupSize }) => (groupSize === null ? {} : { columns: groupSize, split: { rows: 1, columns: groupSize } });

/** Groups along the row; how their engines split matrices was not read. */
const groupedRows: Asks = ({ groupSize }) => (groupSize === null ? {} : { columns: groupSize });

/** By format; what is not listed asks for nothing that a source states. */
const byFormat: Readonly<Record<string, Asks>> = {
  GPTQ: gptq,
  AutoRound: gptq,
  AWQ: awq,
  'compressed-tensors': compressedTensors,
  FP8: fp8,
  NVFP4: grouped,
  MXFP4: grouped,
  MXFP6: grouped,
  MXFP8: grouped,
  ModelOpt: grouped,
  Quark: grouped,
  torchao: groupedRows,
  MLX: groupedRows,
  OpenVINO: groupedRows,
  // marlin_24.py: tiles of 16, scales by 128 or by row.
  '2:4 sparse': groupedRows,
};

/** What a preset asks of shapes. */
export const requirementsOf = (preset: Preset): Requirements =>
  Object.hasOwn(byFormat, preset.format) ? (byFormat[preset.format]?.(preset) ?? {}) : {};
