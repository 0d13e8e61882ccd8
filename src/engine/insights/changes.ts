import type { Analysis } from '../analysis';
import type { JsonValue } from '../config/json';
import { cacheDtypeOf } from '../estimate';
import { loadedBytes } from '../quantization/checkpoint';
import { candidatesFor, type Candidate, type ChangeNote } from './candidates';
import { cachePoint, limitPoint, type CachePoint } from './cacheFigures';
import { stretchedContext } from './readers/rope';
import type { RecognisedKey } from './sections';
import type { View } from './view';
import { editsOf, whatIf, type Edit } from './whatIf';

/** A figure after a change, and by how much it differs from now. */
export interface Difference {
  readonly value: number;
  readonly delta: number;
}

/** What another value of a key would cost or save: the config with it, analysed anew. */
export interface Change {
  readonly value: JsonValue;
  readonly note?: ChangeNote;
  /** All values that are set, the key's own first: others follow it so that the config stays consistent. */
  readonly edits: readonly Edit[];
  readonly parameters: Difference;
  /** Parameters that one token uses. */
  readonly active: Difference;
  /** Bytes that are loaded of the checkpoint as the changed file would describe it. */
  readonly weightBytes: Difference;
  /** Bytes of the cache, at the context of the settings; for keys that set a limit of context, at the limits after the change. */
  readonly cache: Difference & Pick<CachePoint, 'tokens' | 'encoder'>;
}

/** The sensible next changes of a key, four at most: those that can be loaded and change a figure. */
export const changesOf = (key: RecognisedKey, view: View): readonly Change[] =>
  candidatesFor(key).flatMap((candidate) => {
    const change = changeTo(key, candidate, view);
    return change && [change.parameters, change.active, change.weightBytes, change.cache].some(({ delta }) => delta !== 0) ? [change] : [];
  });

/** A key set to a value, whatever it is; `undefined` where that is no model that can be loaded. */
export function changeTo(key: RecognisedKey, { value, note }: Candidate, view: View): Change | undefined {
  const edits = editsOf(key, value);
  const now = view.analysis;
  const then = whatIf(now, edits);
  if (!then) return undefined;
  const [before, after] = cachesOf(now, then, key, value, view);
  return {
    value,
    ...(note && { note }),
    edits,
    parameters: difference(now.parameters.total, then.parameters.total),
    active: difference(now.parameters.active, then.parameters.active),
    weightBytes: difference(loadedBytes(now.checkpoint), loadedBytes(then.checkpoint)),
    cache: {
      ...difference(before.bytes, after.bytes),
      tokens: after.tokens,
      ...(after.encoder !== undefined && { encoder: after.encoder }),
    },
  };
}

const difference = (before: number, after: number): Difference => ({ value: after, delta: after - before });

/** The cache before and after: at the limits of context for keys that set one, else at the context of the settings. */
function cachesOf(
  now: Analysis,
  then: Analysis,
  { meaning, section, value: before }: RecognisedKey,
  after: JsonValue,
  { settings: { batch, kvDtype, context } }: View,
): readonly [before: CachePoint, after: CachePoint] {
  const at = (analysis: Analysis, tokens: number): CachePoint => cachePoint(analysis, tokens, batch, cacheDtypeOf(analysis, kvDtype));
  if (meaning === 'contextLimit') {
    const [from, to] = [now, then].map((analysis) => limitPoint(analysis, batch, cacheDtypeOf(analysis, kvDtype)));
    if (from && to && (from.tokens !== to.tokens || from.encoder !== to.encoder)) return [from, to];
  }
  if (meaning === 'ropeFactor' && now.contextLimit !== null && then.contextLimit !== null) {
    const limit = now.contextLimit;
    const original = section.value('originalContext');
    const [from, to] = [before, after].map((factor) => stretchedContext({ ...section.written, factor }, original, limit)?.to);
    if (from !== undefined && to !== undefined) return [at(now, from), at(then, to)];
  }
  return [at(now, context), at(then, context)];
}
