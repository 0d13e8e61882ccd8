import type { Analysis } from '../analysis';
import { daysOfChange, since } from '../quantization/gguf/history';
import { convert, type GgufTensor } from '../quantization/gguf/tensors';
import type { PresetModel } from '../quantization/presets/preset';
import { presetOf } from '../quantization/presets';
import type { Component } from '../modules/tree';
import type { FoundTensors } from './found';
import { tensorsPerSlice } from './limits';

/** How a GGUF file was made, as far as its tensors depend on it. */
export interface GgufRules {
  /** A preset: a file type of llama.cpp, or a publisher's mix. */
  readonly fileType: string;
  readonly imatrix: boolean | undefined;
  /** Day of llama.cpp's rules; undefined: the newest. */
  readonly day: string | undefined;
}

/** A tensor of the file, or all equal ones of a stack of layers, and the types that its copies have. */
export interface ExpectedGgufTensor {
  readonly tensor: GgufTensor;
  /** Copies by type; the rules say which layer has which, and here only how many have each. */
  readonly types: ReadonlyMap<string, { readonly copies: number; readonly bytes: number }>;
}

const towers: ReadonlySet<Component> = new Set(['vision', 'audio', 'projector']);

/** The tensors that the converter and llama-quantize make of a model, towers (which go to another file) left out. */
export function expectedGgufTensors(analysis: Analysis, { fileType, imatrix, day }: GgufRules): readonly ExpectedGgufTensor[] {
  const model = modelOf(analysis);
  const types = new Map<string, Map<string, { copies: number; bytes: number }>>();
  const options = { ...(imatrix !== undefined && { imatrix }), ...(day !== undefined && { llamaCppDate: day }) };
  for (const { name, shape, dtype, copies, bytes, component } of presetOf(fileType).layout(model, options).entries) {
    if (towers.has(component)) continue;
    const key = keyOf(name, shape);
    const known = types.get(key) ?? new Map<string, { copies: number; bytes: number }>();
    types.set(key, known);
    const sum = known.get(dtype);
    if (sum) sum.copies += copies;
    else known.set(dtype, { copies, bytes });
  }
  return convert(model, since(day)).text.map((tensor) => ({ tensor, types: types.get(keyOf(tensor.name, tensor.shape)) ?? new Map() }));
}

const modelOf = ({ inventory, unloaded, modelType, root, dtype }: Analysis): PresetModel => ({
  inventory,
  unloaded,
  modelType,
  root,
  dtype: dtype.value,
});

const keyOf = (name: string, shape: readonly number[]): string => `${name} ${shape.join()}`;

/** Whatever the tensors of a file are called and shaped, layers as one. */
export type GgufCensus = ReadonlyMap<string, number>;

export function* censusOf(tensors: FoundTensors): Generator<void, GgufCensus, undefined> {
  const census = new Map<string, number>();
  let seen = 0;
  for (const name of tensors.names()) {
    if (++seen % tensorsPerSlice === 0) yield;
    const found = tensors.get(name);
    if (!found || found.dtype === undefined) continue;
    const key = `${found.dtype} ${keyOf(name.replace(/(^|\.)\d+(?=\.)/, '$1{n}'), found.shape)}`;
    census.set(key, (census.get(key) ?? 0) + 1);
  }
  return census;
}

/**
 * The rules under which the most of a file is what they say. Files do not tell when they were made, nor reliably how: rules
 * are tried from the newest day back, until one explains every tensor. Yields after each.
 *
 * @param fileTypes presets that it could be, the likeliest first
 * @param imatrix whether the file says that an importance matrix was used
 */
export function* rulesOf(
  analysis: Analysis,
  census: GgufCensus,
  fileTypes: readonly string[],
  imatrix: boolean | undefined,
): Generator<void, GgufRules, undefined> {
  const matrices = imatrix === true ? [true] : [undefined, true, false];
  let best: GgufRules = { fileType: fileTypes[0] ?? 'F16', imatrix: matrices[0], day: undefined };
  let least = Infinity;
  for (const day of [undefined, ...daysOfChange.slice(1), beforeAll])
    for (const fileType of fileTypes)
      for (const matrix of matrices) {
        const rules = { fileType, imatrix: matrix, day };
        const wrong = distance(expectedGgufTensors(analysis, rules), census);
        if (wrong < least) [best, least] = [rules, wrong];
        if (least === 0) return best;
        yield;
      }
  return best;
}

/** A day before every change that is known; k-quants came in June 2023. */
const beforeAll = '2023-08-01';

/** Tensors that are expected and not there, and the other way round. */
function distance(expected: readonly ExpectedGgufTensor[], census: GgufCensus): number {
  let wrong = 0;
  let matched = 0;
  for (const { tensor, types } of expected)
    for (const [dtype, { copies }] of types) {
      const found = census.get(`${dtype} ${keyOf(tensor.name, tensor.shape)}`) ?? 0;
      wrong += Math.max(0, copies - found);
      matched += Math.min(copies, found);
    }
  for (const count of census.values()) wrong += count;
  return wrong - matched;
}
