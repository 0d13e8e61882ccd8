import type { Analysis } from '../../src/engine/index';
import { findBlock, readBlock } from '../../src/engine/quantization/block';
import { isKept, storeTensor } from '../../src/engine/quantization/scheme';
import type { GptqWriter } from '../../src/engine/quantization/schemes/gptq';
import { bytesPerStoredElement, keptDtype, storedName, type StoredDtype } from '../../src/engine/quantization/storage';
import { storeContext } from '../../src/engine/quantization/tally';
import type { Indices } from '../../src/engine/weights/inventory';

export interface FileTensor {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
}

/** Every tensor of a quantized checkpoint under its own name, layer by layer. */
export function tensorsOf({ root, inventory, dtype, modelType }: Analysis, gptqWriter?: GptqWriter): FileTensor[] {
  const found = findBlock(root);
  if (!found) throw new Error('no quantization block');
  const ignored = { findings: [], add: () => undefined };
  const block = { ...found, modelType, inText: found.path.length > 1, sink: ignored, refuse: () => undefined };
  const recipe = readBlock(block, gptqWriter);
  const kept = keptDtype(dtype.value);
  const context = storeContext(inventory, kept);
  return inventory.entries
    .filter(({ tiedTo }) => tiedTo === undefined)
    .flatMap((entry) =>
      namesOf(entry.name, entry.indices).flatMap((name): FileTensor[] => {
        const chosen = recipe.rules?.split({ name, indices: [] })[0]?.outcome ?? recipe.fallback;
        const outcome = typeof chosen === 'string' ? chosen : storeTensor(chosen, entry, context);
        if (isKept(outcome)) return [{ name, dtype: entry.dtype === 'float32' ? 'F32' : kept, shape: entry.shape }];
        return outcome.map(({ suffix, dtype: stored, shape }) => ({ name: storedName(name, suffix), dtype: stored, shape }));
      }),
    );
}

function namesOf(template: string, indices: readonly Indices[]): string[] {
  let names = [template];
  for (const numbers of indices) {
    const all = typeof numbers === 'number' ? Array.from({ length: numbers }, (_, at) => at) : numbers;
    names = names.flatMap((name) => all.map((number) => name.replace('{n}', String(number))));
  }
  return names;
}

/** Order of tensors in a file: wide types first, then by name (huggingface/safetensors, safetensors/src/tensor.rs, prepare). */
const order: readonly StoredDtype[] = ['I64', 'F32', 'U32', 'I32', 'BF16', 'F16', 'I16', 'F8_E8M0', 'F8_E4M3', 'F8_E5M2', 'I8', 'U8'];

/** Bytes of one safetensors file that holds these tensors and no metadata: 8, the header padded to 8, the data. */
export function fileSize(tensors: readonly FileTensor[]): number {
  const sorted = [...tensors].sort((a, b) => order.indexOf(a.dtype) - order.indexOf(b.dtype) || (a.name < b.name ? -1 : 1));
  let end = 0;
  const header = sorted.map(({ name, dtype, shape }) => {
    const start = end;
    end += shape.reduce((product, side) => product * side, bytesPerStoredElement[dtype]);
    return `"${name}":${JSON.stringify({ dtype, shape, data_offsets: [start, end] })}`;
  });
  return 8 + Math.ceil(`{${header.join(',')}}`.length / 8) * 8 + end;
}
