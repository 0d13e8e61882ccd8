import { catalogue } from './row';

const appleGpu = { name: 'Apple GPU', native: ['fp32', 'fp16', 'bf16'] } as const;

/** Apple M-series. The GPU shares the memory. One device per line. */
// prettier-ignore
export const apple = catalogue({ vendor: 'Apple', class: 'unified', usable: 'apple-default-limit' }, [
  { name: 'Apple Silicon', architecture: appleGpu, memory: 8, shader: 1.9, watts: 10, year: 2026, from: ['huggingFace'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M1', architecture: appleGpu, memory: [8, 16], bandwidth: 68, shader: 2.6, watts: 15, year: 2020, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M1 Pro', architecture: appleGpu, memory: [16, 24, 32], bandwidth: 200, shader: 5.2, watts: 30, year: 2021, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['memory-variants-unverified', 'native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M1 Max', architecture: appleGpu, memory: [16, 24, 32, 64], bandwidth: 400, shader: 10.4, watts: 60, year: 2021, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['memory-variants-unverified', 'native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M1 Ultra', architecture: appleGpu, memory: [16, 24, 32, 64, 96, 128], bandwidth: 800, shader: 21, watts: 120, year: 2022, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['memory-variants-unverified', 'native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M2', architecture: appleGpu, memory: [8, 16, 24], bandwidth: 100, shader: 3.6, watts: 20, year: 2022, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M2 Pro', architecture: appleGpu, memory: [16, 24, 32], bandwidth: 200, shader: 6.8, watts: 35, year: 2023, from: ['huggingFace', 'llmfit', 'arsM4'], confidence: 'medium', notes: ['memory-variants-unverified', 'native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M2 Max', architecture: appleGpu, memory: [32, 64, 96], bandwidth: 400, shader: 13.49, watts: 80, year: 2023, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M2 Ultra', architecture: appleGpu, memory: [64, 96, 128, 192], bandwidth: 800, shader: 27.2, watts: 150, year: 2023, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M3', architecture: appleGpu, memory: [8, 16, 24], bandwidth: 100, shader: 4.1, watts: 22, year: 2023, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M3 Pro', architecture: appleGpu, memory: [18, 36], bandwidth: 150, shader: 7.4, watts: 40, year: 2023, from: ['huggingFace', 'llmfit', 'arsM4'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M3 Max', architecture: appleGpu, memory: [36, 48, 64, 96, 128], bandwidth: [300, 400, 400, 300, 400], shader: 14.2, watts: 90, year: 2023, from: ['huggingFace', 'llmfit', 'appleSpecs'], confidence: 'medium', notes: ['bandwidth-varies', 'native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M3 Ultra', architecture: appleGpu, memory: [96, 256, 512], bandwidth: 819, shader: 28.4, watts: 180, year: 2025, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['bandwidth-conflict', 'native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M4', architecture: appleGpu, memory: [16, 24, 32], bandwidth: 120, shader: 4.6, watts: 22, year: 2024, from: ['huggingFace', 'llmfit', 'arsM4'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M4 Pro', architecture: appleGpu, memory: [24, 48, 64], bandwidth: 273, shader: 9.2, watts: 45, year: 2024, from: ['huggingFace', 'llmfit', 'arsM4'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M4 Max', architecture: appleGpu, memory: [36, 48, 64, 128], bandwidth: [410, 546, 546, 546], shader: 18.4, watts: 100, year: 2024, from: ['huggingFace', 'llmfit', 'arsM4', 'appleSpecs'], confidence: 'medium', notes: ['bandwidth-varies', 'native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M5', architecture: appleGpu, memory: [16, 24, 32], bandwidth: 153.6, shader: 5.7, watts: 25, year: 2025, from: ['huggingFace', 'llmfit'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M5 Pro', architecture: appleGpu, memory: [24, 36, 48, 64], bandwidth: 307, shader: 11.4, watts: 50, year: 2026, from: ['huggingFace', 'llmfit', 'morningOverviewM5'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
  { name: 'Apple M5 Max', architecture: appleGpu, memory: [36, 48, 64, 128], bandwidth: 614, shader: 22.8, watts: 110, year: 2026, from: ['huggingFace', 'llmfit', 'morningOverviewM5'], confidence: 'medium', notes: ['native-dtypes-unverified', 'unified-memory'] },
]);
