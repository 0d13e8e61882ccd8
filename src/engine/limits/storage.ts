/**
 * Bytes per parameter while training with Adam in mixed precision, before activations: weights and gradients in 16 bits, a
 * 32-bit master copy and Adam's two moments (Rajbhandari et al. 2020, ZeRO, arXiv 1910.02054, 3.1).
 */
export const adamBytesPerParameter = { weights: 2, gradients: 2, master: 4, momentum: 4, variance: 4 } as const;

/** Their sum: 16. */
export const trainingBytesPerParameter = Object.values(adamBytesPerParameter).reduce<number>((sum, bytes) => sum + bytes, 0);

/** Bytes of training state, activations apart. Sharding (ZeRO, FSDP) divides it among devices and does not make it smaller. */
export const trainingStateBytes = (parameters: number): number => trainingBytesPerParameter * parameters;

/** The fewest devices that hold `bytes` in equal shares. */
export const devicesToHold = (bytes: number, usableBytes: number): number => Math.max(1, Math.ceil(bytes / usableBytes));
