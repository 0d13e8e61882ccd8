import { cast, edged, view, type Linear, type Ops } from './ops';
import type { Value } from './tape';
import type { Storage } from './storages';

/** How a frozen matrix is stored, which decides what a product takes beside it. */
export interface Packing {
  /**
   * `bitsandbytes`: unpacked on the way forward and again on the way back, and kept neither time. `gptq`: unpacked by operations
   * of PyTorch on the way forward, and the product keeps what they made.
   */
  readonly kind: 'bitsandbytes' | 'gptq';
  /** Scales of a block that are themselves quantized: blocks per matrix element are 1 in this many. */
  readonly nestedBlock: number | null;
  /** bitsandbytes before 0.43.2: the product keeps its input although nothing reads it again. */
  readonly keepsInput: boolean;
}

/** A product with a quantized matrix, at 16 bits, given back in the type of the input. */
export function packedProduct(ops: Ops, input: Value, layer: Linear, packing: Packing): Value {
  return ops.tape.scope((scope) => {
    const x = scope.own(cast(ops, input, 2));
    const made = packing.kind === 'gptq' ? unpackedByOperations(ops, x, layer) : unpackedByKernel(ops, x, layer, packing);
    if (made.width === input.width) return made;
    return cast(ops, scope.own(made), input.width);
  }, input);
}

/**
 * bitsandbytes 4 bit (autograd/_functions.py, MatMul4Bit): what is saved is the packed matrix alone, and both ways unpack it to 16
 * bits first; with nested scales, those at 32 bits too (functional.py, dequantize_4bit).
 */
function unpackedByKernel(
  { tape }: Ops,
  x: Value,
  { weight, bias, input: columns, output: rows }: Linear,
  { nestedBlock, keepsInput }: Packing,
): Value {
  const unpack = (): readonly Storage[] => {
    // Nested scales are there while the matrix is filled, and go then.
    const scales = nestedBlock === null ? null : tape.allocate(4 * Math.ceil(weight.elements / nestedBlock));
    const matrix = tape.allocate(2 * weight.elements);
    if (scales) tape.release(scales);
    return [matrix];
  };
  const release = (storages: readonly Storage[]): void => {
    for (const each of storages) tape.release(each);
  };
  const matrix = unpack();
  // An attribute of the operation, which goes with it and not when it has gone back.
  if (keepsInput && edged(x)) tape.untilNextLoss(x.storage);
  const output = tape.output({
    elements: (x.elements / columns) * rows,
    width: 2,
    inputs: [x, bias?.trained ?? null],
    savesWeight: edged(x),
    run: (_, [wants]) => {
      if (!wants) return [null, null];
      const again = unpack();
      const gradient = tape.allocate(x.elements * 2);
      release(again);
      return [gradient, null];
    },
  });
  release(matrix);
  return output;
}

/**
 * GPTQ at 4 bits without a kernel that knows the way back (AutoGPTQ qlinear_cuda_old.py, forward): the integers of every weight at 32
 * bits, then at 8, less the zero points, then times the scales at 16 bits; the product keeps that matrix while its input wants a
 * gradient.
 */
function unpackedByOperations(ops: Ops, x: Value, { weight, bias, input: columns, output: rows }: Linear): Value {
  const { tape } = ops;
  return tape.scope(
    (scope) => {
      const wide = tape.allocate(4 * weight.elements);
      const narrow = tape.allocate(weight.elements);
      tape.release(wide);
      const centred = tape.allocate(weight.elements);
      const matrix = tape.allocate(2 * weight.elements);
      tape.release(centred);
      // Its first name is taken over by what is made of it.
      tape.release(narrow);
      const made = tape.output({
        elements: (x.elements / columns) * rows,
        width: 2,
        inputs: [x],
        saves: edged(x) ? [matrix] : [],
        run: () => [tape.allocate(x.elements * 2)],
      });
      tape.release(matrix);
      if (!bias) return made;
      const product = scope.own(made);
      return tape.output({ elements: product.elements, width: 2, inputs: [product], run: (gradient) => [tape.hold(gradient)] });
    },
    view(ops, x),
  );
}
