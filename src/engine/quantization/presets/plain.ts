import { densePreset } from './preset';

/** Weights as they are. TF32 is a way to multiply FP32 and stores nothing of its own. */
export const plainPresets = [densePreset('fp32', 'F32'), densePreset('bf16', 'BF16'), densePreset('fp16', 'F16')];
