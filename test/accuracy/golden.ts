/** The reference's figures that lie in the repository, so that a clean clone can check them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TensorList } from '../../src/engine/index';

export interface GoldenRow {
  /** Keys of the config, model type and class apart; those left out are the configuration class's to fill in. */
  readonly keys: Readonly<Record<string, unknown>>;
  readonly class: string;
  readonly parameters: number;
  /** Parameters and the checkpoint's buffers. */
  readonly stored: number;
  /** Hash of the tensor list under the module's names; and under the saved ones, where they differ. */
  readonly tensors?: readonly string[];
  /** Bytes kept after so many tokens at 16 bits. */
  readonly cache?: Readonly<Record<string, number>>;
  /** Parameters of the type's other classes. */
  readonly classes?: Readonly<Record<string, number>>;
}

export interface Golden {
  readonly modelType: string;
  readonly rows: readonly GoldenRow[];
}

export const goldenFolder = join(import.meta.dirname, '..', 'fixtures', 'golden');

export const goldens = (): readonly Golden[] =>
  existsSync(goldenFolder)
    ? readdirSync(goldenFolder).map((name) => JSON.parse(readFileSync(join(goldenFolder, name), 'utf8')) as Golden)
    : [];

/** A hash that two lists share when they name the same tensors, in whatever order. */
export function hashTensors(list: TensorList): string {
  const lines = list.map(([name, shape, copies]) => `${name} ${shape.join(',')} ${copies}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}
