import type { PackingWriter } from './schemes/compressedTensors';
import type { GptqWriter } from './schemes/gptq';

/**
 * Programs (or ages of one) that store the same block differently, where the block does not say which of them it was. Files
 * beside a config do: names and types of their tensors are the writer's.
 */
export type Writer = GptqWriter | PackingWriter;

/** What is said of a writer, or what is assumed: the first of those that could have written a block. */
export const toldAmong = <W extends Writer>(writers: readonly W[], told: Writer | undefined): W | undefined =>
  writers.find((writer) => writer === told);

/** A recipe's writers: the one that its layout is of first, then the others that could have been it. */
export const withOthers = <W extends Writer>(writer: W, all: readonly W[]): readonly W[] => [
  writer,
  ...all.filter((other) => other !== writer),
];
