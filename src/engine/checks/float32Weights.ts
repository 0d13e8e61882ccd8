import { parseDtype } from '../units/dtypes';
import { keyFor, placeOf, type Rule } from './rule';

/** Plain weights in float32 take twice what most readers expect. Where a checkpoint is quantized, little of it is plain. */
export const float32Weights: Rule = ({ analysis, parts }) => {
  const { checkpoint, dtype } = analysis;
  if (dtype.value !== 'fp32' || dtype.assumed || checkpoint.extras.quantizedParameters > 0) return [];
  for (const { section } of parts) {
    const key = keyFor(section, 'dtype');
    const written = key === undefined ? undefined : section.written[key];
    if (typeof written === 'string' && parseDtype(written) === 'fp32')
      return [{ code: 'dtype-float32', severity: 'information', path: placeOf(section, key), values: { bytes: checkpoint.bytes } }];
  }
  return [];
};
