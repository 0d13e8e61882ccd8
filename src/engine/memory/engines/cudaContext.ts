import { gib } from '../../hardware/device';

/**
 * What is gone before anything is loaded, the context of CUDA and communication: 0.53 GiB on one device (0.52 on H200, 0.54 on
 * H100: what SGLang's logs print as available before loading, against what the driver reports), 0.69 on two H100, and 2.2 on four
 * H100 and on sixteen H800.
 */
export const contextBytes = (ranks: number): number => Math.round((ranks === 1 ? 0.53 : ranks === 2 ? 0.69 : 2.2) * gib);
