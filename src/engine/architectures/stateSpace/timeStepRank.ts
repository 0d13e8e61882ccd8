import { brief } from '../../config/json';
import { maxDimension } from '../../limits';
import type { Build } from '../family';

/** The rank of Mamba's time step projection: a number, or "auto" for a sixteenth of the width, rounded up (configuration_mamba.py). */
export function timeStepRank(written: unknown, hidden: number, key: string, build: Build): number {
  const automatic = Math.ceil(hidden / 16);
  if (written === 'auto' || written === null) return automatic;
  if (typeof written === 'number' && Number.isInteger(written) && written > 0 && written <= maxDimension) return written;
  build.report({
    code: 'invalid-value',
    severity: 'error',
    path: [...build.path, key],
    values: { expected: `integer 1..${maxDimension} or "auto"`, found: brief(written), assumed: automatic },
  });
  build.approximate('invalid-values-replaced');
  return automatic;
}
