import type { Analysis } from '../analysis';
import { daysOfChange } from '../quantization/gguf/history';
import { expectedGgufTensors, ranksByFile, ranksByLayer, stacksOf, type GgufRules, type GgufStack } from './expectedGguf';
import type { FoundTensors } from './found';
import { tensorsPerSlice } from './limits';
import type { FileTensor } from './tensors';

/** Rules and the tensors that a file made by them holds. */
export interface FittingRules {
  readonly rules: GgufRules;
  readonly tensors: readonly FileTensor[];
}

/** Rules that are tried tensor by tensor; the others only by how many layers have which type. */
const maxTried = 40;

/** A day before every change that is known; k-quants came in June 2023. */
const beforeAll = '2023-08-01';

/**
 * The rules under which the most of a file is what they say. Files do not tell when they were made, nor reliably how: rules
 * are tried from the newest day back, until one explains every tensor. Those that come closest by how many layers have which
 * type are held against the tensors one by one: which layers these are depends on the order in which llama-quantize saw them,
 * by layer or as they stand in the file. Yields after each.
 *
 * @param fileTypes mixes that it could be, the likeliest first
 * @param imatrix whether the file says that an importance matrix was used
 */
export function* fittingRules(
  analysis: Analysis,
  found: FoundTensors,
  fileTypes: readonly string[],
  imatrix: boolean | undefined,
): Generator<void, FittingRules, undefined> {
  const census = yield* censusOf(found);
  let least = Infinity;
  let best: (FittingRules & { readonly wrong: number }) | undefined;
  let tried = 0;
  for (const day of [undefined, ...daysOfChange.slice(1), beforeAll])
    for (const fileType of fileTypes)
      for (const matrix of imatrix === true ? [true] : [undefined, true, false]) {
        const rules = { fileType, imatrix: matrix, day };
        const stacks = stacksOf(analysis, rules);
        const wrong = distance(stacks, census);
        if (wrong > least || (wrong === least && tried >= maxTried)) continue;
        if (wrong < least) best = undefined;
        least = wrong;
        tried++;
        for (const ranks of [ranksByLayer(stacks, day), ranksByFile(stacks, day, found.names())]) {
          const tensors = [...expectedGgufTensors(stacks, rules, ranks)];
          const other = misses(tensors, found);
          if (!best || other < best.wrong) best = { rules, tensors, wrong: other };
          if (best.wrong === 0 && least === 0) return best;
          yield;
        }
      }
  return best as FittingRules; // the first rules come closer than none
}

/** Tensors of another type than expected, and those that are not there. */
function misses(tensors: readonly FileTensor[], found: FoundTensors): number {
  let wrong = 0;
  for (const { name, dtype } of tensors) if (found.get(name)?.dtype !== dtype) wrong++;
  return wrong;
}

/** How many tensors of a file have which type and shape, layers as one. */
type Census = ReadonlyMap<string, number>;

const keyOf = (name: string, shape: readonly number[]): string => `${name} ${shape.join()}`;

function* censusOf(tensors: FoundTensors): Generator<void, Census, undefined> {
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

/** Tensors that are expected and not there, and the other way round, by their numbers. */
function distance(stacks: readonly GgufStack[], census: Census): number {
  const expected = new Map<string, number>();
  for (const { tensor, copies } of stacks)
    for (const [dtype, count] of copies) {
      const key = `${dtype} ${keyOf(tensor.name, tensor.shape)}`;
      expected.set(key, (expected.get(key) ?? 0) + count);
    }
  let wrong = 0;
  for (const [key, count] of expected) wrong += Math.abs(count - (census.get(key) ?? 0));
  for (const [key, count] of census) if (!expected.has(key)) wrong += count;
  return wrong;
}
