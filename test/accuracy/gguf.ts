/** Published GGUF files: their sizes, and what the engine says of the same file types. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyze, toJson, type Analysis, type JsonObject } from '../../src/engine/index';
import { ggufHeaderEstimate } from '../../src/engine/quantization/gguf/header';
import { ggmlTypes, type GgmlType } from '../../src/engine/quantization/gguf/ggmlTypes';
import { ggufLayout } from '../../src/engine/quantization/gguf/layout';
import { findPreset } from '../../src/engine/quantization/presets';
import type { Layout, PresetModel, PresetOptions } from '../../src/engine/quantization/presets/preset';

const root = join(import.meta.dirname, '..', '..');
const table = join(root, '..', 'shared', 'truth', 'gguf_sizes.csv');
const towers: ReadonlySet<string> = new Set(['vision', 'audio', 'projector']);

export interface GgufRow {
  readonly model: string;
  readonly type: string;
  readonly value: number;
  readonly unit: string;
  readonly rounding: string;
  readonly bitsPerWeight: string;
  readonly date: string;
  readonly notes: string;
}

/** The rows of the shared table, or `undefined` where it is not beside the project. */
export function ggufRows(): readonly GgufRow[] | undefined {
  if (!existsSync(table)) return undefined;
  const [, ...lines] = readFileSync(table, 'utf8').trim().split(/\r?\n/);
  return lines.map((line) => {
    const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
    );
    const [model = '', , type = '', value = '', unit = '', rounding = '', bitsPerWeight = '', date = '', , notes = ''] = cells;
    return { model, type, value: Number(value), unit, rounding, bitsPerWeight, date, notes };
  });
}

interface Fixture {
  readonly shapes: readonly { readonly models: readonly string[]; readonly config: object }[];
  readonly llamaCppDate: Readonly<Record<string, string>>;
  readonly imatrix: readonly string[];
}
const fixture = JSON.parse(readFileSync(join(root, 'test', 'fixtures', 'gguf', 'models.json'), 'utf8')) as Fixture;

const analyses = new Map<string, PresetModel>();

/** The model behind a published file, where its shapes are known. */
export function modelOf(id: string): PresetModel | undefined {
  const known = analyses.get(id);
  if (known) return known;
  const shape = fixture.shapes.find(({ models }) => models.includes(id));
  if (!shape) return undefined;
  const analysis = analyze(toJson(shape.config) as JsonObject);
  if (analysis.kind !== 'model') throw new Error(`${id}: ${analysis.kind}`);
  const model = presetModel(analysis);
  for (const name of shape.models) analyses.set(name, model);
  return model;
}

export const presetModel = (analysis: Analysis): PresetModel => ({ ...analysis, dtype: analysis.dtype.value });

/** The day of llama.cpp's rules: as the row says it, by the build where it names one (b2965: 2024-05-22, b3772: 2024-09-16). */
export function dayOf({ model, date, notes }: GgufRow): string {
  const known = fixture.llamaCppDate[model] ?? fixture.llamaCppDate[/file (\S+)/.exec(notes)?.[1] ?? ''];
  if (known !== undefined) return known;
  const [day] = /^\d{4}-\d\d-\d\d/.exec(date) ?? [];
  if (day !== undefined) return day;
  const builds: Readonly<Record<string, string>> = { b2965: '2024-05-22', b3772: '2024-09-16' };
  // Before layers for further tokens of Qwen3.5 were written, after the gate of shared experts went to F32.
  if (date.startsWith('ik_llama.cpp')) return '2026-03-05';
  const [month] = /^\d{4}-\d\d(?!\.)/.exec(date) ?? [];
  return builds[date] ?? (month === undefined ? '2025-06-30' : `${month}-28`);
}

/** Whether a row says that its file was made with an importance matrix; `undefined` where it says nothing. */
export const imatrixOf = ({ model, notes }: GgufRow): true | undefined =>
  fixture.imatrix.includes(model) || notes.includes('imatrix') ? true : undefined;

/** Bytes of the language file's tensors, as they are and with each at a multiple of 32 as the file holds them. */
export function textBytes({ entries }: Layout): { readonly bytes: number; readonly padded: number } {
  let bytes = 0;
  let padded = 0;
  for (const entry of entries) {
    if (towers.has(entry.component)) continue;
    bytes += entry.bytes * entry.copies;
    padded += Math.ceil(entry.bytes / 32) * 32 * entry.copies;
  }
  return { bytes, padded };
}

/** A file type of llama.cpp, or with `TENSORS:` every quantizable tensor at one type (llama-quantize --pure). */
export function layoutOf(model: PresetModel, type: string, options: PresetOptions): Layout | undefined {
  if (!type.startsWith('TENSORS:')) return findPreset(type)?.layout(model, options);
  const base = type.slice('TENSORS:'.length).toUpperCase() as GgmlType;
  return ggmlTypes.includes(base) ? ggufLayout(model, { fileType: { name: base, base, imatrix: true }, pure: true }, options) : undefined;
}

/** Bytes that a header may take. */
export const headerRange = (model: PresetModel): readonly [low: number, high: number] => ggufHeaderEstimate(model).range;
