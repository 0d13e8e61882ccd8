/** What a key of a quantization block does to the bytes, found by describing the checkpoint without it or with its other value. */
import { isList, isObject, valueAt, withValue, type JsonValue } from '../../config/json';
import { findingSink } from '../../findings';
import { describeCheckpoint, settleRecipe } from '../../quantization/checkpoint';
import { cachePoint, type CachePoint } from '../cacheFigures';
import type { KeptHint, PackedHint, ScalesHint } from '../hint';
import type { RecognisedKey, Section } from '../sections';
import type { View } from '../view';
import type { QuantMeaning } from './keys';

export type Effect =
  /** Neither the files nor the weights in memory change. */
  | { readonly kind: 'none' }
  /** Bytes of the files as they are, less those with another value of the key; `against` undefined: without the key. */
  | { readonly kind: 'difference'; readonly delta: number; readonly against: JsonValue | undefined }
  /** Zero points beside the scales; `either`: whatever the key says. */
  | { readonly kind: 'zeros'; readonly bytes: number; readonly either: boolean }
  /** The cache at the model's limit of context (else the settings'), plain and quantized. */
  | { readonly kind: 'cache'; readonly from: CachePoint; readonly to: CachePoint }
  /** The weights are expanded to the checkpoint's own type when they are loaded. */
  | { readonly kind: 'expanded'; readonly bytes: number; readonly packedBytes: number }
  /** Figures of the whole checkpoint: packed weights, scales, what is kept. */
  | PackedHint
  | ScalesHint
  | KeptHint
  /** The layout of this format is not known well enough to say. */
  | { readonly kind: 'unknown' };

/** Keys that say how values were found, how they are multiplied or who did it: never a byte. */
const without: ReadonlySet<QuantMeaning> = new Set<QuantMeaning>([
  'quantActivationDetail',
  'quantOutputs',
  'quantCacheDetail',
  'quantBackend',
  'quantPackType',
  'quantFourBitType',
  'quantComputeType',
  'quantOutlierThreshold',
  'quantCalibration',
  'quantSearch',
  'quantProvenance',
  'quantActivationBound',
  // HQQ: as many groups along either (mobiusml/hqq hqq/core/quantize.py).
  'quantAxis',
]);

/** Keys whose other values may change bytes in ways that no layout here follows. */
const unfollowed: ReadonlySet<QuantMeaning> = new Set<QuantMeaning>([
  'quantSparsity',
  'quantTransforms',
  'quantMeta',
  'quantOutliers',
  'quantBias',
  'quantTernary',
  'quantAdapter',
  'quantEmbeddings',
  'quantUntie',
]);

const isEmpty = (value: JsonValue): boolean =>
  value === null || value === false || (isList(value) && value.length === 0) || (isObject(value) && Object.keys(value).length === 0);

/** What a key does, or `undefined` where a figure of its own kind stands for it or nothing can be said. */
export function effectOf(key: RecognisedKey, view: View): Effect | undefined {
  const meaning = key.meaning as QuantMeaning;
  const { scope } = key.section;
  if (scope === 'activations' || scope === 'cache')
    // Switches decide on scales and zero points of what was measured beforehand.
    return meaning === 'quantDynamicRanges' || typeof key.value === 'boolean' ? compared(key, view) : { kind: 'none' };
  if (without.has(meaning) || (key.value === null && meaning !== 'quantGroupSize')) return { kind: 'none' };
  if (unfollowed.has(meaning)) {
    const found: Effect = isEmpty(key.value) ? { kind: 'none' } : compared(key, view);
    return found.kind === 'none' && !isEmpty(key.value) ? { kind: 'unknown' } : found;
  }
  switch (meaning) {
    case 'quantCache':
      return cacheEffect(key, view);
    case 'quantDequantize':
    case 'quantFullWeights':
      return key.value === true ? expanded(view) : { kind: 'none' };
    case 'quantStatus':
      // Weights of any other status are not packed yet (compressed_tensors/quantization/quant_config.py, QuantizationStatus).
      return { kind: key.value === 'compressed' ? 'none' : 'unknown' };
    case 'quantOffload':
      return key.value === true ? undefined : { kind: 'none' };
    case 'quantSymmetric':
    case 'quantZeroPoint':
      return zeroEffect(key, view);
    case 'quantDoubleQuant':
    case 'quantActOrder':
    case 'quantHead':
    case 'quantHeadBits':
    case 'quantActivations':
    case 'quantScaleType':
    case 'quantModule':
    case 'quantDynamicRanges':
      return compared(key, view);
    case 'quantModuleRules':
      return rulesMayGo.has(key.key) ? compared(key, view) : undefined;
    default:
      return isOfModule(key.section) ? compared(key, view) : undefined;
  }
}

/** Rules on top of settings for all modules; others name everything that is quantized, and nothing is left without them. */
const rulesMayGo: ReadonlySet<string> = new Set(['dynamic', 'extra_config']);

/** Whether a key stands in the settings of a single module. */
export function isOfModule(section: Section | undefined): boolean {
  return section?.scope !== undefined && (section.scope === 'module' || isOfModule(section.parent));
}

/** Width of a head that is not packed. */
const plainBits = 16;

/** The value to compare with: a switch the other way, what a word stands against, or no such key at all. */
function otherOf({ meaning, value, section }: RecognisedKey): JsonValue | undefined {
  if (isOfModule(section)) return undefined;
  if (meaning === 'quantHeadBits') return value === plainBits ? undefined : plainBits;
  if (meaning === 'quantModule') return undefined;
  if (typeof value === 'boolean') return !value;
  if (meaning === 'quantDynamicRanges') return value === 'static' ? 'dynamic' : 'static';
  return undefined;
}

function compared(key: RecognisedKey, view: View): Effect {
  const against = otherOf(key);
  const delta = bytesOf(view) - bytesWith(key, against, view);
  if (delta !== 0) return { kind: 'difference', delta, against };
  return isFollowed(view) ? { kind: 'none' } : { kind: 'unknown' };
}

const bytesOf = ({ analysis }: View): number => analysis.checkpoint.bytes + analysis.checkpoint.extras.textBytes;

/** Bytes of the files with a key set to another value, or without it. The model does not change with it. */
function bytesWith({ path }: RecognisedKey, value: JsonValue | undefined, { analysis }: View): number {
  const { root, inventory, dtype, sidecars, unloaded } = analysis;
  const changed = withValue(root, path, value);
  // Where there is nothing beside the model, its own tensors are all, at half the work.
  const settled = unloaded.entries.length === 0 ? settleRecipe(changed, inventory, dtype.value, findingSink(), { sidecars }) : undefined;
  if (settled) return settled.tally.bytes + settled.tally.textBytes;
  const other = describeCheckpoint(changed, inventory, dtype.value, findingSink(), { sidecars, unloaded });
  return other.bytes + other.extras.textBytes;
}

/** Whether the layout of the checkpoint's format is known, so that "no byte" is more than not having looked. */
export const isFollowed = ({ analysis }: View): boolean => !analysis.checkpoint.basis.reasons.includes('quantization-unknown');

function zeroEffect(key: RecognisedKey, view: View): Effect {
  // Floats have a sign of their own and no zero point (compressed_tensors/quantization/utils/helpers.py, calculate_qparams).
  if (key.section.written['type'] === 'float') return { kind: 'none' };
  const difference = compared(key, view);
  const bytes = zerosIn(view);
  if (bytes > 0 && (difference.kind === 'none' || key.value === (key.meaning === 'quantZeroPoint')))
    return { kind: 'zeros', bytes, either: difference.kind === 'none' };
  return difference;
}

/** Bytes of zero points, by the names of the tensors that hold them. */
function zerosIn({ analysis }: View): number {
  const { root, inventory, dtype, sidecars, unloaded } = analysis;
  const entries = settleRecipe(root, inventory, dtype.value, findingSink(), { sidecars, unloaded })?.entries ?? [];
  return entries.reduce(
    (sum, { name, part, bytes, copies }) => (part === 'overhead' && /(?:qzeros|zero_point)$/.test(name) ? sum + bytes * copies : sum),
    0,
  );
}

function cacheEffect({ value }: RecognisedKey, { analysis, settings }: View): Effect | undefined {
  const tokens = analysis.contextLimit ?? settings.context;
  const from = cachePoint(analysis, tokens, settings.batch, analysis.dtype.value);
  const to = cachePoint(analysis, tokens, settings.batch, 'fp8');
  return isEightBit(value) && from.bytes !== to.bytes ? { kind: 'cache', from, to } : undefined;
}

/** An 8-bit cache, in words (ModelOpt: FP8, INT8) or as settings (compressed-tensors: num_bits). */
export const isEightBit = (value: JsonValue): boolean =>
  isObject(value) ? value['num_bits'] === 8 : typeof value === 'string' && /^(fp8|int8)/i.test(value);

function expanded({ analysis }: View): Effect {
  const { inventory, dtype, checkpoint } = analysis;
  const plain = describeCheckpoint(Object.create(null), inventory, dtype.value, findingSink());
  return { kind: 'expanded', bytes: plain.bytes, packedBytes: checkpoint.bytes - checkpoint.extras.unloadedBytes };
}

/** Groups of modules that have settings of their own: what is of the whole checkpoint is of none of several. */
export function groupsBeside({ path }: RecognisedKey, { analysis }: View): number {
  const at = path.indexOf('config_groups');
  const groups = at < 0 ? undefined : valueAt(analysis.root, path.slice(0, at + 1));
  return isObject(groups) ? Object.keys(groups).length : 1;
}
