import { formatBytes, isMeasuredHere, type Device, type Fit } from '../../../engine/index';
import type { MemoryView, Segment, Verdict } from '../../../shared/panel/snapshot';
import { profileLines } from '../../../shared/text/deviceProfiles';
import { deviceText } from '../../../shared/text/summary';
import { barOf, boundText, measuredOf, restOf, sumLines, type Part } from './bar';
import { about, basisNotes } from './basis';
import { cacheFigure, cacheName, keepsState } from './cache';
import { longestContextOf, sequencesOf } from './reach';
import { figure, pairOfBytes, writers, type View } from './view';
import { weightsFigure } from './weightFigures';

/** The device's memory as a ruler, and what lies on it. */
export function memoryOf(view: View): MemoryView {
  const { target, fit, t, style, estimate } = view;
  const { tokens } = writers(style);
  const segments = segmentsOf(view);
  const held = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const usable = fit?.usable ?? null;
  const verdict = verdictOf(fit);
  const rest = usable === null ? null : restOf(usable, held, view);
  const parts = segments.map(({ figure: { text }, ...segment }) => ({ ...segment, text }));
  const bar = barOf(parts, usable, placeText(view), view);
  return {
    ...bar,
    device: target ? placeText(view) : null,
    verdict,
    verdictText: verdictText(verdict, fit, view),
    total: totalFigure(view, parts, usable),
    segments,
    rest,
    description: [bar.description, ...(rest ? [`${rest.text}.`] : [])].join(' '),
    measured: measuredOf(target?.device, target !== undefined && isMeasuredHere(target.device), view),
    longestContext: longestContextOf(view),
    contextBound: contextBound(view),
    sequences: keepsState(view) ? sequencesOf(view) : null,
    sequencesAt: t('at {0} tokens each', tokens(estimate.settings.context)),
  };
}

/** "RTX 4090", "each of 2 × RTX 4090". */
function placeText({ target, t }: View): string {
  if (!target) return '';
  const name = deviceText(target.device.name, target.count);
  return target.count > 1 ? t('each of {0}', name) : name;
}

function segmentsOf(view: View): readonly Segment[] {
  const { fit, t, weights, estimate } = view;
  const { context, batch } = estimate.settings;
  const all = weightsFigure(weights, view);
  const cached = cacheFigure(view, context, batch);
  return [
    { id: 'weights', label: t('weights'), bytes: fit?.weights ?? weights.bytes, figure: fit ? shareOf(all, fit.weights, view) : all },
    ...(keepsState(view)
      ? [
          {
            id: 'cache' as const,
            label: cacheName(view),
            bytes: fit?.cache ?? estimate.cache.bytes,
            figure: fit ? shareOf(cached, fit.cache, view) : cached,
          },
        ]
      : []),
    ...(fit ? [{ id: 'runtime' as const, label: t('runtime'), bytes: fit.allowance, figure: runtimeFigure(fit, view) }] : []),
  ];
}

/** What one of several devices holds of a whole. */
function shareOf(whole: Segment['figure'], part: number, view: View): Segment['figure'] {
  const { target, t, style } = view;
  const text = formatBytes(part, style);
  if (!target || target.count === 1 || text === whole.text) return whole;
  const sign = whole.text.startsWith('≈') ? '≈' : '';
  return figure(
    sign + text,
    [...whole.how.formula, t('on each of {0} devices: {1}', target.count, text)],
    [
      ...whole.how.notes,
      ...basisNotes({ kind: 'approximate', reasons: (view.fit?.basis.reasons ?? []).filter((reason) => /split|cache-/.test(reason)) }, t),
    ],
  );
}

/** The allowance beside weights and cache, with the band that published runs lie in. */
function runtimeFigure({ allowance, weights, cache, totalBand }: Fit, { t, style }: View): Segment['figure'] {
  const { bytes } = writers(style);
  const held = weights + cache;
  return figure(
    `≈${bytes(allowance)}`,
    [t('{0} used; {1} to {2} seen', bytes(allowance), bytes(totalBand.low - held), bytes(totalBand.high - held))],
    [
      t(
        "The driver's context, activations and temporary buffers: 0.8 GiB and 2 % of the weights per device (at most an eighth of a small one), more where a model is split.",
      ),
      t(
        'From logs of vLLM, llama.cpp and transformers. A server at its defaults, made ready for hundreds of sequences, is at the high end.',
      ),
    ],
  );
}

function totalFigure(view: View, parts: readonly Part[], usable: number | null): MemoryView['total'] {
  const { target, t, style } = view;
  const held = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  return figure(
    about(view.analysis.basis, usable === null ? formatBytes(held, style) : pairOfBytes(held, usable, t, style)),
    sumLines(parts, view),
    target ? [...usableNotes(target.device, view), ...basisNotes(view.fit?.basis ?? { kind: 'exact', reasons: [] }, t)] : [],
  );
}

/** Where the length of the ruler comes from. */
function usableNotes(device: Device, { t, style }: View): readonly string[] {
  const { bytes } = writers(style);
  if (isMeasuredHere(device)) return profileLines(device, t, style);
  const { name, usable, memoryBytes: stated, memoryAtMostBytes: most } = device;
  if (usable === null || stated === null)
    return most === undefined ? [] : [t('Phones and boards with {0} have up to {1}.', name, bytes(most))];
  const { basis } = usable;
  if (basis.kind === 'exact')
    return [t('Usable: {0} of the {1} that the maker states, as reported by {2}.', bytes(usable.bytes), bytes(stated), basis.source)];
  return [
    t('Usable: {0} of the {1} that the maker states; between {2} and {3} are seen or assumed.', bytes(usable.bytes), bytes(stated), bytes(basis.lowBytes), bytes(basis.highBytes)), // prettier-ignore
    ...(basis.source === undefined ? [] : [basis.source]),
  ];
}

function verdictOf(fit: Fit | undefined): Verdict {
  if (!fit || fit.fits === null) return 'unknown';
  if (!fit.fits) return 'over';
  return fit.basis.reasons.includes('within-band') ? 'narrow' : 'fits';
}

function verdictText(verdict: Verdict, fit: Fit | undefined, { t }: View): string {
  if (verdict === 'fits') return t('fits');
  if (verdict === 'narrow') return t('fits, narrowly');
  if (verdict === 'unknown') return fit ? t('memory unknown') : t('no device chosen');
  return fit?.basis.reasons.includes('within-band') ? t('probably too large') : t('does not fit');
}

/** What ends the longest context of a fit. */
function contextBound(view: View): string {
  const { fit } = view;
  if (!fit || fit.fits === null || fit.maxContext === null) return '';
  return boundText(fit.memoryContext === null || fit.maxContext < fit.memoryContext ? 'model' : 'memory', view);
}
