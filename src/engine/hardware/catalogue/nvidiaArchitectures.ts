/**
 * NVIDIA compute capabilities and the formats that their tensor cores multiply, after the support matrices of TensorRT and
 * TensorRT-RTX. 6.1 and 7.0 lack bf16; 8.x before 8.9 lack fp8; 9.0 and older lack fp4.
 */

/** Compute capability 7.0. */
export const volta = { name: '7.0', native: ['fp32', 'fp16'] } as const;
/** Compute capability 7.5. */
export const turing = { name: '7.5', native: ['fp32', 'fp16', 'int8', 'int4'] } as const;
/** Compute capability 6.1. */
export const pascal = { name: '6.1', native: ['fp32', 'int8'] } as const;
/** Compute capability 8.6. */
export const ampere86 = { name: '8.6', native: ['fp32', 'tf32', 'fp16', 'bf16', 'int8', 'int4'] } as const;
/** Compute capability 8.0. */
export const ampere80 = { name: '8.0', native: ['fp32', 'tf32', 'fp16', 'bf16', 'int8', 'int4'] } as const;
/** Compute capability 8.9. */
export const ada = { name: '8.9', native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'int8'] } as const;
/** Compute capability 9.0. */
export const hopper = { name: '9.0', native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'int8'] } as const;
/** Compute capability 12.0. */
export const blackwell120 = { name: '12.0', native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'fp6', 'fp4', 'int8'] } as const;
/** Compute capability 10.0. */
export const blackwell100 = { name: '10.0', native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'fp6', 'fp4', 'int8'] } as const;
/** Compute capability 10.3. */
/** Compute capability 8.7. */
export const orin = { name: '8.7', native: ['fp32', 'tf32', 'fp16', 'bf16', 'int8'] } as const;
