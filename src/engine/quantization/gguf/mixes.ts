import { aliases, fileTypeOf, fileTypes, type FileType } from './fileTypes';
import type { GgmlType } from './ggmlTypes';
import { recipes, wideEmbeddings } from './publishers';

/** A mix as a publisher makes it: a file type, and types that override its rules. */
export interface Mix {
  readonly fileType: FileType;
  /** `--token-embedding-type` and `--output-tensor-type`, as publishers set them for _L and _XL files. */
  readonly embedding?: GgmlType;
  /** `--pure`: the base type for everything that is quantized at all. */
  readonly pure?: boolean;
}

const mixes: ReadonlyMap<string, Mix> = new Map([
  ...fileTypes.map((fileType): [string, Mix] => [fileType.name, { fileType }]),
  ...Object.entries(aliases).map(([alias, name]): [string, Mix] => [alias, { fileType: fileTypeOf(name) }]),
  ...Object.entries(wideEmbeddings).map(([name, base]): [string, Mix] => [name, { fileType: fileTypeOf(base), embedding: 'Q8_0' }]),
  ...recipes.map(({ name, nominal }): [string, Mix] => [name, { fileType: fileTypeOf(nominal) }]),
]);

/** The mix of a name; of a publisher's recipe the file type that stands for it. `undefined` for a name that none has. */
export const mixOf = (name: string): Mix | undefined => mixes.get(name);
