import type { Writer } from '../quantization/writers';
import type { CacheDtype } from '../units/dtypes';
import type { TypeSums } from './found';
import type { Problem } from './reading';

/** How a tensor of the files differs from what the config says. */
export type DifferenceKind =
  /** The files lack it. */
  | 'missing'
  /** The files hold it, and the model does not. */
  | 'extra'
  | 'shape'
  | 'dtype'
  /** The config ties it to another tensor, and the files hold it all the same. */
  | 'tied-stored'
  /** The config does not tie it, and the files hold only the tensor that it would be tied to. */
  | 'tied-missing'
  /** A file that the index names is not there while others are; or stands there as a pointer of Git LFS. */
  | 'missing-file'
  /** A file ends before its data does. */
  | 'cut-file'
  /** A file goes on after its data. */
  | 'long-file'
  /** The index names it, and the file that it points to does not hold it. */
  | 'not-in-file'
  /** A file holds it, and the index does not name it or points elsewhere. */
  | 'not-in-index'
  /** Two files hold it. */
  | 'twice'
  /** The sum that the index writes is another, and no tensor can be looked at. */
  | 'total-size';

/** Why an extra tensor is no surprise, where it is none. */
export type ExtraReason =
  /** A buffer that older versions of transformers saved and that loading ignores. */
  | 'recomputed'
  /** A layer behind the model's last, which its class does not load (it predicts further tokens). */
  | 'unloaded';

export interface TensorFacts {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

export interface Difference {
  readonly kind: DifferenceKind;
  /** Of the tensor in the files where they hold it, else as the config says; or of the file. */
  readonly name: string;
  readonly file?: string;
  readonly expected?: TensorFacts;
  readonly found?: TensorFacts;
  /** Bytes that the files hold more (less: negative) because of it; 0 where that is unknown. */
  readonly bytes: number;
  readonly why?: ExtraReason;
  /** The tensor that it is tied to. */
  readonly tiedTo?: string;
}

/** Something worth knowing that is no difference. */
export type ProofNote =
  /** The files name their tensors with another prefix, which the reference recognises. */
  | { readonly code: 'prefix'; readonly expected: string; readonly found: string }
  /** They use the names of a composite from before or after its parts were renamed, which the reference converts. */
  | { readonly code: 'renamed-parts' }
  /** Some tensors of the model stand in one there (experts), in parts, or turned, which loading converts. */
  | { readonly code: 'other-forms' }
  /** LayerNorm.gamma and LayerNorm.beta instead of weight and bias. */
  | { readonly code: 'legacy-names'; readonly tensors: number }
  /** A tied tensor stands under its other name. */
  | { readonly code: 'tied-alias'; readonly name: string; readonly found: string }
  /** The index writes another sum than its own tensors have. */
  | { readonly code: 'index-total'; readonly written: number; readonly found: number }
  /** `model.safetensors` was compared; an index beside it names `files` others, the first of them `first`. */
  | { readonly code: 'index-beside'; readonly index: string; readonly files: number; readonly first: string }
  /** Files that are pointers of Git LFS: `bytes` are those of the files that they stand for, headers among them. */
  | { readonly code: 'lfs-pointers'; readonly files: number; readonly bytes: number }
  /** Text whose length depends on the data: the files' own length is taken. */
  | { readonly code: 'text'; readonly tensors: number; readonly bytes: number; readonly estimated: number }
  /** Layers that predict further tokens are not in the files, whose writer loads none; they are in the config's own bytes. */
  | { readonly code: 'unloaded-absent'; readonly bytes: number }
  /** The rules of llama.cpp that explain the most of a GGUF file; `day` undefined: the newest. */
  | { readonly code: 'gguf-rules'; readonly fileType: string; readonly imatrix: boolean | undefined; readonly day: string | undefined }
  /** The files are of a writer of which the config says nothing. */
  | { readonly code: 'writer'; readonly writer: Writer }
  /** The config names no dtype: that of the files was taken. */
  | { readonly code: 'dtype'; readonly dtype: CacheDtype }
  /** What the config says is itself an estimate. */
  | { readonly code: 'approximate'; readonly reasons: readonly string[] };

/** What a comparison stands on. */
export type ProofBasis =
  /** Names, types, shapes and bytes of every tensor, from the headers of the files. */
  | 'headers'
  /** Names and the sum of bytes, from the index alone. */
  | 'index'
  /** Names alone. */
  | 'names';

export type Container = 'safetensors' | 'pytorch' | 'gguf';

export interface Proof {
  /** `verified`: nothing differs, 0 bytes off. `unreadable`: nothing could be compared, or not to the end; `problem` says why. */
  readonly status: 'verified' | 'differs' | 'unreadable';
  readonly container: Container;
  /** The files that were compared, as they are called in their folder; an index first. */
  readonly files: readonly string[];
  readonly basis: ProofBasis;
  /** Bytes of all tensors, without headers and padding; null where they are not known. */
  readonly bytesExpected: number | null;
  readonly bytesFound: number | null;
  /** bytesFound − bytesExpected. */
  readonly off: number | null;
  readonly tensorsExpected: number;
  readonly tensorsFound: number;
  /** Tensors that both have, and were held against each other. */
  readonly tensorsCompared: number;
  readonly counts: Readonly<Partial<Record<DifferenceKind, number>>>;
  /** The first of them (`maxDifferences`), one of each kind at least. */
  readonly differences: readonly Difference[];
  readonly notes: readonly ProofNote[];
  /** Tensors and bytes in the files by type. */
  readonly types: TypeSums;
  /** Whose files these are, where the config does not say it and the files told (or somebody who knows). */
  readonly writer?: Writer;
  /** The dtype of what is not quantized, where the config names none. */
  readonly dtype?: CacheDtype;
  readonly problem?: Problem;
}

/** Differences of all kinds. */
export const differencesIn = ({ counts }: Pick<Proof, 'counts'>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
