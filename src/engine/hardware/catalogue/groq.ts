import { catalogue } from './row';

/** Groq LPU: weights in on-chip SRAM. One device per line. */
// prettier-ignore
export const groq = catalogue({ vendor: 'Groq', class: 'npu', usable: 'unmeasured' }, [
  { name: 'Groq LPU v1', architecture: { native: ['fp16', 'int8'] }, memoryGB: 0.23, bandwidth: 80000, tflops: { fp16: 188, int8: 750 }, from: ['techPowerUpGroq', 'evokernel'], confidence: 'medium', notes: ['native-dtypes-unverified', 'on-chip-memory'], aliases: ['groq', 'lpu', 'groq lpu'] },
]);
