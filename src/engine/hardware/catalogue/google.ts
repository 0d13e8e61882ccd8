import { reportedBytes } from '../usableMemory';
import { catalogue } from './row';

/** Google TPUs, per chip. One device per line. */
// prettier-ignore
export const google = catalogue({ vendor: 'Google', class: 'tpu', usable: 'google-tpu' }, [
  { name: 'TPU v3 (chip)', architecture: { native: ['fp32', 'bf16'] }, memory: 32, parts: 2, bandwidth: 900, tflops: { bf16: 123 }, watts: 220, from: ['tpuV3', 'xla1966'], confidence: 'medium', notes: ['multi-die', 'native-dtypes-unverified'], aliases: ['tpu v3'] },
  { name: 'TPU v4 (chip)', architecture: { native: ['bf16', 'int8'] }, memory: 32, bandwidth: 1200, tflops: { bf16: 275, int8: 275 }, link: 'ICI 3D torus', watts: 170, from: ['tpuV4', 'mlEngineering'], confidence: 'high', notes: ['native-dtypes-unverified'], aliases: ['tpu v4'] },
  { name: 'TPU v5e', architecture: { native: ['bf16', 'int8'] }, memory: 16, bandwidth: 819, tflops: { bf16: 197, int8: 393 }, link: ['ICI 400 GB/s bidir', 200], year: 2023, from: ['tpuV5e'], confidence: 'high' },
  { name: 'TPU v5p', architecture: { native: ['bf16', 'int8'] }, memory: 95, bandwidth: 2765, tflops: { bf16: 459, fp8: 459, int8: 918 }, link: 'ICI 4800 Gbps', year: 2023, from: ['tpu7x', 'mlEngineering'], confidence: 'high', notes: ['fp8-emulated'] },
  { name: 'TPU v6e (Trillium)', architecture: { native: ['bf16', 'int8'] }, memory: 32, usable: reportedBytes(33550237696, 'vllm-project/vllm#16211'), bandwidth: 1638, tflops: { bf16: 918, fp8: 918, int8: 1836 }, link: ['ICI 800 GB/s bidir', 400], year: 2024, from: ['tpuV6e'], confidence: 'high', notes: ['fp8-emulated'], aliases: ['tpu v6e', 'trillium'] },
  { name: 'TPU7x (Ironwood)', architecture: { native: ['bf16', 'fp8', 'int8'] }, memory: 192, parts: 2, tflops: { bf16: 2307, fp8: 4614 }, year: 2025, from: ['tpu7x', 'tpuInference903'], confidence: 'high', notes: ['multi-die'], aliases: ['tpu v7', 'tpu7x', 'ironwood'] },
]);
