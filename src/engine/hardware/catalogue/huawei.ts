import { gib } from '../device';
import { estimateUsable } from '../usableMemory';
import { catalogue } from './row';

/** Huawei Ascend. One device per line. */
// prettier-ignore
export const huawei = catalogue({ vendor: 'Huawei', class: 'datacenter', usable: 'huawei-ascend' }, [
  { name: 'Ascend 310P / Atlas 300I Duo (2 chips)', architecture: { native: ['fp16', 'int8'] }, memory: 96, parts: 2, bandwidth: 408, tflops: { int8: 280 }, link: 'PCIe4 x16', watts: 150, from: ['atlas300iDuo', 'accio'], confidence: 'low', notes: ['multi-die', 'native-dtypes-unverified'], aliases: ['ascend 310p', 'atlas 300i duo'] },
  { name: 'Ascend 910B', architecture: { native: ['fp32', 'fp16', 'bf16', 'int8'] }, memory: 64, tflops: { fp16: 280 }, link: 'HCCS 392 GB/s', watts: 310, year: 2023, from: ['boardor910b', 'evokernel'], confidence: 'low', notes: ['bandwidth-conflict', 'native-dtypes-unverified', 'power-conflict', 'throughput-varies'] },
  { name: 'Ascend 910C (dual die)', architecture: { native: ['fp32', 'fp16', 'bf16', 'int8'] }, memory: 128, parts: 2, bandwidth: 3200, tflops: { fp16: 752, bf16: 752 }, link: 'HCCS/UB 784 GB/s (196 GB/s UB per NPU in CM384)', year: 2025, from: ['cloudMatrix384', 'evokernel'], confidence: 'low', notes: ['multi-die', 'native-dtypes-unverified', 'throughput-conflict'], aliases: ['ascend 910c'] },
  { name: 'Ascend 950PR', architecture: { native: ['fp16', 'bf16', 'fp8', 'fp4'] }, memory: 128, usable: estimateUsable(112 * gib, 'huawei-ascend'), bandwidth: 1600, tflops: { fp8: 1000, fp4: 2000 }, link: '2 TB/s', year: 2026, from: ['cloudnewsHuawei', 'm968545'], confidence: 'low', notes: ['announced', 'bandwidth-conflict', 'memory-conflict', 'native-dtypes-unverified', 'throughput-conflict'] },
  { name: 'Ascend 950DT', architecture: { native: ['fp16', 'bf16', 'fp8', 'fp4'] }, memory: 144, usable: estimateUsable(96 * gib, 'huawei-ascend'), bandwidth: 4000, tflops: { bf16: 486, fp8: 1000, fp4: 2000 }, link: '2 TB/s', year: 2026, from: ['huaweiConnect2025', 'mlEngineering'], confidence: 'high', notes: ['announced', 'memory-conflict', 'native-dtypes-unverified', 'throughput-conflict'] },
]);
