/** Published checkpoints: their configs, and the sizes that their index files state. See the README of the folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, parseSidecars, sidecarFiles, type JsonObject, type Sidecars } from '../../src/engine/index';

export interface TruthRow {
  readonly file: string;
  readonly modelType: string;
  /** What the count stands on: "exact …" comes from the files themselves, "secondary …" is a hint, packed ones are no truth. */
  readonly kind: string;
  /** Bytes of all tensors. */
  readonly bytes: number | undefined;
  /** Total size by element size, buffers included. */
  readonly elements: number | undefined;
  readonly bufferElements: number | undefined;
  readonly notes: string;
  readonly config: JsonObject;
  /** What files beside the config say of its quantization. */
  readonly sidecars: Sidecars;
}

const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'truth', 'configs');

/** The rows that name a config, or `undefined` where the folder is not beside the project. */
export function truthRows(): readonly TruthRow[] | undefined {
  const manifest = join(folder, 'MANIFEST.csv');
  if (!existsSync(manifest)) return undefined;
  const [header, ...lines] = readFileSync(manifest, 'utf8').trim().split(/\r?\n/).map(cells);
  const column = (name: string): number => (header ?? []).indexOf(name);
  const at = {
    file: column('file'),
    type: column('model_type'),
    kind: column('count_kind'),
    bytes: column('weights_total_size_bytes'),
    elements: column('exact_param_count'),
    buffers: column('stored_buffer_elements'),
    notes: column('notes'),
  };
  return lines.flatMap((line) => {
    const file = line[at.file] ?? '';
    const path = join(folder, file);
    if (!file.endsWith('.json') || !existsSync(path)) return [];
    const { root } = parseConfig(readFileSync(path, 'utf8'));
    if (root === undefined) return [];
    return {
      file,
      modelType: line[at.type] ?? '',
      kind: line[at.kind] ?? '',
      bytes: number(line[at.bytes]),
      elements: number(line[at.elements]),
      bufferElements: number(line[at.buffers]),
      notes: line[at.notes] ?? '',
      config: root,
      sidecars: sidecarsOf(path),
    };
  });
}

/** The table keeps the sidecars under the name of their config. */
function sidecarsOf(path: string): Sidecars {
  const texts = Object.values(sidecarFiles).flatMap((name) => {
    const file = path.replace(/\.json$/, `.${name}`);
    return existsSync(file) ? [[name, readFileSync(file, 'utf8')] as const] : [];
  });
  return parseSidecars(Object.fromEntries(texts)).sidecars;
}

const number = (text: string | undefined): number | undefined => (text === undefined || text === '' ? undefined : Number(text));

/** The cells of a CSV line; quoted ones may hold commas and doubled quotes. */
function cells(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
