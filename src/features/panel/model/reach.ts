import type { Fit, RefusalCode, Target } from '../../../engine/index';
import type { Figure, Reach } from '../../../shared/panel/snapshot';
import type { WhatIf } from '../../../shared/whatIf';
import { about, basisNotes } from './basis';
import { figure, writers, type View } from './view';

/** Reasons that say something about reach, and not about the sum of memory. */
const reachReasons = /^(limited-by-model|context-unbounded|batch-unbounded|usable-measured-here|cache-|split-over-parts|dtype-)/;

/** "23.52 GiB usable − 14.96 GiB weights − 1.10 GiB runtime = 7.46 GiB for the cache". */
function roomLine(fit: Fit, { t, style }: View): string {
  const { bytes } = writers(style);
  const usable = fit.usable ?? 0;
  return t(
    '{0} usable − {1} weights − {2} runtime = {3} for the cache',
    bytes(usable),
    bytes(fit.weights),
    bytes(fit.allowance),
    bytes(Math.max(0, usable - fit.weights - fit.allowance)),
  );
}

const notesOf = (fit: Fit, { t }: View): readonly string[] =>
  basisNotes({ kind: 'approximate', reasons: fit.basis.reasons.filter((reason) => reachReasons.test(reason)) }, t);

/** The longest context of a fit, never beyond the model's own limit. */
export function contextReach(fit: Fit, view: View): Reach {
  const { t, style, analysis, estimate } = view;
  const { tokens, whole } = writers(style);
  if (fit.fits === null) return { kind: 'unknown', figure: figure(t('unknown'), [], basisNotes(fit.basis, t)) };
  const lines = [roomLine(fit, view)];
  if (fit.maxContext === null) return { kind: 'fits', figure: figure(t('any'), lines, notesOf(fit, view)) };
  if (fit.maxContext === 0) return { kind: 'over', figure: figure(t('none'), lines, notesOf(fit, view)) };
  const { batch } = estimate.settings;
  if (fit.memoryContext !== null)
    lines.push(
      batch === 1
        ? t('the cache of one sequence stays within that up to {0} tokens', whole(fit.memoryContext))
        : t('the cache of {0} sequences stays within that up to {1} tokens', whole(batch), whole(fit.memoryContext)),
    );
  if (analysis.contextLimit !== null && (fit.memoryContext === null || fit.memoryContext > fit.maxContext))
    lines.push(t('the model was made for {0} tokens', whole(analysis.contextLimit)));
  return { kind: fit.fits ? 'fits' : 'over', figure: figure(about(analysis.basis, tokens(fit.maxContext)), lines, notesOf(fit, view)) };
}

export function longestContextOf(view: View): Figure | null {
  const { fit } = view;
  return fit === undefined || fit.fits === null || view.analysis.inventory.states.length === 0 ? null : contextReach(fit, view).figure;
}

/** How many sequences of the chosen context fit at once. */
export function sequencesOf(view: View): Figure | null {
  const { fit, t, style, estimate } = view;
  if (fit === undefined || fit.fits === null) return null;
  const { whole, tokens } = writers(style);
  const lines = [roomLine(fit, view)];
  if (fit.maxBatch === null) return figure(t('any number'), lines, notesOf(fit, view));
  const context = tokens(estimate.settings.context);
  if (fit.maxBatch === 0) {
    lines.push(t('the cache of one sequence of {0} tokens is larger than that', context));
    return figure(t('none'), lines, notesOf(fit, view));
  }
  lines.push(t('the cache of {0} sequences of {1} tokens stays within that', whole(fit.maxBatch), context));
  return figure(about(view.analysis.basis, whole(fit.maxBatch)), lines, notesOf(fit, view));
}

/** Refusals that leave another way (a slower kernel, FP16 in place of BF16), or that say of an edit that it changes nothing. */
const avoidable: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  ...(['kernel-groups', 'kernel-rows', 'kernel-columns', 'no-bf16', 'all-bf16'] as const),
  ...(['part-absent', 'head-tied', 'edit-without-effect'] as const),
]);

/** What fits a target by its size, marked where it cannot run there. */
export function withRefusal(reach: Reach, refused: WhatIf['refused'], target: Target | undefined): Reach {
  const stops = refused.some(({ refusal, target: on }) => !avoidable.has(refusal.code) && (on === undefined || on === target));
  return stops && reach.kind === 'fits' ? { ...reach, kind: 'refused' } : reach;
}
