import type { PackingWriter } from './schemes/compressedTensors';
import type { GptqWriter } from './schemes/gptq';

/** Releases of transformers that quantize the experts of a mixture one by one, and those that hold them in one parameter. */
export const expertsWriters = ['transformers-4', 'transformers-5'] as const;
export type ExpertsWriter = (typeof expertsWriters)[number];

/** ModelOpt with factors that smooth activations, and without: the block names the algorithm alike. */
export const smoothingWriters = ['modelopt-smoothed', 'modelopt-rounded'] as const;
export type SmoothingWriter = (typeof smoothingWriters)[number];

/** HQQ's own save function, and transformers up to version 4, which computes the scales in F32 whatever the model's type is. */
export const hqqWriters = ['hqq', 'transformers-4-hqq'] as const;
export type HqqWriter = (typeof hqqWriters)[number];

/** MLX's converters for models with towers: mlx-vlm keeps these, mlx-lm drops them. */
export const mlxWriters = ['mlx-vlm', 'mlx-lm'] as const;
export type MlxWriter = (typeof mlxWriters)[number];

/**
 * Programs (or ages of one) that store the same block differently, where the block does not say which of them it was. Files
 * beside a config do: names and types of their tensors are the writer's.
 */
export type Writer = GptqWriter | PackingWriter | ExpertsWriter | SmoothingWriter | HqqWriter | MlxWriter;

/** What is said of a writer, or what is assumed: the first of those that could have written a block. */
export const toldAmong = <W extends Writer>(writers: readonly W[], told: Writer | undefined): W | undefined =>
  writers.find((writer) => writer === told);

/** A recipe's writers: the one that its layout is of first, then the others that could have been it. */
export const withOthers = <W extends Writer>(writer: W, all: readonly W[]): readonly W[] => [
  writer,
  ...all.filter((other) => other !== writer),
];

/**
 * Whether experts were modules of their own or one parameter when transformers quantized them: as someone knows, or by the
 * release that saved the config.
 */
export const expertsWriterOf = (savedBy: string | undefined, told: Writer | undefined): ExpertsWriter =>
  toldAmong(expertsWriters, told) ?? (Number.parseInt(savedBy ?? '', 10) >= 5 ? 'transformers-5' : 'transformers-4');
