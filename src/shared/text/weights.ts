import { formatBytes, type Analysis, type Basis, type NumberStyle, type PrecisionWeights } from '../../engine/index';
import { longLabel } from './precisions';
import type { Translate } from './translate';

/** Estimates stand behind this sign; exact figures without it. */
export const about = ({ kind }: Pick<Basis, 'kind'>): string => (kind === 'approximate' ? '≈' : '');

/** Bytes of weights as they are told: a range where the size depends on data or recipe, `≈` where it is an estimate. */
export function weightsText(
  { bytes, basis, details }: Pick<PrecisionWeights, 'bytes' | 'basis' | 'details'>,
  t: Translate,
  style: NumberStyle,
): string {
  if (details?.range) return t('{0} to {1}', formatBytes(details.range[0], style), formatBytes(details.range[1], style));
  return `${about(basis)}${formatBytes(bytes, style)}`;
}

/** The precision of the file itself, in a list of precisions: as it says, or as is assumed where it says nothing. */
export function ownLabel({ checkpoint, dtype }: Pick<Analysis, 'checkpoint' | 'dtype'>, t: Translate): string {
  const label = longLabel(checkpoint.scheme);
  return dtype.assumed && checkpoint.extras.quantizedParameters === 0
    ? t('dtype assumed ({0})', label)
    : t('as the file says ({0})', label);
}
