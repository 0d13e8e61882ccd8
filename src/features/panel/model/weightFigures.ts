import { keepReasons } from '../../../shared/text/keepReasons';
import { bytesPerElement, type Component, type KeepReason, type PrecisionWeights } from '../../../engine/index';
import type { Figure } from '../../../shared/panel/snapshot';
import { longLabel } from '../../../shared/text/precisions';
import { componentNames } from '../../../shared/text/report';
import { weightsText } from '../../../shared/text/weights';
import type { Translate } from '../../../shared/text/translate';
import { about, basisNotes } from './basis';
import { figure, writers, type View } from './view';

/** What is told of weights at a precision, whether of a preset or of the checkpoint. */
interface WeightDetails {
  readonly byComponent: Readonly<Partial<Record<Component, number>>>;
  readonly quantizedParameters: number;
  readonly kept: number;
  readonly keptByReason: Readonly<Partial<Record<KeepReason, number>>>;
  readonly textBytes: number;
  readonly secondFile?: number;
}

export function detailsOf({ details }: PrecisionWeights, { analysis }: View): WeightDetails {
  if (details) return { ...details, kept: details.keptAt16Bit };
  const { extras } = analysis.checkpoint;
  return { ...extras, kept: extras.quantizedParameters > 0 ? extras.keptBytes : 0 };
}

/** "BF16", "AWQ INT4 g128"; the checkpoint's own says so. */
export function precisionLabel({ precision, scheme }: PrecisionWeights, t: Translate): string {
  return precision === 'checkpoint' ? t('{0} (this file)', scheme.split('+').map(longLabel).join(' + ')) : longLabel(scheme);
}

/** Bytes of all weights at a precision, and how they come together. */
export function weightsFigure(weights: PrecisionWeights, view: View): Figure {
  const { analysis, t, style } = view;
  const { bytes, exactBytes, whole } = writers(style);
  const names = componentNames(t);
  const details = detailsOf(weights, view);
  const width = analysis.parameters.total > 0 ? weights.bytes / analysis.parameters.total : 0;
  const dense = details.quantizedParameters === 0 && (width === 1 || width === 2 || width === 4);
  const lines = dense
    ? [`${t('{0} parameters', whole(analysis.parameters.total))} × ${width} B`]
    : (Object.entries(details.byComponent) as [Component, number][])
        .filter(([, size]) => size > 0)
        .sort(([, a], [, b]) => b - a)
        .map(([component, size], index) => `${index === 0 ? '  ' : '+ '}${exactBytes(size)}  ${names[component]}`);
  return figure(
    weights.details?.range ? weightsText(weights, t, style) : about(weights.basis, bytes(weights.bytes)),
    [...lines, `= ${exactBytes(weights.bytes)} = ${bytes(weights.bytes)}`],
    [
      ...(details.quantizedParameters > 0
        ? [
            t(
              '{0} of {1} parameters are quantized; scales and zero points are counted.',
              whole(details.quantizedParameters),
              whole(analysis.parameters.total),
            ),
          ]
        : []),
      ...(details.secondFile === undefined
        ? []
        : [t('{0} of it are the second file, {1} the first.', bytes(details.secondFile), bytes(weights.bytes - details.secondFile))]),
      ...(details.textBytes > 0 ? [t('About {0} of text in the files comes on top.', bytes(details.textBytes))] : []),
      ...basisNotes(weights.basis, t),
    ],
  );
}

/** Bytes that keep the checkpoint's own type, by reason; null where nothing is quantized. */
export function keptFigure(weights: PrecisionWeights, view: View): Figure | null {
  const { analysis, t, style } = view;
  const { bytes, exactBytes } = writers(style);
  const details = detailsOf(weights, view);
  if (details.quantizedParameters === 0) return null;
  const names = keepReasons(t);
  const reasons = (Object.entries(details.keptByReason) as [KeepReason, number][])
    .filter(([, size]) => size > 0)
    .sort(([, a], [, b]) => b - a);
  return figure(
    bytes(details.kept),
    [
      ...reasons.map(([reason, size], index) => `${index === 0 ? '  ' : '+ '}${exactBytes(size)}  ${names[reason]}`),
      `= ${exactBytes(details.kept)}`,
    ],
    [
      t(
        'Left at the type of the checkpoint ({0}, {1} bytes each).',
        analysis.dtype.value,
        Math.max(2, bytesPerElement[analysis.dtype.value]),
      ),
    ],
  );
}
