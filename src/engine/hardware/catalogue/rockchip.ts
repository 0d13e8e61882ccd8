import { catalogue } from './row';

/** Rockchip boards. One device per line. */
// prettier-ignore
export const rockchip = catalogue({ vendor: 'Rockchip', class: 'edge', usable: 'shared-memory' }, [
  { name: 'Rockchip RK3588 NPU', architecture: { native: ['int4', 'int8', 'fp16'] }, memoryAtMost: 32, tflops: { int8: 6 }, year: 2022, from: ['evokernel'], confidence: 'low', notes: ['memory-up-to', 'native-dtypes-unverified'], aliases: ['rk3588'] },
]);
