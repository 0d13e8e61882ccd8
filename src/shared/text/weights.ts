import { formatBytes, type NumberStyle, type PrecisionWeights } from '../../engine/index';
import type { Translate } from './translate';

/** Bytes of weights as they are told: a range where the size depends on data or recipe, `≈` where it is an estimate. */
export function weightsText(
  { bytes, basis, details }: Pick<PrecisionWeights, 'bytes' | 'basis' | 'details'>,
  t: Translate,
  style: NumberStyle,
): string {
  if (details?.range) return t('{0} to {1}', formatBytes(details.range[0], style), formatBytes(details.range[1], style));
  return `${basis.kind === 'approximate' ? '≈' : ''}${formatBytes(bytes, style)}`;
}
