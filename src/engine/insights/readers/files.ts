/** Keys that decide how plain weights are stored. */
import { parseDtype, bytesPerElement } from '../../units/dtypes';
import { factor, formula, term } from '../formula';
import type { Reader, View } from '../view';

/** Bytes of all tensors at the dtype of plain weights, buffers included, and their formula. */
export function plainWeights({ analysis }: View) {
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
