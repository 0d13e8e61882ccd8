import { catalogue } from './row';
import { orin } from './nvidiaArchitectures';

/** NVIDIA Jetson modules. One device per line. */
// prettier-ignore
export const nvidiaJetson = catalogue({ vendor: 'NVIDIA', class: 'edge', usable: 'nvidia-jetson' }, [
  { name: 'Jetson AGX Orin 64GB', architecture: orin, memory: 64, shader: 10.65, watts: 60, year: 2022, from: ['huggingFace'], confidence: 'medium', notes: ['unified-memory'] },
  { name: 'Jetson AGX Orin 32GB', architecture: orin, memory: 32, shader: 6.66, watts: 40, year: 2022, from: ['huggingFace'], confidence: 'medium', notes: ['unified-memory'] },
  { name: 'Jetson Orin NX 16GB', architecture: orin, memory: 16, shader: 3.76, watts: 25, year: 2023, from: ['huggingFace'], confidence: 'medium', notes: ['unified-memory'] },
  { name: 'Jetson Orin NX 8GB', architecture: orin, memory: 8, shader: 3.13, watts: 20, year: 2023, from: ['huggingFace'], confidence: 'medium', notes: ['unified-memory'] },
  { name: 'Jetson Orin Nano 8GB (Super)', architecture: orin, memory: 8, bandwidth: 102, shader: 2.56, watts: 25, year: 2023, from: ['huggingFace', 'orinNanoDeepDive'], confidence: 'medium', notes: ['bandwidth-varies', 'sparse-headline', 'unified-memory'], aliases: ['jetson orin nano 8gb', 'jetson orin nano super'] },
  { name: 'Jetson Orin Nano 4GB', architecture: orin, memory: 4, shader: 1.28, watts: 10, year: 2023, from: ['huggingFace'], confidence: 'medium', notes: ['unified-memory'] },
  { name: 'Jetson AGX Thor (T5000)', architecture: { name: 'Blackwell', native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'fp6', 'fp4', 'int8'] }, memory: 128, bandwidth: 273, watts: 130, year: 2025, from: ['evokernel', 'jetsonThor'], confidence: 'low', notes: ['sparse-headline', 'unified-memory'], aliases: ['jetson thor', 'agx thor'] },
]);
