/** Ground truth computed from the reference implementation; see the README on how it is made. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { TensorList } from '../../src/engine/index';

export interface OracleRow {
  readonly model_type: string;
  readonly variant?: number;
  /** Keys equal to the default are left out of the config, as publishers do. */
  readonly sparse?: boolean;
  readonly config: Readonly<Record<string, unknown>>;
  /** Of a row that was made for this project: the keys that were stated. */
  readonly changed?: Readonly<Record<string, unknown>>;
  readonly class: string;
  readonly params?: number;
  readonly stored?: number;
  readonly tensors?: TensorList;
  readonly buffers?: TensorList;
  /** The names that save_pretrained writes, buffers among them, where they differ from the module's. */
  readonly saved?: TensorList;
  readonly tied?: readonly (readonly [string, string])[];
  readonly cache?: Readonly<Record<string, { readonly bytes: number } | string>>;
  /** Class → parameters, or the name of the error that kept it from being built. */
  readonly other_classes?: Readonly<Record<string, number | string>>;
}

const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'oracle');

/** Rows of an oracle file, or `undefined` where the folder is not beside the project. */
export function oracleRows(name: 'models' | 'variants'): readonly OracleRow[] | undefined {
  const path = join(folder, `${name}.jsonl.gz`);
  if (!existsSync(path)) return undefined;
  return parseRows(gunzipSync(readFileSync(path)).toString('utf8'));
}

/** The rows of an oracle file's text, one JSON object a line. */
export const parseRows = (text: string): readonly OracleRow[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OracleRow);

/** Types whose class ties a head where a file says nothing, and whose published files hold one: rows state what the class took. */
export const tiedByClass: ReadonlySet<string> = new Set(['mistral3', 'internvl']);

/** The config of a row as a file would hold it. */
export const configOf = (row: OracleRow, className: string = row.class): Record<string, unknown> => ({
  ...(tiedByClass.has(row.model_type) && { tie_word_embeddings: true }),
  ...row.config,
  model_type: row.model_type,
  architectures: [className],
});

/** Types whose published files hold the tensors of experts turned round, which the library undoes on loading and on saving. */
const turned: ReadonlySet<string> = new Set(['qwen3_vl_moe']);

/** The tensors of a row, as files of its type hold them. */
export function tensorsOf({ model_type: type, tensors = [], buffers = [] }: OracleRow): TensorList {
  const list = [...tensors, ...buffers];
  if (!turned.has(type)) return list;
  return list.map(([name, shape, copies]) => {
    const [experts, rows, columns] = shape;
    const isTurned = experts !== undefined && rows !== undefined && columns !== undefined && name.includes('.experts.');
    return [name, isTurned ? [experts, columns, rows] : shape, copies] as const;
  });
}
