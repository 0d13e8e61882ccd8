import type { Problem } from './reading';
import type { PlacedTensor } from './tensors';

/** A tensor as the files have it; of a file that was not read, all that is known is that it should hold the tensor. */
export type FoundTensor = PlacedTensor | UnseenTensor;

export interface UnseenTensor {
  /** Position in `FoundFiles.files`. */
  readonly file: number;
  readonly dtype?: undefined;
}

/** The tensors of a checkpoint by name. */
export interface FoundTensors {
  readonly size: number;
  get(name: string): FoundTensor | undefined;
  names(): Iterable<string>;
}

export type TypeSums = Readonly<Record<string, { readonly tensors: number; readonly bytes: number }>>;

/** Sums tensors and bytes by type. */
export function typeSums(): { readonly sums: TypeSums; add(dtype: string, bytes: number): void } {
  const sums: Record<string, { tensors: number; bytes: number }> = Object.create(null);
  return {
    sums,
    add(dtype, bytes) {
      const sum = (sums[dtype] ??= { tensors: 0, bytes: 0 });
      sum.tensors++;
      sum.bytes += bytes;
    },
  };
}

/** A file of a checkpoint, as far as it could be read. */
export interface FoundFile {
  readonly name: string;
  /** `closed`: it is there, and is not opened (a pickle). */
  readonly state: 'read' | 'closed' | 'absent' | 'pointer';
  /** Bytes of the file; of the one that a pointer stands for. */
  readonly bytes: number;
  readonly problems: readonly Problem[];
}

/** Everything that the files of one checkpoint say of its tensors. */
export interface FoundFiles {
  readonly files: readonly FoundFile[];
  readonly tensors: FoundTensors;
  /** `total_size` of the index. */
  readonly totalSize: number | undefined;
  /** Tensors that a file holds and the index does not place there, and those that it places in a file without them. */
  readonly notInIndex: readonly PlacedTensor[];
  readonly notInFile: readonly string[];
  /** Tensors that another file holds as well. */
  readonly twice: readonly PlacedTensor[];
  /** Tensors and bytes of the files that were read, by type. */
  readonly types: TypeSums;
}
