/** Keys that decide what is kept per sequence. */
import { isList } from '../../config/json';
import {
  cacheBasis,
  cacheFormula,
  encoderPositions,
  keyValueFigures,
  keyValueStates,
  limitPoint,
  perTokenFormulas,
  stateFormula,
  type CachePart,
} from '../cacheFigures';
import { windowKeeps } from '../../memory/cache';
import { cacheOf } from '../../estimate';
import { decidedFormula } from '../tensors';
import type { RecognisedKey } from '../sections';
import type { Figures, Reader, View } from '../view';
import { readDecided, readTable } from './sizes';

const keptPerToken = ({ section }: RecognisedKey, { analysis, settings, kvDtype }: View) =>
  keyValueFigures(analysis, settings.context, kvDtype, section);

const basisOf = ({ analysis, settings }: View) => cacheBasis(analysis, settings.kvDtype);

/** The bytes per token first, then the parameters that the key decides. */
const tokensAndTensors = (key: RecognisedKey, view: View): Figures => ({
  ...readDecided(key, view),
  formulas: () => [
    ...perTokenFormulas(view.analysis, view.settings.context, view.kvDtype, key.section),
    decidedFormula(view.decided(key), key),
  ],
  cache: true,
});

/** Key/value heads, or a switch that leaves one for all. */
export const readKeyValueHeads: Reader = (key, view) => {
  const heads = key.section.value('heads', 'decoder');
  const states = keyValueStates(view.analysis);
  const kvHeads = states[0]?.state.heads;
  const figures = keptPerToken(key, view);
  if (!view.inText(key) || heads === undefined || kvHeads === undefined || !figures) return undefined;
  // Latent attention has no key/value heads, and layers of several widths are not told by one number.
  if (states.some(({ state }) => state.kind === 'latent' || state.heads !== kvHeads)) return undefined;
  if (key.value !== kvHeads && !(key.value === true && kvHeads === 1)) return undefined;
  const { bytesPerToken, growth } = figures;
  const chosen = view.at(view.settings.context);
  return {
    hint: { kind: 'keyValue', heads, kvHeads, bytesPerToken, growth, chosen },
    ...tokensAndTensors(key, view),
    basis: basisOf(view),
  };
};

/** Widths of heads: parameters and cache, without a figure of their own for the line. */
export const readHeadWidth: Reader = (key, view) => (view.inText(key) ? tokensAndTensors(key, view) : readDecided(key, view));

export const readLatentRank: Reader = (key, view) => {
  const figures = keptPerToken(key, view);
  if (!view.inText(key) || !figures || !keyValueStates(view.analysis).every(({ state }) => state.kind === 'latent')) return undefined;
  const { bytesPerToken, growth, fullBytesPerToken } = figures;
  const chosen = view.at(view.settings.context);
  return {
    hint: { kind: 'latent', bytesPerToken, growth, fullBytesPerToken, chosen },
    ...tokensAndTensors(key, view),
    basis: basisOf(view),
  };
};

/** Against one dense projection, which is what null means there. */
export const readQueryRank: Reader = (key, view) => {
  if (typeof key.value !== 'number' || view.decided(key).length === 0) return undefined;
  const dense = view.totalWith(key, null);
  const saved = dense === undefined ? 0 : dense - view.analysis.parameters.total;
  return saved === 0 ? undefined : { hint: { kind: 'queryRank', saved }, ...readDecided(key, view) };
};

const readPositions = readTable('positions');

/** The limit as a cost of keys and values where the model keeps any, else as a table of positions. */
export const readContextLimit: Reader = (key, view) => {
  const { analysis, kvDtype, settings } = view;
  const { batch } = settings;
  const part = limitedPart(key, view);
  const limit = part && limitPoint(analysis, batch, kvDtype, part);
  if (!limit) return readPositions(key, view);
  return {
    hint: { kind: 'context', part, limit, chosen: view.at(settings.context), batch, dtype: kvDtype },
    formulas: () => [
      cacheFormula(analysis, limit, batch, kvDtype, key.section, part),
      decidedFormula(
        view.decided(key).filter(({ role }) => role === 'position'),
        key,
      ),
    ],
    cache: true,
    basis: basisOf(view),
  };
};

/** What a key bounds of the cache; `undefined` where it bounds nothing that is kept. */
function limitedPart(key: RecognisedKey, view: View): CachePart | undefined {
  const { analysis } = view;
  const bounds = view.inText(key) && key.section.ownName(key.key) !== undefined && keyValueStates(analysis).length > 0;
  if (!bounds) return undefined;
  const encoder = encoderPositions(analysis);
  if (key.side === 'encoder') return key.value === encoder ? 'cross' : undefined;
  if (key.value !== analysis.contextLimit) return undefined;
  return encoder === undefined ? 'all' : 'self';
}

export const readWindow: Reader = (key, view) => {
  const states = keyValueStates(view.analysis);
  const windowed = states.flatMap(({ state, copies }) => (state.kind === 'sliding' ? [{ window: state.window, copies }] : []));
  const [first] = windowed;
  if (!view.inText(key) || typeof key.value !== 'number' || !first || windowed.some(({ window }) => window !== first.window))
    return undefined;
  const kept = windowKeeps(first.window);
  if (kept === Infinity) return undefined;
  const layers = windowed.reduce((sum, { copies }) => sum + copies, 0);
  const of = states.reduce((sum, { copies }) => sum + copies, 0);
  return {
    hint: { kind: 'window', layers, of, tokensKept: kept },
    formulas: () => [cacheFormula(view.analysis, view.at(view.settings.context), view.settings.batch, view.kvDtype, key.section)],
    cache: true,
  };
};

/** Every so many layers, one sees everything. */
export const readAttentionInterval: Reader = (key, view) => {
  const figures = keptPerToken(key, view);
  const of = key.section.value('layers');
  if (!view.inText(key) || !figures || of === undefined || key.section.ownName(key.key) === undefined) return undefined;
  return { hint: { kind: 'fullLayers', layers: figures.layers - figures.windowed, of }, cache: true };
};

const maxTypes = 6;
const maxTypeLength = 40;

/** One entry per layer, where the family reads such a list. */
export const readLayerTypes: Reader = (key, view) => {
  if (!isList(key.value) || key.section.ownName(key.key) === undefined) return undefined;
  const counts = new Map<string, number>();
  for (const entry of key.value) {
    if (typeof entry !== 'string' || entry.length > maxTypeLength) return undefined;
    counts.set(entry, (counts.get(entry) ?? 0) + 1);
  }
  const types = [...counts].map(([type, layers]) => ({ type, layers })).sort((a, b) => b.layers - a.layers);
  if (types.length < 2 || types.length > maxTypes || !view.inText(key)) return { cache: true };
  return { hint: { kind: 'layerTypes', types }, cache: true };
};

/** A size of recurrent layers, by the kind of state that it decides. */
export const readState =
  (state: 'recurrent' | 'convolution'): Reader =>
  (key, view) => {
    const { analysis, kvDtype } = view;
    const bytes = cacheOf(analysis, 0, 1, kvDtype).byKind[state];
    if (!bytes || !view.inText(key) || key.section.ownName(key.key) === undefined) return undefined;
    return {
      hint: { kind: 'state', state, bytes },
      formulas: () => [stateFormula(analysis, state, kvDtype), decidedFormula(view.decided(key), key)],
      cache: true,
    };
  };
