import type { Analysis } from '../analysis';
import { exact, weakest, type Basis } from '../basis';
import { cacheSize } from '../memory/cache';
import { bytesPerElement, type CacheDtype } from '../units/dtypes';
import { mediaRuleOf } from './registry';
import { samplingRate, type MediaAnswer, type MediaRefusal, type MediaRule, type MediaTokens } from './rule';
import { settingsOf, type ProcessorSettings } from './settings';
import type { MediaItem, MediaKind } from './spec';

/** One item of what was asked about. */
export interface MediaPart {
  readonly item: MediaItem;
  /** Of one of them. */
  readonly each: MediaTokens;
  /** Cache that one of them takes alone: its tokens, and what layers of cross-attention keep of it. */
  readonly cacheBytes: number;
  readonly basis: Basis;
  /** Values of the processor's class that no file beside the config gives, by their key. */
  readonly assumed: Readonly<Record<string, number | boolean>>;
}

/** Everything in one sequence. */
export interface MediaEstimate {
  readonly parts: readonly MediaPart[];
  readonly tokens: number;
  readonly features: number;
  readonly cross: number;
  readonly cacheBytes: number;
  readonly dtype: CacheDtype;
  readonly basis: Basis;
}

export type MediaProblem =
  | { readonly code: 'media-unknown'; readonly kind: MediaKind }
  | { readonly code: 'media-refused'; readonly kind: MediaKind; readonly why: MediaRefusal };

/** The kinds that a model's processor takes, by its rule; none where no rule is known. */
export function mediaKinds(analysis: Analysis): readonly MediaKind[] {
  const { settings } = settingsOf(analysis.root, analysis.sidecars, 1);
  const rule = mediaRuleOf(analysis.modelType, settings);
  return (['image', 'video', 'audio'] as const).filter((kind) => rule?.[kind] !== undefined);
}

/**
 * Tokens of images, clips and audio in one sequence by the rules of the model's own processor, and what they take of its cache.
 *
 * @param dtype of keys and values
 * @param stateDtype of what is kept at the model's own type
 */
export function mediaTokens(
  analysis: Analysis,
  items: readonly MediaItem[],
  dtype: CacheDtype,
  stateDtype: CacheDtype = dtype,
): MediaEstimate | { readonly problem: MediaProblem } {
  const images = items.reduce((sum, { kind, count }) => sum + (kind === 'image' ? count : 0), 0);
  const cost = costOf(analysis, dtype, stateDtype);
  const parts: MediaPart[] = [];
  for (const item of items) {
    const { settings, assumed } = settingsOf(analysis.root, analysis.sidecars, images);
    const rule = mediaRuleOf(analysis.modelType, settings);
    const each = rule && answer(rule, item, settings);
    if (!rule || !each) return { problem: { code: 'media-unknown', kind: item.kind } };
    if ('refused' in each) return { problem: { code: 'media-refused', kind: item.kind, why: each.refused } };
    const basis = weakest(
      rule.readOnly ? { kind: 'rule', reasons: ['processor-not-run'] } : exact,
      assumed.size > 0 ? { kind: 'approximate', reasons: ['processor-defaults'] } : exact,
      each.wordsLeftOut ? { kind: 'approximate', reasons: ['words-left-out'] } : exact,
    );
    parts.push({ item, each, cacheBytes: cost(each.tokens, each.cross ?? 0), basis, assumed: Object.fromEntries(assumed) });
  }
  const sum = (of: (tokens: MediaTokens) => number): number => parts.reduce((all, { each, item }) => all + of(each) * item.count, 0);
  const [tokens, cross] = [sum((each) => each.tokens), sum((each) => each.cross ?? 0)];
  return {
    parts,
    tokens,
    features: sum((each) => each.features),
    cross,
    cacheBytes: cost(tokens, cross),
    dtype,
    basis: weakest(analysis.basis, ...parts.map((part) => part.basis)),
  };
}

function answer(rule: MediaRule, item: MediaItem, settings: ProcessorSettings): MediaAnswer | undefined {
  switch (item.kind) {
    case 'image':
      return rule.image?.(item, settings);
    case 'video':
      return rule.video?.(item, settings);
    case 'audio':
      return rule.audio?.(Math.round(item.seconds * samplingRate), settings);
  }
}

/** Bytes that so many tokens add to an empty cache, and so many states to what cross-attention keeps. */
function costOf({ inventory }: Analysis, dtype: CacheDtype, stateDtype: CacheDtype): (tokens: number, cross: number) => number {
  const own = inventory.states.filter(({ state }) => state.kind !== 'cross');
  const seen = inventory.states.reduce(
    (all, { state, copies }) => all + (state.kind === 'cross' && 'elementsPerToken' in state ? state.elementsPerToken * copies : 0),
    0,
  );
  return (tokens, cross) => {
    const { bytes, state } = cacheSize({ ...inventory, states: own }, tokens, 1, dtype, stateDtype);
    return bytes - state + cross * seen * bytesPerElement[dtype];
  };
}
