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

/** Tensors that rules are held against one by one in all, and rules at most; others are tried by how many layers have which type. */
const maxCompared = 400_000;
const maxTried = 40;
/** Rules between two points at which others may run. */
const rulesPerSlice = 10;

/** A day before every change that is known; k-quants came in June 2023. */
const beforeAll = '2023-08-01';

/**
 * The rules under which the most of a file is what they say. Files do not tell when they were made, nor reliably how: rules
 * are tried from the newest day back, until one explains every tensor. Those that come closest by how many layers have which
 * type are held against the tensors one by one: which layers these are depends on the order in which llama-quantize saw them,
 * by layer or as they stand in the file. Yields as `compareTensors` does.
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
  let counted = 0;
  let tried = 0;
  let compared = 0;
  for (const day of [undefined, ...daysOfChange.slice(1), beforeAll])
    for (const fileType of fileTypes)
      for (const matrix of imatrix === true ? [true] : [undefined, true, false]) {
        if (++counted % rulesPerSlice === 0) yield;
        const rules = { fileType, imatrix: matrix, day };
        const stacks = stacksOf(analysis, rules);
        const wrong = distance(stacks, census);
        if (wrong > least || (best && wrong === least && (tried >= maxTried || compared >= maxCompared))) continue;
        if (wrong < least) best = undefined;
        least = wrong;
        tried++;
        for (const order of [ranksByLayer, ranksByFile]) {
          const ranks = order(stacks, day, found.names());
          yield;
          const tensors: FileTensor[] = [];
          let other = 0;
          for (const tensor of expectedGgufTensors(stacks, rules, ranks)) {
            if (tensors.push(tensor) % tensorsPerSlice === 0) yield;
            // Of another type than expected, or not there.
            if (found.get(tensor.name)?.dtype !== tensor.dtype) other++;
          }
          compared += tensors.length;
          if (!best || other < best.wrong) best = { rules, tensors, wrong: other };
          if (best.wrong === 0 && least === 0) return best;
          yield;
        }
      }
  return best as FittingRules; // the first rules come closer than none
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
