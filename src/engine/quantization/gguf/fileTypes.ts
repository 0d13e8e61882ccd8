import type { GgmlType } from './ggmlTypes';

/**
 * What `llama-quantize` calls a type of file, and the type that its rules start from: ggml-org/llama.cpp
 * include/llama.h (enum llama_ftype), src/llama-quant.cpp (llama_ftype_get_default_type), tools/quantize/quantize.cpp.
 */
export interface FileType {
  readonly name: string;
  readonly base: GgmlType;
  /**
   * Whether its files are made with an importance matrix when nobody says: where llama-quantize refuses to work without one
   * (IQ1_*, IQ2_*, IQ3_XXS, Q2_K_S), and for the other IQ types, which publishers offer beside those in one series.
   */
  readonly imatrix: boolean;
}

const plain = (name: string, base: GgmlType): FileType => ({ name, base, imatrix: false });
const matrix = (name: string, base: GgmlType): FileType => ({ name, base, imatrix: true });

export const fileTypes = [
  plain('F32', 'F32'),
  plain('F16', 'F16'),
  plain('BF16', 'BF16'),
  plain('Q8_0', 'Q8_0'),
  plain('Q6_K', 'Q6_K'),
  plain('Q5_1', 'Q5_1'),
  plain('Q5_0', 'Q5_0'),
  plain('Q5_K_M', 'Q5_K'),
  plain('Q5_K_S', 'Q5_K'),
  plain('Q4_1', 'Q4_1'),
  plain('Q4_0', 'Q4_0'),
  plain('Q4_K_M', 'Q4_K'),
  plain('Q4_K_S', 'Q4_K'),
  plain('Q3_K_L', 'Q3_K'),
  plain('Q3_K_M', 'Q3_K'),
  plain('Q3_K_S', 'Q3_K'),
  plain('Q2_K', 'Q2_K'),
  matrix('Q2_K_S', 'Q2_K'),
  matrix('IQ4_NL', 'IQ4_NL'),
  matrix('IQ4_XS', 'IQ4_XS'),
  matrix('IQ3_M', 'IQ3_S'),
  matrix('IQ3_S', 'IQ3_S'),
  matrix('IQ3_XS', 'IQ3_S'),
  matrix('IQ3_XXS', 'IQ3_XXS'),
  matrix('IQ2_M', 'IQ2_S'),
  matrix('IQ2_S', 'IQ2_XS'),
  matrix('IQ2_XS', 'IQ2_XS'),
  matrix('IQ2_XXS', 'IQ2_XXS'),
  matrix('IQ1_M', 'IQ1_M'),
  matrix('IQ1_S', 'IQ1_S'),
  plain('TQ2_0', 'TQ2_0'),
  plain('TQ1_0', 'TQ1_0'),
  plain('MXFP4_MOE', 'MXFP4'),
  plain('NVFP4', 'NVFP4'),
  plain('Q2_0', 'Q2_0'),
  plain('Q1_0', 'Q1_0'),
] as const;

/** Other names that llama-quantize takes for a file type. */
export const aliases: Readonly<Record<string, string>> = { Q3_K: 'Q3_K_M', Q4_K: 'Q4_K_M', Q5_K: 'Q5_K_M' };

const byName: ReadonlyMap<string, FileType> = new Map(fileTypes.map((type) => [type.name, type]));

/** @throws RangeError for a name that no file type has. */
export function fileTypeOf(name: string): FileType {
  const type = byName.get(aliases[name] ?? name);
  if (!type) throw new RangeError(`no file type ${name}`);
  return type;
}
