import { driverTotal, measuredRange } from '../usableMemory';
import { catalogue } from './row';
import { ada, ampere86, blackwell120 } from './nvidiaArchitectures';

/** NVIDIA workstation GPUs, DGX Spark and the RTX PRO server card. One device per line. */
// prettier-ignore
export const nvidiaWorkstation = catalogue({ vendor: 'NVIDIA', class: 'workstation', usable: 'nvidia-workstation' }, [
  { name: 'DGX Spark (GB10)', class: 'unified', architecture: { name: '12.1', native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'fp6', 'fp4', 'int8'] }, memory: 128, usable: measuredRange(112.22, 101.3, 121.69, 'free before loading: SGLang start logs; MiaAI-Lab/GLM-5.3-Flash-EXL3-2x-DGX-Sparks#47'), bandwidth: 273, tflops: { bf16: 62 }, shader: 29.71, watts: 140, year: 2025, from: ['huggingFace', 'evokernel'], confidence: 'medium', notes: ['sparse-headline', 'unified-memory'], aliases: ['gb10', 'spark'] },
  { name: 'RTX PRO 6000 WS', architecture: blackwell120, memory: 96, usable: 'nvidia-gddr7-ecc', tflops: { fp32: 126 }, shader: 126, watts: 600, year: 2025, from: ['huggingFace'], confidence: 'medium', aliases: ['rtx pro 6000 blackwell workstation edition', 'rtx pro 6000 workstation'] },
  { name: 'RTX PRO 6000 Max-Q', architecture: blackwell120, memory: 96, usable: 'nvidia-gddr7-ecc', tflops: { fp32: 116 }, shader: 116, watts: 300, year: 2025, from: ['huggingFace'], confidence: 'medium', aliases: ['rtx pro 6000 blackwell max-q workstation edition'] },
  { name: 'RTX PRO 5000', architecture: blackwell120, memory: [48, 72], usable: 'nvidia-gddr7-ecc', tflops: { fp32: 66.94 }, shader: 66.94, watts: 300, year: 2025, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX PRO 4500 WS', architecture: blackwell120, memory: 32, usable: 'nvidia-gddr7-ecc', tflops: { fp32: 50.53 }, shader: 50.53, watts: 200, year: 2025, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX PRO 4000', architecture: blackwell120, memory: 24, usable: 'nvidia-gddr7-ecc', tflops: { fp32: 36.83 }, shader: 36.83, watts: 140, year: 2025, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX PRO 4000 SFF', architecture: blackwell120, memory: 24, usable: 'nvidia-gddr7-ecc', tflops: { fp32: 24.05 }, shader: 24.05, watts: 70, year: 2025, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX PRO 2000', architecture: blackwell120, memory: 16, usable: 'nvidia-gddr7-ecc', tflops: { fp32: 17.03 }, shader: 17.03, watts: 70, year: 2025, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX 6000 Ada', architecture: ada, memory: 48, tflops: { fp32: 91.1 }, shader: 91.1, watts: 300, year: 2022, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX 5880 Ada', architecture: ada, memory: 48, tflops: { fp32: 69.3 }, shader: 69.3, watts: 285, year: 2024, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX 5000 Ada', architecture: ada, memory: 32, tflops: { fp32: 65.3 }, shader: 65.3, watts: 250, year: 2023, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX 4500 Ada', architecture: ada, memory: 24, tflops: { fp32: 39.6 }, shader: 39.6, watts: 210, year: 2023, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX 4000 Ada', architecture: ada, memory: 20, tflops: { fp32: 26.7 }, shader: 26.7, watts: 130, year: 2023, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX 4000 SFF Ada', architecture: ada, memory: 20, tflops: { fp32: 19.2 }, shader: 19.2, watts: 70, year: 2023, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX 3500 Ada Mobile', architecture: ada, memory: 12, tflops: { fp32: 15.8 }, shader: 15.8, watts: 150, year: 2023, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX 2000 Ada', architecture: ada, memory: 16, tflops: { fp32: 12 }, shader: 12, watts: 70, year: 2024, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX A6000', architecture: ampere86, memory: 48, usable: measuredRange(44.55, 44.55, 47.5, 'vllm-project/vllm#16141; llama.cpp start logs'), bandwidth: 768, tflops: { fp32: 38.7, fp16: 154.8, bf16: 154.8, int8: 309.7 }, shader: 38.7, link: ['NVLink bridge 56.25 GB/s one-way; PCIe4', 56.25], watts: 300, year: 2020, from: ['huggingFace', 'llmViewer', 'llmAnalysis'], confidence: 'medium', notes: ['ecc-changes-memory'] },
  { name: 'RTX A5000', architecture: ampere86, memory: [8, 12, 24], bandwidth: 768, tflops: { fp32: 27.77 }, shader: 27.77, watts: 230, year: 2021, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['memory-variants-unverified'] },
  { name: 'RTX A5000 Max-Q', architecture: ampere86, memory: 16, tflops: { fp32: 16.59 }, shader: 16.59, watts: 80, year: 2021, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX A5000 Mobile', architecture: ampere86, memory: 16, tflops: { fp32: 19.35 }, shader: 19.35, watts: 165, year: 2021, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX A4000', architecture: ampere86, memory: 16, bandwidth: 448, tflops: { fp32: 19.17 }, shader: 19.17, watts: 140, year: 2021, from: ['huggingFace', 'llmfit'], confidence: 'medium' },
  { name: 'RTX A4000 Max-Q', architecture: ampere86, memory: 8, tflops: { fp32: 14.28 }, shader: 14.28, watts: 35, year: 2021, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX A4000 Mobile', architecture: ampere86, memory: 8, tflops: { fp32: 17.2 }, shader: 17.2, watts: 80, year: 2021, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX A3000 Mobile', architecture: ampere86, memory: [6, 12], tflops: { fp32: 10.9 }, shader: 10.9, watts: 80, year: 2021, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX A2000', architecture: ampere86, memory: [6, 12], tflops: { fp32: 7.987 }, shader: 7.987, watts: 70, year: 2021, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX A2000 Embedded', architecture: ampere86, memory: 4, tflops: { fp32: 6.026 }, shader: 6.026, watts: 70, year: 2022, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX A2000 Max-Q', architecture: ampere86, memory: [4, 8], tflops: { fp32: 6.1 }, shader: 6.1, watts: 35, year: 2021, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX A2000 Mobile', architecture: ampere86, memory: [4, 8], tflops: { fp32: 8.4 }, shader: 8.4, watts: 95, year: 2021, from: ['huggingFace'], confidence: 'medium' },
  { name: 'RTX PRO 6000 Blackwell Server', class: 'datacenter', architecture: blackwell120, memory: 96, usable: driverTotal(97887, 'nvidia-smi: ai-dynamo/aiconfigurator'), bandwidth: 1792, tflops: { fp16: 467.8, bf16: 467.8, fp8: 935.6, fp4: 1871.2, int8: 935.6 }, link: ['PCIe5 64 GB/s one-way', 64], watts: 600, year: 2025, from: ['aiconfigurator'], confidence: 'high', aliases: ['rtx pro 6000 blackwell server edition', 'rtx pro 6000 server'] },
]);
