/** Published sizes of quantized checkpoints, and the configs beside them; the README says where they come from. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, type JsonObject } from '../../src/engine/index';

const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'truth');

export interface QuantizedRow {
  readonly id: string;
  readonly format: string;
  /** Parameters of the format, in words of the table. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly bytes: number;
  /** `total_size`: bytes of all tensors; `file`: with the header. */
  readonly kind: string;
  /** The file's own config, or that of a model of the same shapes; empty when the table has none. */
  readonly configFile: string;
  /** What the index file states where it contradicts its own tensors, of which `bytes` is the sum. */
  readonly statedByIndex: number | undefined;
  /** Half a unit of the last place of a rounded size, in bytes. */
  readonly rounding: number | undefined;
}

/** The rows of the table, or `undefined` where the folder is not beside the project. */
export function quantizedRows(): readonly QuantizedRow[] | undefined {
  const path = join(folder, 'quantized_sizes.csv');
  if (!existsSync(path)) return undefined;
  const [header = [], ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/).map(cells);
  return lines.map((line) => {
    const row = Object.fromEntries(header.map((column, at) => [column, line[at] ?? '']));
    const rounding = roundingOf(row['notes'] ?? '');
    return {
      id: row['model_id'] ?? '',
      format: row['format'] ?? '',
      details: JSON.parse(row['format_details'] || '{}') as Record<string, unknown>,
      bytes: Number(row['total_bytes']),
      kind: row['kind'] ?? '',
      configFile: (row['config_file'] ?? '').replace(/ \(.*/, ''),
      statedByIndex: statedBy(row['notes'] ?? ''),
      rounding,
    };
  });
}

function statedBy(notes: string): number | undefined {
  const stated = /CAUTION: the published index metadata\.total_size is (\d+)/.exec(notes)?.[1];
  return stated === undefined ? undefined : Number(stated);
}

/** Stated in bytes, or half of the last decimal that the card shows: "4.1" stands for 50 MB to either side. */
function roundingOf(notes: string): number | undefined {
  const bytes = /ROUNDED.*\+-(\d+)/.exec(notes)?.[1];
  if (bytes !== undefined) return Number(bytes);
  const decimals = /ROUNDED: table says \d+(?:\.(\d+))?/.exec(notes);
  return decimals ? 0.5e9 / 10 ** (decimals[1]?.length ?? 0) : undefined;
}

export const publishedConfig = (file: string): JsonObject => parseConfig(readFileSync(join(folder, 'configs', file), 'utf8')).root ?? {};

/** The cells of a CSV line; quoted ones may hold commas and doubled quotes. */
const cells = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
