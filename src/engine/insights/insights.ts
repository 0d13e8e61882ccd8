import type { Analysis } from '../analysis';
import { weakest, type Basis } from '../basis';
import type { JsonValue } from '../config/json';
import { changesOf, type Change } from './changes';
import { cacheBasis, type CachePoint } from './cacheFigures';
import type { Formula } from './formula';
import type { Hint, Share } from './hint';
import type { MediaEstimate } from '../media/tokens';
import type { Meaning, SectionKind, Side } from './meanings';
import { readerOf } from './readers/index';
import type { Effect } from './quantization/effects';
import type { Requirement } from './quantization/requirements';
import { recognisedAt, recognisedKeys, standing, type RecognisedKey } from './sections';
import { viewOf, type Figures, type InsightSettings, type View } from './view';

/** More about a key, for a tooltip or a hover. */
export interface Explanation {
  /** Parameters that the key decides or that the hint counts. */
  readonly share?: Share;
  /** The formula of the hint first; empty where nothing is worked out by one. */
  readonly formulas: readonly Formula[];
  /** The cache of `batch` sequences at the context of the settings and at the model's limits, for keys that decide it. */
  readonly cache: readonly CachePoint[];
  readonly batch: number;
  /** What the bytes of the cache stand on. */
  readonly cacheBasis: Basis;
  /** What a key of a quantization block does to the bytes. */
  readonly effect?: Effect;
  /** What a key of a quantization block asks of hardware, engine or preparation. */
  readonly requires: readonly Requirement[];
  /** What an image of the tower's size, or half a minute of audio, becomes. */
  readonly media?: MediaEstimate;
}

/** What a key of the file means for the model, as data. */
export interface KeyInsight {
  readonly path: readonly string[];
  readonly key: string;
  readonly meaning: Meaning;
  readonly side?: Side;
  /** What the section around the key describes. */
  readonly section: SectionKind;
  readonly value: JsonValue;
  /** The figure for the end of the line; only where the key cost or saved something that can be attributed to it. */
  readonly hint?: Hint;
  readonly basis: Basis;
  /** Worked out on the first call. */
  explain(): Explanation;
  /** At most four, worked out on the first call by analysing the changed config. */
  changes(): readonly Change[];
}

/**
 * Every recognised key of a config, in its order, with what it costs or saves. Figures follow from the model's tensors and
 * states and from what changes when the key does, so that they hold for every family; one that cannot be attributed to the
 * key is left out. Hints are worked out here, everything else when it is asked for.
 */
export function insightsFor(analysis: Analysis, settings: InsightSettings): readonly KeyInsight[] {
  const view = viewOf(analysis, settings);
  const refused = refusedIn(analysis);
  return recognisedKeys(analysis).map((key) => insightOf(key, view, refused.has(key.path.join('.'))));
}

/**
 * The key of a quantization block at a place of the file. Settings of single modules, of which there may be thousands, are
 * found by their place alone; `insightsFor` leaves them out.
 */
export function insightAt(analysis: Analysis, settings: InsightSettings, place: readonly (string | number)[]): KeyInsight | undefined {
  const key = recognisedAt(analysis, place);
  return key && insightOf(key, viewOf(analysis, settings), refusedIn(analysis).has(key.path.join('.')));
}

const refusedIn = ({ findings }: Analysis): ReadonlySet<string> =>
  new Set(findings.flatMap(({ code, path }) => (code === 'invalid-value' ? [path.join('.')] : [])));

function insightOf(key: RecognisedKey, view: View, refused: boolean): KeyInsight {
  const { path, meaning, side, section, value } = key;
  const stands = standing(key);
  const silent = refused || value === null || stands === 'unread';
  // Figures of a value that cannot be used, or of a key that is not read, would be those of another; null in a
  // quantization block is the choice not to.
  const isRead = !silent || (!refused && section.kind === 'quantization');
  const figures: Figures = (isRead ? readerOf(meaning)(key, view) : undefined) ?? {};
  let explanation: Explanation | undefined;
  let changes: readonly Change[] | undefined;
  return {
    path,
    key: key.key,
    meaning,
    ...(side && { side }),
    section: section.kind,
    value,
    // Two names of one key have the same figure, said once.
    ...(figures.hint && stands === 'own' && { hint: figures.hint }),
    basis: figures.basis ? weakest(view.analysis.basis, figures.basis) : view.analysis.basis,
    explain: () => (explanation ??= explain(figures, view)),
    changes: () => (changes ??= silent ? [] : changesOf(key, view)),
  };
}

function explain({ share, formulas, cache, effect, requires, media }: Figures, view: View): Explanation {
  const part = share?.();
  const does = effect?.();
  const seen = media?.();
  return {
    ...(part && { share: part }),
    ...(does && { effect: does }),
    ...(seen && { media: seen }),
    requires: requires?.() ?? [],
    formulas: (formulas?.() ?? []).filter((formula) => formula !== undefined),
    cache: cache ? view.points() : [],
    batch: view.settings.batch,
    cacheBasis: cacheBasis(view.analysis, view.settings.kvDtype),
  };
}
