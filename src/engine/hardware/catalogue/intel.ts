import { reportedBytes } from '../usableMemory';
import { catalogue } from './row';

const xeHpg = { name: 'Xe-HPG', native: ['fp32', 'fp16', 'bf16', 'int8'] } as const;
const xe2 = { name: 'Xe2', native: ['fp32', 'fp16', 'bf16', 'int8'] } as const;

/** Intel Gaudi, Max and Arc. One device per line. */
// prettier-ignore
export const intel = catalogue({ vendor: 'Intel', class: 'consumer', usable: 'intel-arc' }, [
  { name: 'Gaudi 2', class: 'datacenter', architecture: { name: 'Gaudi2', native: ['fp32', 'bf16', 'fp8'] }, memory: 96, usable: 'intel-datacenter', bandwidth: 2460, tflops: { bf16: 432, fp8: 865 }, link: '24x100GbE 600 GB/s', watts: 600, year: 2022, from: ['mlEngineering', 'gaudiHotChips'], confidence: 'high', notes: ['native-dtypes-unverified'] },
  { name: 'Gaudi 3', class: 'datacenter', architecture: { name: 'Gaudi3', native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8'] }, memory: 128, usable: 'intel-datacenter', bandwidth: 3700, tflops: { fp32: 229, tf32: 459, fp16: 459, bf16: 1835, fp8: 1835 }, link: ['24x200GbE 1200 GB/s bidir', 600], watts: 900, year: 2024, from: ['gaudiHotChips', 'mlEngineering'], confidence: 'high', notes: ['native-dtypes-unverified', 'throughput-conflict'] },
  { name: 'Data Center GPU Max 1550', class: 'datacenter', architecture: { name: 'Xe-HPC (Ponte Vecchio)', native: ['fp32', 'tf32', 'fp16', 'bf16', 'int8'] }, memory: 128, usable: 'intel-datacenter', bandwidth: 3276.8, tflops: { fp32: 54.423, bf16: 832 }, link: 'PCIe5 x16; Xe Link', watts: 600, year: 2023, from: ['gpuInfoApi'], confidence: 'medium', notes: ['native-dtypes-unverified'], aliases: ['max 1550', 'ponte vecchio'] },
  { name: 'Arc A380', architecture: xeHpg, memory: 6, shader: 8.4, watts: 75, year: 2022, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'Arc A750', architecture: xeHpg, memory: 8, shader: 34.41, watts: 225, year: 2022, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'Arc A770', architecture: xeHpg, memory: [8, 16], bandwidth: [512, 512], shader: 39.32, watts: 225, year: 2022, from: ['huggingFace', 'fpsbench'], confidence: 'medium', notes: ['bandwidth-conflict', 'native-dtypes-unverified'] },
  { name: 'Arc B570', architecture: xe2, memory: 10, shader: 23.04, watts: 150, year: 2025, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'Arc B580', architecture: xe2, memory: 12, bandwidth: 456, shader: 27.34, watts: 190, year: 2024, from: ['huggingFace', 'evokernel'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'Arc Pro B50', architecture: xe2, memory: 16, shader: 21.3, watts: 70, year: 2025, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'Arc Pro B70', architecture: xe2, memory: 32, usable: reportedBytes(33717890318, 'intel/compute-runtime#998'), shader: 45.88, watts: 230, year: 2026, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'Arc Pro B60', class: 'workstation', architecture: xe2, memory: 24, bandwidth: 456, tflops: { fp32: 12.28, fp16: 98.3, bf16: 98.3, int8: 197 }, shader: 24.58, link: ['PCIe5 x8 32 GB/s one-way', 32], watts: 200, year: 2025, from: ['aiconfigurator', 'huggingFace'], confidence: 'high', notes: ['native-dtypes-unverified'], aliases: ['arc pro b60 24gb'] },
  { name: 'Arc Pro B60 Dual', class: 'workstation', architecture: xe2, memory: 48, parts: 2, link: 'PCIe5 x8 per GPU', year: 2025, from: ['huggingFace'], confidence: 'medium', notes: ['multi-die', 'native-dtypes-unverified'], aliases: ['arc pro b60 48gb'] },
]);
