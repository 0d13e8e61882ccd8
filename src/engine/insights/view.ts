import type { Analysis } from '../analysis';
import type { Basis } from '../basis';
import type { JsonValue } from '../config/json';
import { cacheDtypeOf } from '../estimate';
import { maxDimension, maxLayers } from '../limits';
import type { CacheDtype } from '../units/dtypes';
import type { MediaEstimate } from '../media/tokens';
import { countParameters } from '../weights/parameters';
import { cachePoint, limitPoint, type CachePoint } from './cacheFigures';
import type { Formula } from './formula';
import type { Hint, Share } from './hint';
import type { Effect } from './quantization/effects';
import type { Requirement } from './quantization/requirements';
import { textSection, type RecognisedKey, type Section } from './sections';
import { changedNames, layerStacks, proportionalTo, type Decided, type LayerStack } from './tensors';
import { editsOf, whatIfTensors } from './whatIf';

/** What the figures are for. */
export interface InsightSettings {
  /** Tokens per sequence. */
  readonly context: number;
  /** Sequences at once. */
  readonly batch: number;
  /** `auto`: the dtype of the weights. */
  readonly kvDtype: CacheDtype | 'auto';
}

/** What readers of keys share: the model, the settings, and everything that is worked out once. */
export interface View {
  readonly analysis: Analysis;
  readonly settings: InsightSettings;
  readonly kvDtype: CacheDtype;
  /** The part that generates text. */
  readonly text: Section;
  /** Whether a key stands in the part that generates text. */
  inText(key: RecognisedKey): boolean;
  /** Every stack of layers. */
  stacks(): readonly LayerStack[];
  /** What there is because of a key: empty for one that decides no parameters, or shares them with others inextricably. */
  decided(key: RecognisedKey): readonly Decided[];
  /** Stacks whose number of layers a key sets. */
  stacksOf(key: RecognisedKey): readonly LayerStack[];
  /** Total parameters with a key set to another value; `undefined` where that is no model. */
  totalWith(key: RecognisedKey, value: JsonValue): number | undefined;
  share(parameters: number): Share;
  /** The cache at a context (on both sides of an encoder-decoder), at the batch and dtype of the settings. */
  at(tokens: number): CachePoint;
  /** The cache at the context of the settings and at the model's limits, shorter first. */
  points(): readonly CachePoint[];
}

/** What a reader finds out about a key. */
export interface Figures {
  readonly hint?: Hint;
  /** Worked out when asked for, as the formulas are; the first of them is the hint's. */
  readonly share?: () => Share | undefined;
  readonly formulas?: () => readonly (Formula | undefined)[];
  /** Whether the key decides what is kept per sequence. */
  readonly cache?: boolean;
  /** Of a quantization block's key: what it does to the bytes, and what it asks for. */
  readonly effect?: () => Effect | undefined;
  readonly requires?: () => readonly Requirement[];
  /** What an image or audio becomes, of a key of a tower. */
  readonly media?: () => MediaEstimate | undefined;
  /** What the figure stands on beside the model's own basis. */
  readonly basis?: Basis;
}

/** Reads one key; `undefined` where it has no figure of its own in this model. */
export type Reader = (key: RecognisedKey, view: View) => Figures | undefined;

export function viewOf(analysis: Analysis, settings: InsightSettings): View {
  const kvDtype = cacheDtypeOf(analysis, settings.kvDtype);
  const text = textSection(analysis);
  const textPath = text.path.join('.');
  const probed = new Map<string, readonly Decided[]>();
  const { total } = analysis.parameters;
  const share = (parameters: number): Share => ({ parameters, ratio: total > 0 ? parameters / total : 0 });
  const at = (tokens: number): CachePoint => cachePoint(analysis, tokens, settings.batch, kvDtype);
  return {
    analysis,
    settings,
    kvDtype,
    text,
    inText({ section }) {
      let own = section;
      while (own.parent) own = own.parent;
      return own.path.join('.') === textPath;
    },
    stacks: () => layerStacks(analysis),
    decided(key) {
      const name = key.path.join('.');
      let decided = probed.get(name);
      if (!decided) probed.set(name, (decided = decidedBy(analysis, key)));
      return decided;
    },
    stacksOf(key) {
      const { value } = key;
      if (typeof value !== 'number') return [];
      const changed = whatIfTensors(analysis, editsOf(key, value < maxLayers ? value + 1 : value - 1));
      if (!changed) return [];
      const names = [...changedNames(analysis.inventory, changed)];
      return layerStacks(analysis).filter((stack) => names.some((name) => name.startsWith(`${stack.name}.{n}`)));
    },
    totalWith(key, value) {
      const inventory = whatIfTensors(analysis, editsOf(key, value));
      return inventory && countParameters(inventory).total;
    },
    share,
    at,
    points() {
      const chosen = at(settings.context);
      const limit = limitPoint(analysis, settings.batch, kvDtype);
      if (!limit || (limit.tokens === chosen.tokens && limit.encoder === chosen.encoder)) return [chosen];
      return [chosen, limit].sort((a, b) => a.tokens - b.tokens);
    },
  };
}

/** Doubles a key, which keeps whatever divides it a divisor; halves it at the bound, and turns a switch. */
function decidedBy(analysis: Analysis, key: RecognisedKey): readonly Decided[] {
  const { value } = key;
  const numeric = typeof value === 'number' && Number.isInteger(value) && value >= 1;
  if (!numeric && value !== true) return [];
  const ratio = !numeric ? 0 : value * 2 <= maxDimension ? 2 : 0.5;
  const changed = whatIfTensors(analysis, editsOf(key, numeric ? value * ratio : false));
  return (changed && proportionalTo(analysis.inventory, changed, ratio)) ?? [];
}
