import { catalogue } from './row';

/** Moore Threads. One device per line. */
// prettier-ignore
export const mooreThreads = catalogue({ vendor: 'Moore Threads', class: 'datacenter', usable: 'unmeasured' }, [
  { name: 'Moore Threads MTT S4000', architecture: { native: ['fp32', 'tf32', 'fp16', 'bf16', 'int8'] }, memory: 48, bandwidth: 768, tflops: { fp32: 25, tf32: 49, fp16: 98, bf16: 98, int8: 196 }, link: 'MTLink 240 GB/s; PCIe5 x16', watts: 450, year: 2023, from: ['ioTechS4000', 'itbear'], confidence: 'low', notes: ['native-dtypes-unverified', 'throughput-conflict'], aliases: ['mtt s4000', 's4000'] },
  { name: 'Moore Threads MTT S5000', architecture: { native: ['fp32', 'fp16', 'bf16', 'fp8'] }, memory: 80, bandwidth: 1600, tflops: { fp8: 1000 }, link: '784 GB/s inter-card', year: 2025, from: ['rutabS5000', 'ldeepai', 'myzakerS5000'], confidence: 'low', notes: ['native-dtypes-unverified'], aliases: ['mtt s5000', 's5000'] },
]);
