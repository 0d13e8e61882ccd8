import { catalogue } from './row';

/** Cambricon MLU. One device per line. */
// prettier-ignore
export const cambricon = catalogue({ vendor: 'Cambricon', class: 'datacenter', usable: 'unmeasured' }, [
  { name: 'Cambricon MLU370-X8', architecture: { native: ['fp32', 'fp16', 'bf16', 'int8', 'int4'] }, memory: 48, parts: 2, bandwidth: 614.4, tflops: { fp32: 32, fp16: 96, bf16: 96, int8: 256 }, link: 'MLU-Link 200 GB/s; PCIe4 x16', watts: 250, year: 2022, from: ['mlu370Launch', 'rencaizhenjiang'], confidence: 'low', notes: ['multi-die', 'native-dtypes-unverified'], aliases: ['mlu370'] },
  { name: 'Cambricon MLU290-M5', architecture: { native: ['int8', 'int4'] }, memory: 32, bandwidth: 1228, tflops: { int8: 512 }, link: ['MLU-Link 600 GB/s; PCIe4 x16 64 GB/s bidir', 300], watts: 350, year: 2021, from: ['mlu290'], confidence: 'low', notes: ['native-dtypes-unverified'], aliases: ['mlu290'] },
  { name: 'Cambricon MLU590', architecture: { native: ['fp32', 'fp16', 'bf16', 'int8'] }, from: ['evokernel'], confidence: 'low', notes: ['native-dtypes-unverified'], aliases: ['mlu590'] },
]);
