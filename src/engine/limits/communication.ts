/** Bytes per gradient element as mixed-precision training exchanges them (16 bits). */
export const gradientBytesPerParameter = 2;

/**
 * Bytes that each of `devices` sends in a ring all-reduce of `bytes`: 2 · (n − 1) / n of them, which is the least that any
 * all-reduce can do (Patarasuk and Yuan 2009, J. Parallel Distrib. Comput. 69, "Bandwidth optimal all-reduce").
 */
export const ringAllReduceBytes = (bytes: number, devices: number): number => (devices <= 1 ? 0 : (2 * (devices - 1) * bytes) / devices);
