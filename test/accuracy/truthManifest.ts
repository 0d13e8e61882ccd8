/** What each row of the manifest publishes, and what of it our figure leaves over. */
import { analyze, layoutAt, type Analysis, type Basis } from '../../src/engine/index';
import { describeCheckpoint } from '../../src/engine/quantization/checkpoint';
import { fileReasons } from '../../src/engine/quantization/filesBeside';
import type { TruthRow } from './truth';
import { differences, type Difference } from './truthDifferences';

export interface Answer {
  readonly file: string;
  /** What is published: bytes of all tensors, bytes of the files with their containers, or elements of all tensors. */
  readonly of: 'bytes' | 'files' | 'elements';
  readonly published: number;
  /** Published less ours, the stated difference accounted for; undefined where the model is only estimated. */
  readonly off: number | undefined;
  /** Why the files hold something else than the model. */
  readonly reason: string | undefined;
}

/** Bytes that a container adds per tensor: a safetensors header about 110 (more for long names), an archive of pickles up to 400. */
const perTensor = { safetensors: [60, 140], pickles: [60, 400] } as const;

/** The row's figure against ours; undefined for a row without one. */
export function answerOf(row: TruthRow, difference: Partial<Difference> = differences[row.file] ?? {}): Answer | undefined {
  const figure = figureOf(row);
  if (!figure) return undefined;
  const result = analyze({ ...row.config, ...difference.keys }, row.sidecars);
  // A dtype that the file does not name is assumed: where the published files have another, that is a stated difference.
  const rules: readonly string[] = ['dtype-assumed', 'scale-dtype-by-publisher', ...fileReasons];
  const stands = ({ kind, reasons }: Basis): boolean => kind !== 'approximate' || reasons.every((reason) => rules.includes(reason));
  const known = result.kind === 'model' && stands(result.basis) && stands(result.checkpoint.basis);
  return {
    file: row.file,
    of: figure.of,
    published: figure.value,
    off: known ? offBy(figure, row, result, difference) : undefined,
    reason: difference.reason,
  };
}

interface Figure {
  readonly of: Answer['of'];
  readonly value: number;
}

function figureOf({ bytes, elements, kind, notes }: TruthRow): Figure | undefined {
  if (bytes !== undefined) return { of: 'bytes', value: bytes };
  if (elements !== undefined) return { of: 'elements', value: elements };
  const files = /(?:LFS weight files total|safetensors file|file sizes in \S+ =|pickle) (\d{6,})/.exec(notes)?.[1];
  return kind === 'bytes only' && files !== undefined ? { of: 'files', value: Number(files) } : undefined;
}

function offBy({ of, value }: Figure, row: TruthRow, analysis: Analysis, difference: Partial<Difference>): number {
  const { root, inventory, dtype, sidecars, unloaded } = analysis;
  const { writer } = difference;
  const { bytes, extras } = writer
    ? describeCheckpoint(root, inventory, dtype.value, undefined, { sidecars, unloaded, writer })
    : analysis.checkpoint;
  if (of === 'elements') return value - elementsIn(analysis, difference) - (difference.extraElements?.(row.config) ?? 0);
  const ours = difference.otherDtype ? bytesAt(analysis, value / (row.elements ?? 1)) : bytes;
  const over = value - ours - (difference.extraBytes?.(row.config) ?? 0);
  // Text of data-dependent length: give or take two characters a tensor.
  if (of === 'bytes') return Math.abs(over - extras.textBytes) <= (extras.textBytes > 0 ? 2 * extras.tensors : 0) ? 0 : over;
  const [least, most] = perTensor[/\.bin|pickle/.test(row.notes) ? 'pickles' : 'safetensors'];
  const each = (over - extras.textBytes) / extras.tensors;
  return each >= least && each <= most ? 0 : over;
}

/** Bytes of all tensors at a type that the config does not state; those that stay at float32 do so there too. */
const bytesAt = ({ inventory }: Analysis, each: number): number =>
  inventory.entries
    .filter(({ tiedTo }) => tiedTo === undefined)
    .reduce((sum, { elements, copies, dtype }) => sum + elements * copies * (dtype === 'float32' ? 4 : each), 0);

/** Elements as the Hub's API counts them: no scalars, and two for each byte of MXFP4's blocks. */
const elementsIn = (analysis: Analysis, { countsParameters }: Partial<Difference>): number =>
  layoutAt(analysis, 'checkpoint')
    .entries.filter(({ shape, parameters }) => shape.length > 0 && (parameters > 0 || countsParameters !== true))
    .reduce(
      (sum, { name, shape, copies }) => sum + shape.reduce((product, side) => product * side, copies) * (name.endsWith('_blocks') ? 2 : 1),
      0,
    );
