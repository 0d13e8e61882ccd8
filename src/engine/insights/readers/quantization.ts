/** Keys of a quantization block: what they do to the bytes, and what they require. */
import { isList, isObject } from '../../config/json';
import { findBlock } from '../../quantization/block';
import { factor, formula, term } from '../formula';
import type { Hint } from '../hint';
import { effectOf, groupsBeside, isFollowed, isOfModule, type Effect } from '../quantization/effects';
import type { QuantMeaning } from '../quantization/keys';
import { requirementsOf } from '../quantization/requirements';
import type { RecognisedKey } from '../sections';
import type { Figures, Reader, View } from '../view';
import { plainWeights } from './files';

/** A key of the block that the checkpoint is quantized by; another block beside it, or one that names no module, has no figures. */
function counts({ path }: RecognisedKey, { analysis }: View): boolean {
  if (analysis.checkpoint.extras.quantizedParameters === 0) return false;
  const block = findBlock(analysis.root)?.path;
  return block !== undefined && block.every((segment, index) => segment === path[index]);
}

export const readQuantKey: Reader = (key, view) => {
  if (!counts(key, view)) return undefined;
  const { basis } = view.analysis.checkpoint;
  const figures = readers[key.meaning as QuantMeaning]?.(key, view);
  const effect = once(() => effectOf(key, view) ?? ofWhole(figures?.hint));
  const hint = key.value === null ? undefined : (figures?.hint ?? hintOf(key, view, effect));
  return { basis, ...figures, ...(hint && { hint }), effect, requires: () => requirementsOf(key, view) };
};

/** A hint that says what the key does. */
const ofWhole = (hint: Hint | undefined): Effect | undefined =>
  hint?.kind === 'packed' || hint?.kind === 'scales' || hint?.kind === 'kept' ? hint : undefined;

function once<T>(work: () => T): () => T {
  let done: { readonly value: T } | undefined;
  return () => (done ??= { value: work() }).value;
}

const readMethod: Reader = ({ key, section }, view) => {
  // The method of all, said once: an algorithm beside it, or a single module's, says how or of what.
  if (section.scope !== 'block' || section.parent?.scope !== undefined) return undefined;
  if (key !== 'quant_method' && typeof section.written['quant_method'] === 'string') return undefined;
  const { scheme, bytes, extras } = view.analysis.checkpoint;
  const packed = bytes - extras.keptBytes - extras.overheadBytes;
  const { unloadedBytes } = extras;
  return {
    hint: { kind: 'quantized', scheme, bytes: bytes - unloadedBytes, plainBytes: plainWeights(view).bytes },
    formulas: () => [
      formula('bytes', [
        term(factor(packed, 'packedBytes')),
        term(factor(extras.overheadBytes, 'scaleBytes')),
        term(factor(extras.keptBytes, 'keptBytes')),
        ...(unloadedBytes > 0 ? [term(factor(-unloadedBytes, 'unloadedBytes'))] : []),
      ]),
    ],
  };
};

/** Whether what is known of the whole checkpoint is what a key decides: not in a single module's settings, nor in one of several groups. */
const isOfAll = (key: RecognisedKey, view: View): boolean => {
  const { scope } = key.section;
  return scope !== 'activations' && scope !== 'cache' && !isOfModule(key.section) && groupsBeside(key, view) === 1;
};

/** Bits of the packed weights. A switch (load_in_4bit) says so only when it is on. */
const readBits: Reader = (key, view) => {
  const { bytes, extras } = view.analysis.checkpoint;
  if ((typeof key.value !== 'number' && key.value !== true) || key.key.startsWith('_') || !isOfAll(key, view)) return undefined;
  return { hint: { kind: 'packed', parameters: extras.quantizedParameters, bytes: bytes - extras.keptBytes - extras.overheadBytes } };
};

/** Scales, at the one key that decides how many there are. */
const readScales: Reader = (key, view) => {
  const { scheme, extras } = view.analysis.checkpoint;
  if (key.value === null || extras.overheadBytes === 0 || !isOfAll(key, view)) return undefined;
  const { written } = key.section;
  const grouped = typeof written['group_size'] === 'number' && written['group_size'] > 0;
  const isNamed = key.key === 'strategy' || key.key === 'qscheme';
  if (key.meaning === 'quantStrategy' && (!isNamed || grouped || (written['block_structure'] ?? null) !== null)) return undefined;
  return { hint: { kind: 'scales', zeros: !/fp8|fp4/.test(scheme), bytes: extras.overheadBytes } };
};

const readSkip: Reader = ({ value }, { analysis }) => {
  const bytes = analysis.checkpoint.extras.keptByReason['kept-by-name'];
  return bytes && isList(value) && value.length > 0 ? { hint: { kind: 'kept', bytes } } : undefined;
};

const readers: Readonly<Partial<Record<QuantMeaning, (key: RecognisedKey, view: View) => Figures | undefined>>> = {
  quantMethod: readMethod,
  quantBits: readBits,
  quantLoad: readBits,
  quantGroupSize: readScales,
  quantBlockShape: readScales,
  quantStrategy: readScales,
  quantSkip: readSkip,
};

/** Keys whose effect is worth a figure at the end of the line; each of them describes the checkpoint once more. */
const hinted: ReadonlySet<QuantMeaning> = new Set<QuantMeaning>([
  'quantDoubleQuant',
  'quantSymmetric',
  'quantZeroPoint',
  'quantActOrder',
  'quantHead',
  'quantHeadBits',
  'quantModuleRules',
  'quantCache',
  'quantDequantize',
]);

function hintOf(key: RecognisedKey, view: View, effect: () => Effect | undefined): Hint | undefined {
  const meaning = key.meaning as QuantMeaning;
  const { scope } = key.section;
  const isNamed = key.key === 'scale_fmt' || key.key === 'sparsity_config';
  if (!(hinted.has(meaning) || isNamed) || scope === 'activations' || scope === 'cache') return undefined;
  // The ordinary case of a switch that somebody might turn on for accuracy.
  if (meaning === 'quantActOrder' && key.value === false) return undefined;
  if (isObject(key.value) && Object.keys(key.value).length === 0) return undefined;
  const found = effect();
  switch (found?.kind) {
    case 'difference':
      return { kind: 'saving', saved: -found.delta, possible: key.value === false && found.delta > 0 };
    case 'zeros':
      return { kind: 'zeros', bytes: found.bytes, either: found.either };
    case 'cache':
      return { kind: 'smallerCache', from: found.from, to: found.to };
    case 'expanded':
      return { kind: 'expanded', bytes: found.bytes };
    case 'none':
      return expected.has(meaning) && isFollowed(view) ? { kind: 'noBytes' } : undefined;
    default:
      return undefined;
  }
}

/** Keys of which a reader would expect that they cost or save something, so that it is worth saying that they do not. */
const expected: ReadonlySet<QuantMeaning> = new Set<QuantMeaning>(['quantActOrder', 'quantScaleType']);
