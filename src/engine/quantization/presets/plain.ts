import { densePreset } from './preset';

/**
 * Weights as they are. TF32 is a way to multiply FP32 (its range, with 10 bits of mantissa in place of 23) and no type of memory:
 * such a model is stored as FP32.
 */
export const plainPresets = [
  densePreset('fp32', 'F32'),
  densePreset('tf32', 'F32', 'tensorflow/community: rfcs/20200520-tensor-float-32.md'),
  densePreset('bf16', 'BF16'),
  densePreset('fp16', 'F16'),
];

/** Presets that differ from another in how they are multiplied alone, with the one that says how they are stored. */
export const computeOnly: Readonly<Record<string, { readonly storedAs: string; readonly mantissaBits: number }>> = {
  tf32: { storedAs: 'fp32', mantissaBits: 10 },
};
