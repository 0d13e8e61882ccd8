import { reported } from '../usableMemory';
import { catalogue } from './row';

const vega20 = { name: 'gfx906', native: ['fp32', 'fp16', 'int8'] } as const;
const cdna2 = { name: 'gfx90a CDNA2', native: ['fp32', 'fp16', 'bf16', 'int8'] } as const;
const cdna3 = { name: 'gfx942 CDNA3', native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'int8'] } as const;
const cdna4 = { name: 'gfx950 CDNA4', native: ['fp32', 'fp16', 'bf16', 'fp8', 'fp6', 'fp4', 'int8'] } as const;
const rdna3 = { name: 'gfx1100', native: ['fp32', 'fp16', 'bf16', 'int8'] } as const;
const rdna4 = { name: 'gfx1201', native: ['fp32', 'fp16', 'bf16', 'int8', 'fp8'] } as const;

/** AMD Instinct, Radeon and Ryzen AI. One device per line. */
// prettier-ignore
export const amd = catalogue({ vendor: 'AMD', class: 'datacenter', usable: 'amd-instinct' }, [
  { name: 'MI50', architecture: vega20, memory: [16, 32], shader: 26.5, watts: 300, year: 2018, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'MI60', architecture: vega20, memory: 32, shader: 29.5, watts: 300, year: 2018, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'MI100', architecture: { name: 'gfx908 CDNA', native: ['fp32', 'fp16', 'bf16', 'int8'] }, memory: 32, bandwidth: 1228.8, tflops: { fp16: 184.6 }, watts: 300, year: 2020, from: ['llmAnalysis', 'huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'MI210', architecture: cdna2, memory: 64, bandwidth: 1638, tflops: { fp16: 181, bf16: 181 }, watts: 300, year: 2022, from: ['llmAnalysis', 'huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'MI250', architecture: cdna2, memory: 128, parts: 2, bandwidth: 3277, tflops: { fp32: 45.3, fp16: 362, bf16: 362, int8: 362 }, watts: 560, year: 2021, from: ['mlEngineering', 'huggingFace'], confidence: 'high', notes: ['multi-die', 'native-dtypes-unverified'] },
  { name: 'MI250X', architecture: cdna2, memory: 128, parts: 2, bandwidth: 3277, tflops: { fp32: 47.9, fp16: 383, bf16: 383, int8: 383 }, watts: 560, year: 2021, from: ['mlEngineering'], confidence: 'high', notes: ['multi-die', 'native-dtypes-unverified'] },
  { name: 'MI300A', architecture: cdna3, memory: 128, bandwidth: 5300, tflops: { fp16: 981, bf16: 981, fp8: 1962, int8: 1962 }, link: 'Infinity Fabric 768 GB/s', watts: 760, year: 2023, from: ['evokernel'], confidence: 'low', notes: ['fp8-fnuz', 'native-dtypes-unverified', 'unified-memory'] },
  { name: 'MI300X', architecture: cdna3, memory: 192, usable: reported(191.98, 'vLLM start logs: cmontemuino/amd-mi300x-ml-benchmarks'), bandwidth: 5300, tflops: { fp32: 163.4, tf32: 653.7, fp16: 1307, bf16: 1307, fp8: 2614, int8: 2600 }, link: 'Infinity Fabric 896 GB/s aggregate; PCIe5', watts: 750, year: 2023, from: ['mlEngineering', 'evokernel'], confidence: 'high', notes: ['fp8-fnuz', 'native-dtypes-unverified'] },
  { name: 'MI325X', architecture: cdna3, memory: 256, bandwidth: 6000, tflops: { fp32: 163.4, tf32: 653.7, fp16: 1307, bf16: 1307, fp8: 2614, int8: 2600 }, link: 'Infinity Fabric 896 GB/s', watts: 1000, year: 2024, from: ['mlEngineering'], confidence: 'high', notes: ['fp8-fnuz', 'native-dtypes-unverified'] },
  { name: 'MI350X', architecture: cdna4, memory: 288, bandwidth: 8000, watts: 1000, year: 2025, from: ['mlEngineering', 'tomsHardwareMi355x'], confidence: 'high', notes: ['native-dtypes-unverified', 'sparse-headline'] },
  { name: 'MI355X', architecture: cdna4, memory: 288, bandwidth: 8000, tflops: { fp32: 157.3, fp16: 2500, bf16: 2500, fp8: 5000, fp4: 10100, int8: 5000 }, link: 'Infinity Fabric 1075 GB/s', watts: 1400, year: 2025, from: ['mlEngineering', 'evokernel'], confidence: 'high', notes: ['native-dtypes-unverified'] },
  { name: 'MI455X (announced)', architecture: { name: 'CDNA5' }, memory: 432, bandwidth: 23300, tflops: { fp32: 315, fp16: 5000, bf16: 5000, fp8: 10000, fp4: 20000, int8: 5000 }, year: 2026, from: ['mlEngineering'], confidence: 'high', notes: ['announced'] },
  { name: 'RX 7900 XTX', class: 'consumer', architecture: rdna3, memory: 24, usable: 'amd-radeon', bandwidth: 960, tflops: { fp16: 123, bf16: 123 }, shader: 122.8, watts: 355, year: 2022, from: ['huggingFace', 'llmfit', 'evokernel'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'RX 7900 XT', class: 'consumer', architecture: rdna3, memory: 20, usable: 'amd-radeon', bandwidth: 800, shader: 103, watts: 315, year: 2022, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'RX 7900 GRE', class: 'consumer', architecture: rdna3, memory: 16, usable: 'amd-radeon', bandwidth: 576, shader: 91.96, watts: 260, year: 2023, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'RX 9070 XT', class: 'consumer', architecture: rdna4, memory: 16, usable: 'amd-radeon', bandwidth: 640, tflops: { fp16: 195, bf16: 195 }, shader: 97.32, watts: 304, year: 2025, from: ['huggingFace', 'llmfit', 'evokernel'], confidence: 'medium', notes: ['bandwidth-conflict', 'native-dtypes-unverified'] },
  { name: 'RX 9070', class: 'consumer', architecture: rdna4, memory: 16, usable: 'amd-radeon', shader: 72.25, watts: 220, year: 2025, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'RX 9060 XT', class: 'consumer', architecture: { name: 'gfx1200', native: ['fp32', 'fp16', 'bf16', 'int8', 'fp8'] }, memory: [8, 16], usable: 'amd-radeon', shader: 51.28, watts: 160, year: 2025, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'Radeon AI PRO R9700', class: 'workstation', architecture: rdna4, memory: 32, usable: 'amd-radeon', shader: 95.7, watts: 300, year: 2025, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'Radeon PRO W7900', class: 'workstation', architecture: rdna3, memory: 48, usable: 'amd-radeon', shader: 122.6, watts: 295, year: 2023, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'Radeon PRO W7800', class: 'workstation', architecture: rdna3, memory: [32, 48], usable: 'amd-radeon', shader: 90.5, watts: 260, year: 2023, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'Radeon Pro V620', architecture: { name: 'gfx1030', native: ['fp32', 'fp16', 'int8'] }, memory: 32, usable: 'amd-radeon', shader: 40.55, watts: 300, year: 2021, from: ['huggingFace', 'llvmGfx11'], confidence: 'medium', notes: ['native-dtypes-unverified'] },
  { name: 'Ryzen AI Max+ 395 (Strix Halo)', class: 'unified', architecture: { name: 'gfx1151', native: ['fp32', 'fp16', 'bf16', 'int8'] }, memory: [64, 96, 128], usable: 'amd-shared', bandwidth: 256, shader: 29.7, watts: 120, year: 2025, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'], aliases: ['strix halo', 'ryzen ai max 395', '8060s'] },
]);
