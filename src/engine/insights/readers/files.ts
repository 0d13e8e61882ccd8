/** Keys that decide how weights are stored: dtype and quantization. */
import { parseDtype, bytesPerElement } from '../../units/dtypes';
import { findBlock } from '../../quantization/block';
import { factor, formula, term } from '../formula';
import type { RecognisedKey } from '../sections';
import type { Figures, Reader, View } from '../view';

/** Bytes of all tensors at the dtype of plain weights, buffers included, and their formula. */
function plainWeights({ analysis }: View) {
  const { value: dtype } = analysis.dtype;
  let elements = 0;
  let wide = 0;
  for (const entry of analysis.inventory.entries) {
    if (entry.tiedTo !== undefined) continue;
    if (entry.dtype === 'float32') wide += entry.elements * entry.copies;
    else elements += entry.elements * entry.copies;
  }
  const width = bytesPerElement[dtype];
  const terms = [
    term(factor(elements, 'parameters'), factor(width, 'bytesPerElement')),
    term(factor(wide, 'parameters'), factor(4, 'bytesPerElement')),
  ];
  return { dtype, bytes: elements * width + wide * 4, terms };
}

/** The dtype that counts: the first of those that the file names (analysis.ts). */
export const readDtype: Reader = (key, view) => {
  const { analysis, text } = view;
  if (typeof key.value !== 'string' || parseDtype(key.value) !== analysis.dtype.value) return undefined;
  const { root } = analysis;
  const own = key.section.path.length === 0;
  if (!own && (!view.inText(key) || root['dtype'] != null || root['torch_dtype'] != null)) return undefined;
  if (key.key === 'torch_dtype' && (own ? root : text.written)['dtype'] != null) return undefined;
  const { dtype, bytes, terms } = plainWeights(view);
  const { scheme, bytes: held, extras } = analysis.checkpoint;
  const quantized = extras.quantizedParameters > 0 ? { scheme, bytes: held } : null;
  return { hint: { kind: 'weights', dtype, bytes, quantized }, formulas: () => [formula('bytes', terms)], cache: true };
};

/** A reader of keys in the block that the checkpoint is quantized by. */
const inBlock =
  (read: (key: RecognisedKey, view: View) => Figures | undefined): Reader =>
  (key, view) => {
    const { checkpoint, root } = view.analysis;
    if (checkpoint.extras.quantizedParameters === 0) return undefined;
    const path = findBlock(root)?.path;
    if (!path || path.some((segment, index) => segment !== key.path[index])) return undefined;
    const figures = read(key, view);
    return figures && { ...figures, basis: checkpoint.basis };
  };

export const readQuantMethod = inBlock((_key, view) => {
  const { scheme, bytes, extras } = view.analysis.checkpoint;
  const packed = bytes - extras.keptBytes - extras.overheadBytes;
  return {
    hint: { kind: 'quantized', scheme, bytes, plainBytes: plainWeights(view).bytes },
    formulas: () => [
      formula('bytes', [
        term(factor(packed, 'packedBytes')),
        term(factor(extras.overheadBytes, 'scaleBytes')),
        term(factor(extras.keptBytes, 'keptBytes')),
      ]),
    ],
  };
});

/** Bits of the packed weights. A switch (load_in_4bit) says so only when it is on. */
export const readQuantBits = inBlock(({ value }, { analysis }) => {
  const { bytes, extras } = analysis.checkpoint;
  if (typeof value !== 'number' && value !== true) return undefined;
  return { hint: { kind: 'packed', parameters: extras.quantizedParameters, bytes: bytes - extras.keptBytes - extras.overheadBytes } };
});

export const readQuantGroupSize = inBlock(({ value }, { analysis }) => {
  const { scheme, extras } = analysis.checkpoint;
  const zeros = !/fp8|fp4/.test(scheme);
  return value === null || extras.overheadBytes === 0 ? undefined : { hint: { kind: 'scales', zeros, bytes: extras.overheadBytes } };
});

export const readQuantSkip = inBlock((_key, { analysis }) => {
  const bytes = analysis.checkpoint.extras.keptByReason['kept-by-name'];
  return bytes ? { hint: { kind: 'kept', bytes } } : undefined;
});
