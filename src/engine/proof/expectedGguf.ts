import type { Analysis } from '../analysis';
import { presetModelOf } from '../estimate';
import { since } from '../quantization/gguf/history';
import { bytesAt, typedTensors, type TypedTensor } from '../quantization/gguf/layout';
import type { Place } from '../quantization/gguf/mix';
import { mixOf } from '../quantization/gguf/mixes';
import { counterOf, layersOf } from '../quantization/gguf/places';
import type { FileTensor } from './tensors';

/** How a GGUF file was made, as far as its tensors depend on it. */
export interface GgufRules {
  /** A file type of llama.cpp, or a publisher's mix. */
  readonly fileType: string;
  readonly imatrix: boolean | undefined;
  /** Day of llama.cpp's rules; undefined: the newest. */
  readonly day: string | undefined;
}

/** A tensor of the file, or all equal ones of a stack of layers; towers go to another file. */
export type GgufStack = TypedTensor;

/** The tensors that the converter and llama-quantize make of a model. */
export function stacksOf(analysis: Analysis, { fileType, imatrix, day }: GgufRules): readonly GgufStack[] {
  const mix = mixOf(fileType);
  if (!mix) throw new RangeError(`no mix ${fileType}`);
  const options = { ...(imatrix !== undefined && { imatrix }), ...(day !== undefined && { llamaCppDate: day }) };
  return typedTensors(presetModelOf(analysis), mix, options);
}

/**
 * Every tensor that a file should hold, under its own name.
 * @param ranks how many of its category stand before a tensor, by name; left out: as in a file whose layers follow each other
 */
export function* expectedGgufTensors(
  stacks: readonly GgufStack[],
  { day }: GgufRules,
  ranks: ReadonlyMap<string, number> = ranksByLayer(stacks, day),
): Generator<FileTensor, void, undefined> {
  for (const stack of stacks)
    for (const [name, layer] of namesOf(stack)) {
      const dtype = stack.typeAt({ layer, rank: ranks.get(name) ?? 0 });
      yield { name, dtype, shape: stack.tensor.shape, bytes: bytesAt(stack, dtype) };
    }
}

/** Names of one tensor over its layers, and the layer of each; 0 outside of them. */
function* namesOf({ tensor: { name, layers } }: GgufStack): Generator<readonly [name: string, layer: number], void, undefined> {
  if (layers === undefined) yield [name, 0];
  else for (const layer of layersOf(layers)) yield [name.replace('{n}', String(layer)), layer];
}

/** Whether llama-quantize counts a tensor: what it leaves alone it does not see. */
const isCounted = ({ tensor: { layers, kept } }: GgufStack): boolean => layers !== undefined && !kept;

/** The count before each tensor when llama-quantize goes by layer, and by name within one: since October 2024 (ggml-org/llama.cpp #9935). */
export function ranksByLayer(stacks: readonly GgufStack[], day: string | undefined): ReadonlyMap<string, number> {
  const byLayer: { readonly name: string; readonly stack: GgufStack }[][] = [];
  const byName = stacks.filter(isCounted).sort((a, b) => (a.tensor.name < b.tensor.name ? -1 : 1));
  for (const stack of byName) for (const [name, layer] of namesOf(stack)) (byLayer[layer] ??= []).push({ name, stack });
  return counted(byLayer.flat(), day);
}

/** The same when it goes by the order of the tensors in the file, which it keeps: as the converter found them in the shards. */
export function ranksByFile(stacks: readonly GgufStack[], day: string | undefined, names: Iterable<string>): ReadonlyMap<string, number> {
  const stackOf = new Map(stacks.filter(isCounted).flatMap((stack) => [...namesOf(stack)].map(([name]) => [name, stack] as const)));
  const ordered: { readonly name: string; readonly stack: GgufStack }[] = [];
  for (const name of names) {
    const stack = stackOf.get(name);
    if (stack) ordered.push({ name, stack });
  }
  return counted(ordered, day);
}

function counted(
  ordered: readonly { readonly name: string; readonly stack: GgufStack }[],
  day: string | undefined,
): ReadonlyMap<string, Place['rank']> {
  const counts = new Map<string, number>();
  return new Map(
    ordered.map(({ name, stack }) => {
      const counter = counterOf(stack.category, since(day));
      const rank = counts.get(counter) ?? 0;
      counts.set(counter, rank + 1);
      return [name, rank];
    }),
  );
}
