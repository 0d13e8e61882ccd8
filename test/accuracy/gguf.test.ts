import assert from 'node:assert/strict';
import type { PresetModel } from '../../src/engine/quantization/presets/preset';
import { dayOf, ggufRows, headerRange, imatrixOf, layoutOf, modelOf, textBytes, type GgufRow } from './gguf';

/** Names under which tables list what llama.cpp calls otherwise. */
const otherNames: Readonly<Record<string, string>> = { MXFP4: 'MXFP4_MOE', Q8_K_XL: 'UD-Q8_K_XL' };
/** The README of llama.cpp's quantize made these two without an importance matrix. */
const withoutMatrix: ReadonlySet<string> = new Set(['meta-llama/Llama-3.1-8B IQ4_XS', 'meta-llama/Llama-3.1-8B IQ4_NL']);
const unitBytes: Readonly<Record<string, number>> = { GB: 1e9, GiB: 2 ** 30, MiB: 2 ** 20 };

/**
 * llama-quantize adds a few keys to what the converter wrote, at a multiple of 32; each further part of a split file has a
 * header of its own.
 */
const addedKeys = 64;
const bytesPerPart = 128;

/** Rows that no rule of llama.cpp explains, and why. */
const apart: readonly (readonly [model: RegExp, types: RegExp, why: string])[] = [
  [/^second-state\/Octopus-v2-GGUF$/, /^F16$/, 'the file named f16 holds F32'],
  [/^second-state\/Llava-v1.5-7B-GGUF$/, /^F16$/, 'the file of the vision projector'],
  [/^second-state\/CodeQwen1.5-7B-Chat-GGUF$/, /^Q5_K_M$/, 'made apart: its tokenizer takes 1.5 MB more, not a multiple of any layer'],
  [/^microsoft\/phi-2$/, /./, 'converted from the checkpoint of 2023, which held query, key and value in one'],
  [/^huggyllama\/llama-13b$/, /./, 'a table from before k-quants that rounds up'],
  [/^meta-llama\/Llama-3.1-405B$/, /./, 'a table whose own column of 4 bytes a parameter says 406.3 billion parameters'],
  [/^meta-llama\/Meta-Llama-3-8B$/, /^(Q2_K_S|Q8_0)$/, "quantize's help: Q2_K_S repeats Q2_K, Q8_0 is 0.01 above its tensors and header"],
  [/^bartowski\/ai21labs_AI21-Jamba/, /./, 'below two bits for every parameter: a recipe of its own'],
  [
    /^bartowski\/NVIDIA-Nemotron-3.5-Lightning/,
    /^(?!BF16|Q8_0)/,
    'a recipe of its own, which its card says of the layers for further tokens alone: Q4_0',
  ],
  [/^docker ai\/gemma3-qat:12B$/, /./, "Google's own file, trained for Q4_0"],
  [/^docker ai\/granite-4.0-micro:3B$/, /./, 'the card repeats the size of granite-4.0-h-micro'],
  [/^unsloth\/Qwen3.6-35B-A3B-GGUF$/, /^MXFP4_MOE$/, "a publisher's recipe under a name of llama.cpp"],
  [/^Thireus\/GLM-5.1$/, /^TENSORS:q6_K$/, 'two tensors of the indexer in each layer at Q8_0'],
  [/^ollama gpt-oss:120b$/, /^MXFP4$/, "Ollama's own converter: 16 bits beside the experts"],
];
const reasonApart = ({ model, type }: GgufRow): string | undefined =>
  apart.find(([models, types]) => models.test(model) && types.test(type))?.[2];

/** What explains a row; anything else that is said of one is a difference. */
const explanations = ['file', 'tensor sum', 'rounded', 'bits per weight', 'range', 'apart', 'other writer', 'shapes unknown'] as const;
type Explanation = (typeof explanations)[number];
interface Difference {
  readonly differs: string;
}

/** Files of one writer: a repository's names but for the type. */
const seriesOf = ({ model, type, notes }: GgufRow): string => {
  const [, file = ''] = /file (\S+?)\.gguf/.exec(notes) ?? [];
  return `${model} ${file.toLowerCase().replace(type.toLowerCase(), '')}`;
};
const partsOf = ({ notes }: GgufRow): number => Number(/sum of (\d+) parts/.exec(notes)?.[1] ?? 1);

/** Headers that a series leaves, and the parts of its most divided file. */
type Headers = Map<string, { readonly found: Set<number>; parts: number }>;

function explain(row: GgufRow, headers: Headers): Explanation | Difference {
  const model = modelOf(row.model);
  if (!model) return 'shapes unknown';
  if (reasonApart(row) !== undefined) return 'apart';
  const pure = row.type.startsWith('TENSORS:');
  const imatrix = withoutMatrix.has(`${row.model} ${row.type}`) ? false : imatrixOf(row);
  const options = { llamaCppDate: dayOf(row), ...(imatrix !== undefined && { imatrix }) };
  const layout = layoutOf(model, otherNames[row.type] ?? row.type, options);
  if (!layout) return { differs: 'no such file type' };
  const { bytes, padded } = textBytes(layout);
  if (pure) {
    // As if the maps measured from one tensor's start to the next: inferred from rows with scales of four bytes, not read in their source.
    if (padded === row.value) return 'tensor sum';
    return row.notes.includes('llama-quantize style mix') ? 'other writer' : { differs: `${row.value - bytes} bytes` };
  }
  if (layout.range) return inRange(row, layout.range);
  if (row.unit === '') return same('bits per weight', bitsPerWeight(model, bytes, 2), row.bitsPerWeight);
  if (row.unit === 'bytes') return leavesHeader(row, padded, headerRange(model), headers);
  const withoutEmbedding = row.notes.includes('EXCLUDES token_embd');
  const tensors = bytes - (withoutEmbedding ? (layout.entries.find(({ name }) => name === 'token_embd.weight')?.bytes ?? 0) : 0);
  const rounded = isRounded(row, tensors, headerRange(model));
  if (rounded !== 'rounded' || !row.notes.includes('tensor data only')) return rounded;
  return same('rounded', bitsPerWeight(model, bytes, 4), row.bitsPerWeight);
}

const same = (explanation: Explanation, ours: string, theirs: string): Explanation | Difference =>
  ours === theirs ? explanation : { differs: `${ours}, published ${theirs}` };

function bitsPerWeight({ inventory }: PresetModel, bytes: number, digits: number): string {
  let parameters = 0;
  for (const { tiedTo, buffer, elements, copies } of inventory.entries)
    if (tiedTo === undefined && !buffer) parameters += elements * copies;
  return ((bytes * 8) / parameters).toFixed(digits);
}

function inRange(row: GgufRow, [low, high]: readonly [number, number]): Explanation | Difference {
  const scale = unitBytes[row.unit] ?? 1;
  const half = row.unit === 'bytes' ? 0 : 0.005 * scale;
  return row.value * scale + half >= low && row.value * scale - half <= high ? 'range' : { differs: `outside of ${low}–${high}` };
}

function leavesHeader(row: GgufRow, tensors: number, [low, high]: readonly [number, number], headers: Headers): Explanation | Difference {
  const header = row.value - tensors;
  const parts = partsOf(row);
  if (header < low || header > high + parts * bytesPerPart) return { differs: `a header of ${header}, estimated ${low}–${high}` };
  const series = headers.get(seriesOf(row)) ?? { found: new Set<number>(), parts };
  series.found.add(header);
  series.parts = Math.max(series.parts, parts);
  headers.set(seriesOf(row), series);
  return 'file';
}

function isRounded(row: GgufRow, tensors: number, [lowHeader, highHeader]: readonly [number, number]): Explanation | Difference {
  const scale = unitBytes[row.unit] ?? 1;
  // Sizes that llama.cpp prints, which docker's cards and the README copy, are those of the tensors alone.
  const tensorsOnly = row.model.startsWith('docker ai/') || /tensor data only|original size/.test(row.notes);
  const low = (tensors + (tensorsOnly ? 0 : lowHeader)) / scale;
  const high = (tensors + (tensorsOnly ? 0 : highHeader)) / scale;
  const step = 10 ** -Number(/(\d) decimal/.exec(row.rounding)?.[1] ?? 0);
  // One card cuts its decimals off.
  const [below, above] = row.model === 'bartowski/Mistral-7B-Instruct-v0.3-GGUF' ? [0, step] : [step / 2, step / 2];
  const isWithin = high >= row.value - below - 1e-9 && low <= row.value + above + 1e-9;
  return isWithin ? 'rounded' : { differs: `${low}–${high} ${row.unit}` };
}

const rows = ggufRows();
const suite = rows ? describe : describe.skip;

suite(rows ? 'published GGUF files' : 'published GGUF files: ../shared/truth is not there', () => {
  const headers: Headers = new Map();
  const explained = new Map<Explanation, number>(explanations.map((explanation) => [explanation, 0]));
  const differences: string[] = [];
  before(() => {
    for (const row of rows ?? []) {
      const outcome = explain(row, headers);
      if (typeof outcome === 'string') explained.set(outcome, (explained.get(outcome) ?? 0) + 1);
      else differences.push(`${row.model} ${row.type}: ${outcome.differs}`);
    }
  });

  it('are of the size that the rules say, or have a reason', () => assert.deepEqual(differences, []));

  it('leave one header for all types of a series', () => {
    const varying = [...headers].filter(
      ([, { found, parts }]) => Math.max(...found) - Math.min(...found) > addedKeys + (parts > 1 ? parts * bytesPerPart : 0),
    );
    assert.deepEqual(varying, []);
  });

  it('are answered this often', () =>
    assert.deepEqual(Object.fromEntries(explained), {
      file: 1212,
      'tensor sum': 232,
      rounded: 168,
      'bits per weight': 18,
      range: 23,
      apart: 48,
      'other writer': 62,
      'shapes unknown': 54,
    }));
});
