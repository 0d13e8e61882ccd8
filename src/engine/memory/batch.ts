import type { Analysis } from '../analysis';
import type { Basis } from '../basis';
import { maxTokens } from '../limits';
import { bytesPerElement, type CacheDtype } from '../units/dtypes';
import { windowKeeps } from './cache';

/** Sequences of one length. */
export interface SequenceGroup {
  readonly tokens: number;
  readonly count: number;
}

/** Sequences that are under way together. */
export interface Batch {
  readonly groups: readonly SequenceGroup[];
  /** Tokens that all of them begin with. */
  readonly prefix: number;
}

/** How an engine keeps keys and values of sequences of different lengths. */
export interface CachePaging {
  /** `paged`: pages as a sequence grows. `padded`: every sequence is as long as the longest. `slots`: room that is set aside at the start. */
  readonly layout: 'paged' | 'padded' | 'slots';
  /** Tokens of one page, or that a buffer grows by. */
  readonly page: number;
  /** Whether a prefix is kept once. */
  readonly shares: boolean;
  /** Whether layers with a window give up what they no longer see. */
  readonly windows: boolean;
  /** Bytes per element of keys and values, scales among them. */
  readonly element: number;
  /** Tokens that one sequence may have once the engine is started; `null`: none refuses more. */
  readonly longest: number | null;
  /** Of `slots`: sequences, tokens of each, and whether those are one room for all. */
  readonly slots?: { readonly count: number; readonly tokens: number; readonly unified: boolean };
}

export interface BatchCache {
  readonly sequences: number;
  readonly longest: number;
  /** Of all sequences, each for itself. */
  readonly tokens: number;
  /** Places for tokens that are taken in a layer that sees everything: in whole pages, and a shared prefix once. */
  readonly places: number;
  /** Keys, values and states of all layers, over all devices; heads that an engine keeps several times count once. */
  readonly bytes: number;
  /** The same for every sequence alone, without pages. */
  readonly apartBytes: number;
  readonly paging: CachePaging;
}

const most = { groups: 1000, count: 1_000_000 };

/** `32000` or `2000:3`; `undefined` for what is none. */
export function parseLength(text: string): SequenceGroup | undefined {
  const [, tokens, times] = /^(\d{1,10})(?::(\d{1,7}))?$/.exec(text.trim()) ?? [];
  const group = { tokens: Number(tokens), count: times === undefined ? 1 : Number(times) };
  return group.tokens >= 1 && group.tokens <= maxTokens && group.count >= 1 && group.count <= most.count ? group : undefined;
}

/** Why groups of sequences make no batch, or the batch. */
export function batchOf(groups: readonly SequenceGroup[], prefix: number): Batch | { readonly problem: string } {
  if (groups.length === 0 || groups.length > most.groups) return { problem: `takes from 1 to ${most.groups} lengths` };
  const shortest = Math.min(...groups.map(({ tokens }) => tokens));
  return prefix > shortest ? { problem: `the shared prefix of ${prefix} is longer than a sequence of ${shortest}` } : { groups, prefix };
}

/** Nothing but the tokens themselves: what any engine needs at least. */
export const unpaged = (dtype: CacheDtype): CachePaging => ({
  layout: 'paged',
  page: 1,
  shares: true,
  windows: true,
  element: bytesPerElement[dtype],
  longest: null,
});

/**
 * The cache of sequences of different lengths as an engine keeps it, from what each module of the tree declares.
 *
 * A window's layers hold of a shared prefix only what some sequence still sees; of pages, one more than the window fills, since it
 * begins within one (vllm/v1/kv_cache_interface.py, SlidingWindowSpec).
 */
export function batchCache({ inventory, dtype }: Analysis, { groups, prefix }: Batch, paging: CachePaging): BatchCache {
  const sequences = groups.reduce((sum, { count }) => sum + count, 0);
  const longest = Math.max(...groups.map(({ tokens }) => tokens));
  const width = bytesPerElement[bytesPerElement[dtype.value] >= 2 ? dtype.value : 'bf16'];
  const whole = (window: number | undefined): number => placesOf(groups, prefix, paging, longest, window);
  let bytes = 0;
  let apart = 0;
  for (const { state, copies } of inventory.states) {
    if ('elements' in state) {
      const all = state.elements * (state.dtype === 'float32' ? 4 : width) * copies * sequences;
      bytes += all;
      apart += all;
      continue;
    }
    const each = state.elementsPerToken * copies * paging.element;
    const window = state.kind === 'sliding' ? state.window : undefined;
    bytes += whole(paging.windows ? window : undefined) * each;
    apart +=
      groups.reduce((sum, { tokens, count }) => sum + Math.min(tokens, window === undefined ? tokens : windowKeeps(window)) * count, 0) *
      each;
  }
  return {
    sequences,
    longest,
    tokens: groups.reduce((sum, { tokens, count }) => sum + tokens * count, 0),
    places: whole(undefined),
    bytes: Math.round(bytes),
    apartBytes: Math.round(apart),
    paging,
  };
}

/** Places that one layer takes for all sequences. */
function placesOf(
  groups: readonly SequenceGroup[],
  prefix: number,
  { layout, page, shares, slots }: CachePaging,
  longest: number,
  window: number | undefined,
): number {
  if (layout === 'slots' && slots) return slots.unified ? slots.tokens : slots.tokens * slots.count;
  const up = (tokens: number): number => Math.ceil(tokens / page) * page;
  // What is left of a page that only begins with the prefix is each sequence's own.
  const shared = shares && layout === 'paged' ? Math.floor(prefix / page) * page : 0;
  const held = window === undefined ? Infinity : layout === 'padded' ? windowKeeps(window) : (Math.ceil((window - 1) / page) + 1) * page;
  let places = 0;
  let common = 0;
  for (const { tokens, count } of groups) {
    const all = up(layout === 'padded' ? longest : tokens);
    const kept = Math.min(all, held);
    const ofPrefix = Math.max(0, shared - (all - kept));
    places += (kept - ofPrefix) * count;
    common = Math.max(common, ofPrefix);
  }
  return places + common;
}

/** Whether a batch fits into what an engine has; `null` where it keeps no pool or its memory is not known. */
export function batchFits({ groups }: Batch, { places, sequences, paging, tokens }: BatchCache, poolTokens: number | null): boolean | null {
  const { slots, layout } = paging;
  if (layout === 'padded') return null;
  if (!slots) return poolTokens === null ? null : places <= poolTokens;
  if (sequences > slots.count) return false;
  return slots.unified ? tokens <= slots.tokens : groups.every((group) => group.tokens <= slots.tokens);
}

/** Pages follow the engine's code; what windows and several copies of heads take is by rule. */
export const batchBasis: Basis = { kind: 'rule', reasons: ['cache-by-pages'] };
