/** Training of small models whose ranks share them, as traced by the plans of transformers; scripts/parallelPeaks.ts writes the figures. */
import { oneRank, type Degrees } from '../../src/engine/memory/trace/degrees';
import type { PeakJob } from '../../src/engine/memory/trace/peak';
import { usual } from './peaks';

/** By model, degrees and job: bytes at the peak and of parameters, of one rank. */
export type ParallelFixture = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, readonly [peak: number, parameters: number, phase: string]>>>>>
>;

export const parallelJobs = {
  train: usual,
  'mixed precision': { ...usual, precision: 'mixed' },
  checkpointed: { ...usual, checkpointing: true },
  'long, mixed and checkpointed': { ...usual, batch: 1, tokens: 512, precision: 'mixed', checkpointing: true },
  'eager, SGD': { ...usual, attention: 'eager', optimizer: 'sgd' },
} as const satisfies Readonly<Record<string, PeakJob>>;

export const degreesTraced: Readonly<Record<string, Degrees>> = {
  'tensor 2': { ...oneRank, tensor: 2 },
  'expert 2': { ...oneRank, expert: 2 },
  'tensor 2, expert 2': { ...oneRank, tensor: 2, expert: 2 },
};

const dense = ['tensor 2'];
const mixture = ['tensor 2', 'expert 2', 'tensor 2, expert 2'];

/** Small models (peaks.ts) whose plans cut what is cut here: other plans leave some matrices whole, or gather what they put out. */
export const parallelModels: Readonly<Record<string, readonly string[]>> = {
  llama: dense,
  qwen3: dense,
  gemma2: dense,
  gemma3_text: dense,
  cohere: dense,
  granite: dense,
  starcoder2: dense,
  phi: dense,
  nemotron: dense,
  exaone4: dense,
  minicpm3: dense,
  mixtral: dense,
  qwen3_moe: mixture,
  deepseek_v2: mixture,
  glm4_moe: mixture,
};
