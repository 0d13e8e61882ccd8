import type { Analysis } from '../analysis';
import { exact, type Basis } from '../basis';
import type { ComputeDtype } from '../hardware/device';

/** A model's weights at one precision. */
export interface PrecisionWeights {
  readonly precision: string;
  /** Bytes of all parameters, tied ones once, with scales and what stays at the checkpoint's dtype. */
  readonly bytes: number;
  /** bytes · 8 / total parameters. */
  readonly bitsPerWeight: number;
  readonly basis: Basis;
  readonly computeDtype: ComputeDtype | null;
}

/** Replaced by the presets' own bytes. */
export function plainScheme(analysis: Analysis, precision: string): PrecisionWeights {
  const bytes = analysis.parameters.total * (precision === 'fp32' ? 4 : precision.startsWith('fp8') || precision.startsWith('w8') ? 1 : 2);
  return { precision, bytes, bitsPerWeight: (bytes * 8) / analysis.parameters.total, basis: exact, computeDtype: null };
}
