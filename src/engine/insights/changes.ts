import type { Analysis } from '../analysis';
import type { JsonValue } from '../config/json';
import { cacheDtypeOf } from '../estimate';
import { loadedBytes } from '../quantization/checkpoint';
import { candidatesFor, type Candidate, type ChangeNote } from './candidates';
import { cachePoint } from './cacheFigures';
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
  /** Bytes of the cache. `tokens`: the context of the settings; for keys that set a limit of context, the limit after the change. */
  readonly cache: Difference & { readonly tokens: number };
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
  const limits = contextsOf(now, then, key, value) ?? [view.settings.context, view.settings.context];
  const cache = ([analysis, tokens]: readonly [Analysis, number]) =>
    cachePoint(analysis, tokens, view.settings.batch, cacheDtypeOf(analysis, view.settings.kvDtype)).bytes;
  return {
    value,
    ...(note && { note }),
    edits,
    parameters: difference(now.parameters.total, then.parameters.total),
    active: difference(now.parameters.active, then.parameters.active),
    weightBytes: difference(loadedBytes(now.checkpoint), loadedBytes(then.checkpoint)),
    cache: { ...difference(cache([now, limits[0]]), cache([then, limits[1]])), tokens: limits[1] },
  };
}

const difference = (before: number, after: number): Difference => ({ value: after, delta: after - before });

/** The limits of context before and after, for keys that set one; `undefined` for the others. */
function contextsOf(now: Analysis, then: Analysis, { meaning, section, value: before }: RecognisedKey, after: JsonValue) {
  const limits = [now.contextLimit, then.contextLimit] as const;
  if (limits[0] === null || limits[1] === null) return undefined;
  if (meaning === 'contextLimit') return limits[0] === limits[1] ? undefined : ([limits[0], limits[1]] as const);
  if (meaning !== 'ropeFactor') return undefined;
  const original = section.value('originalContext');
  const [from, to] = [before, after].map((factor) => stretchedContext({ ...section.written, factor }, original, now.contextLimit ?? 0)?.to);
  return from === undefined || to === undefined ? undefined : ([from, to] as const);
}
