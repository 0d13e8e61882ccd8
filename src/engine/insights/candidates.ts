/** Other values that are worth a look, by the meaning of a key. */
import { isList, type JsonValue } from '../config/json';
import type { Meaning } from './meanings';
import type { RecognisedKey } from './sections';

/**
 * Why a value is among the candidates, where a reader would have a word for it: every query head with a key and a value of
 * its own, one for all heads, experts in every layer, no window, one dense projection, every token kept by every layer, no
 * module kept out of the quantization.
 */
export type ChangeNote = 'multiHead' | 'multiQuery' | 'allSparse' | 'noWindow' | 'dense' | 'allFull' | 'noneKept';

export interface Candidate {
  readonly value: JsonValue;
  readonly note?: ChangeNote;
}

/** Meanings whose sensible neighbours are half and twice the size. */
const scalable: ReadonlySet<Meaning> = new Set<Meaning>([
  'hiddenSize',
  'vocabulary',
  'embeddingSize',
  'heads',
  'headDim',
  'intermediateSize',
  'contextLimit',
  'experts',
  'expertsPerToken',
  'expertWidth',
  'sharedExpertWidth',
  'kvRank',
  'ropeHeadDim',
  'nopeHeadDim',
  'valueHeadDim',
  'stateSize',
  'convKernel',
  'ssmHeads',
  'ssmHeadDim',
  'ssmGroups',
  'ssmWidth',
  'ssmExpansion',
  'timeStepRank',
  'linearKeyHeads',
  'linearKeyHeadDim',
  'linearValueHeads',
  'linearValueHeadDim',
  'positionEmbeddings',
  'ropeFactor',
  'imageSize',
  'patchSize',
  'patchMerge',
  'projectionSize',
  'mlpRatio',
  'melBins',
  'quantCodebooks',
  'quantCodeBits',
  'quantVectorLength',
]);

const maxCandidates = 4;

/** At most four other values of a key, smallest first; not all of them need be possible. */
export function candidatesFor(key: RecognisedKey): readonly Candidate[] {
  const { value } = key;
  const found: readonly Candidate[] =
    typeof value === 'number' ? forNumber(key, value) : typeof value === 'boolean' ? [{ value: !value }] : forOther(key);
  const seen = new Set<JsonValue>([value]);
  return found.filter((candidate) => !seen.has(candidate.value) && seen.add(candidate.value)).slice(0, maxCandidates);
}

const whole = (values: readonly number[], least = 1): readonly Candidate[] =>
  values.filter((value) => Number.isInteger(value) && value >= least).map((value) => ({ value }));

function forNumber({ meaning, section }: RecognisedKey, value: number): readonly Candidate[] {
  if (scalable.has(meaning)) return whole([value / 2, value * 2]);
  switch (meaning) {
    case 'layers':
      return whole([Math.ceil(value / 2), Math.ceil((value * 3) / 4), value * 2]);
    case 'kvHeads':
      return keyValueHeads(value, section.value('heads', 'decoder'));
    case 'sharedExperts':
      return whole([0, value - 1, value + 1, value * 2], 0);
    case 'denseLayers':
      return [{ value: 0, note: 'allSparse' }, ...whole([value + 1])];
    case 'expertInterval':
      return [{ value: 1, note: 'allSparse' }, ...whole([value * 2])];
    case 'queryRank':
      return [...whole([value / 2, value * 2]), { value: null, note: 'dense' }];
    case 'slidingWindow':
      return [...whole([value / 2, value * 2]), { value: null, note: 'noWindow' }];
    case 'attentionInterval':
      return [{ value: 1, note: 'allFull' }, ...whole([value - 1, value + 1, value * 2], 2)];
    case 'typeVocabulary':
      return whole([0, 1, 2], 0);
    case 'quantBits':
      return whole([2, 3, 4, 8]);
    case 'quantHeadBits':
      return whole([4, 6, 8, 16]);
    case 'quantGroupSize':
      return whole([32, 64, 128]);
    default:
      return [];
  }
}

function keyValueHeads(value: number, heads: number | undefined): readonly Candidate[] {
  const more = heads === undefined ? [] : [{ value: heads, note: 'multiHead' as const }];
  const one = { value: 1, note: 'multiQuery' as const };
  const near = whole([value / 2, value * 2]).filter((candidate) => candidate.value !== 1 && candidate.value !== heads);
  return [one, ...near, ...more];
}

function forOther({ meaning, value }: RecognisedKey): readonly Candidate[] {
  if (meaning === 'quantSkip' && isList(value) && value.length > 0) return [{ value: [], note: 'noneKept' }];
  if (meaning === 'quantActOrder') return [{ value: null }, { value: 'weight' }, { value: 'group' }];
  if (meaning === 'quantStrategy' && (value === 'tensor' || value === 'channel')) return [{ value: 'tensor' }, { value: 'channel' }];
  if (meaning === 'quantScaleType') return [{ value: null }];
  if (meaning === 'dtype') return ['float32', 'bfloat16', 'float16'].filter((other) => other !== value).map((other) => ({ value: other }));
  if (meaning === 'denseLayers' && isList(value) && value.length > 0) return [{ value: [], note: 'allSparse' }];
  if (meaning === 'layerTypes' && isList(value) && value.includes('sliding_attention'))
    return [{ value: value.map((entry) => (entry === 'sliding_attention' ? 'full_attention' : entry)), note: 'allFull' }];
  return [];
}
