/** Bits of a value in a block, from the fields of ggml-common.h: scales and packed values summed by hand. */
export const bitsOfBlock: Readonly<Record<string, number>> = {
  Q4_0: 4 + 16 / 32,
  Q4_1: 4 + 32 / 32,
  Q5_0: 5 + 16 / 32,
  Q5_1: 5 + 32 / 32,
  Q8_0: 8 + 16 / 32,
  // 16 scales and minima of 4 bits, two halves.
  Q2_K: 2 + (16 * 8 + 32) / 256,
  // 2 bits and a mask, 16 scales of 6 bits, one half.
  Q3_K: 3 + (16 * 6 + 16) / 256,
  // 8 scales and 8 minima of 6 bits, two halves.
  Q4_K: 4 + (16 * 6 + 32) / 256,
  Q5_K: 5 + (16 * 6 + 32) / 256,
  // 16 scales of 8 bits, one half.
  Q6_K: 6 + (16 * 8 + 16) / 256,
  IQ4_NL: 4 + 16 / 32,
  // 8 scales of 6 bits, one half.
  IQ4_XS: 4 + (8 * 6 + 16) / 256,
  MXFP4: 4 + 8 / 32,
  NVFP4: 4 + 8 / 16,
  Q1_0: 1 + 16 / 128,
  Q2_0: 2 + 16 / 64,
  TQ2_0: 2 + 16 / 256,
};
