import { bytesPerElement, cacheOf, formatShare, type Cache, type CacheDtype, type State } from '../../../engine/index';
import type { CacheView, Figure } from '../../../shared/panel/snapshot';
import { about } from './basis';
import { figure, writers, type View } from './view';

/** Contexts that the growth is told at, beside the chosen one and the model's limit. */
const landmarks = [2048, 8192, 32_768, 131_072, 1_048_576] as const;
const shownWithoutLimit = 131_072;
const shownRows = 5;

/** Whether the model keeps anything between tokens: an encoder does not. */
export const keepsState = ({ analysis }: View): boolean => analysis.inventory.states.length > 0;

/** What the reader knows it as: recurrent models keep no keys and values. */
export const cacheName = ({ analysis, t }: View): string =>
  analysis.inventory.states.every(({ state }) => 'elements' in state) ? t('state') : t('KV cache');

/** The cache of one sequence at a context, under the chosen dtype. */
export const cacheOfOne = ({ analysis, estimate }: View, context: number): Cache => cacheOf(analysis, context, 1, estimate.kvDtype);

interface Line {
  readonly state: State;
  readonly copies: number;
}

/** Equal states of several stacks are one line. */
function linesOf({ analysis }: View): readonly Line[] {
  const lines = new Map<string, Line>();
  for (const { state, copies } of analysis.inventory.states) {
    const key = JSON.stringify(state);
    const known = lines.get(key);
    lines.set(key, { state, copies: copies + (known?.copies ?? 0) });
  }
  return [...lines.values()];
}

/** What one module keeps per token, or as a whole: "32 layers × 8 KV heads × 256 × 2 B". */
function unitFormula({ state, copies }: Line, { t, style, analysis, estimate }: View): string {
  const { whole } = writers(style);
  const layers = state.kind === 'cross' ? t('{0} cross-attention layers', whole(copies)) : t('{0} layers', whole(copies));
  if ('elements' in state) {
    const width = state.dtype === 'float32' ? 4 : Math.max(2, bytesPerElement[analysis.dtype.value]);
    return `${layers} × ${t('{0} numbers', whole(state.elements))} × ${width} B`;
  }
  const heads = state.heads ?? 0;
  const elements =
    heads > 0 && state.elementsPerToken % heads === 0
      ? `${t('{0} KV heads', whole(heads))} × ${whole(state.elementsPerToken / heads)}`
      : t('{0} numbers', whole(state.elementsPerToken));
  return `${layers} × ${elements} × ${bytesPerElement[estimate.kvDtype]} B`;
}

/** The same at a context. */
function stateFormula(line: Line, view: View, context: number): string {
  const { state } = line;
  if ('elements' in state) return unitFormula(line, view);
  const { whole } = writers(view.style);
  const tokens =
    state.kind === 'sliding'
      ? view.t('the last {0} tokens', whole(Math.min(context, Math.max(0, state.window - 1))))
      : view.t('{0} tokens', whole(context));
  return `${unitFormula(line, view)} × ${tokens}`;
}

/** The lines of a sum. */
const summed = (lines: readonly string[]): readonly string[] => lines.map((line, index) => `${index === 0 ? '  ' : '+ '}${line}`);

/** What is left open by the way the transformers library keeps it. */
function cacheNotes({ analysis, t }: View): readonly string[] {
  const kinds = new Set(analysis.inventory.states.map(({ state }) => state.kind));
  return [
    ...(kinds.has('attention') || kinds.has('sliding') ? [t('Keys and values of every KV head: two numbers per channel.')] : []),
    ...(kinds.has('latent') ? [t('Latent attention keeps one compressed vector per token instead of keys and values.')] : []),
    ...(kinds.has('sliding') ? [t('Layers with a window keep its last tokens only.')] : []),
    ...(kinds.has('cross')
      ? [t('The decoder also keeps the keys and values of the encoder, counted for an input of the same length.')]
      : []),
    ...(kinds.has('recurrent') || kinds.has('convolution') ? [t('Recurrent state is as large after one token as after a million.')] : []),
    t('As the transformers library keeps it; serving engines allocate in blocks and may round up.'),
  ];
}

/** The cache at a context and batch, as a figure with its formula. */
export function cacheFigure(view: View, context: number, batch: number): Figure {
  const { t, style } = view;
  const { bytes, exactBytes, whole } = writers(style);
  const size = cacheOf(view.analysis, context, batch, view.estimate.kvDtype);
  const lines = summed(linesOf(view).map((line) => stateFormula(line, view, context)));
  const times = batch === 1 ? [] : [`× ${t('{0} sequences', whole(batch))}`];
  return figure(
    about(view.analysis.basis, bytes(size.bytes)),
    [...lines, ...times, `= ${exactBytes(size.bytes)} = ${bytes(size.bytes)}`],
    cacheNotes(view),
  );
}

/** How the cache grows; null for a model that keeps nothing. */
export function cacheViewOf(view: View): CacheView | null {
  if (!keepsState(view)) return null;
  const { analysis, estimate, t, style, weights } = view;
  const { bytes, exactBytes, tokens } = writers(style);
  const { context } = estimate.settings;
  const one = cacheOfOne(view, context);
  const growing = linesOf(view).filter(({ state }) => !('elements' in state) && !(state.kind === 'sliding' && context >= state.window - 1));
  const grows = linesOf(view).some(({ state }) => !('elements' in state));
  return {
    title: cacheName(view),
    perToken: figure(
      one.bytesPerToken === 0 ? t('nothing') : about(analysis.basis, bytes(one.bytesPerToken)),
      [...summed(growing.map((line) => unitFormula(line, view))), `= ${exactBytes(one.bytesPerToken)}`],
      cacheNotes(view),
    ),
    state: one.state === 0 ? null : figure(about(analysis.basis, bytes(one.state)), stateLines(view, one), []),
    dtype: dtypeText(estimate.kvDtype, view),
    rows: (grows ? contextsOf(view) : []).map((at) => {
      const size = cacheOfOne(view, at).bytes;
      const ofWeights = weights.bytes > 0 ? size / weights.bytes : 0;
      return {
        tokens: tokens(at),
        chosen: at === context,
        bytes: size,
        figure: cacheFigure(view, at, 1),
        ofWeights,
        ofWeightsText: formatShare(ofWeights, style),
      };
    }),
  };

  function contextsOf({ analysis: { contextLimit } }: View): readonly number[] {
    const most = Math.max(context, contextLimit ?? shownWithoutLimit);
    const wanted = new Set([context, ...(contextLimit === null ? [] : [contextLimit])]);
    for (const at of [...landmarks].reverse()) if (at <= most && wanted.size < shownRows && !isCrowded(at, wanted)) wanted.add(at);
    return [...wanted].sort((a, b) => a - b);
  }
  function dtypeText(dtype: CacheDtype, { estimate: { settings } }: View): string {
    const name = dtype.toUpperCase();
    if (settings.kvDtype !== 'auto') return t('{0}, as set', name);
    return analysis.dtype.assumed ? t('{0}, assumed', name) : t('{0}, the dtype of the file', name);
  }
}

/** A landmark next to a row that is there anyway says nothing new. */
const isCrowded = (at: number, rows: ReadonlySet<number>): boolean => [...rows].some((row) => at > row / 1.6 && at < row * 1.6);

const stateLines = (view: View, one: Cache): readonly string[] => [
  ...summed(
    linesOf(view)
      .filter(({ state }) => 'elements' in state)
      .map((line) => unitFormula(line, view)),
  ),
  `= ${writers(view.style).exactBytes(one.state)}`,
];
