import { hqq, type HqqBits } from '../schemes/hqq';
import { schemePreset } from './preset';

const widths: readonly HqqBits[] = [8, 4, 3, 2, 1];

export const hqqPresets = widths.flatMap((bits) =>
  [32, 64, 128].map((groupSize) =>
    schemePreset(hqq({ name: `hqq-int${bits}-g${groupSize}`, bits, groupSize }), {
      format: 'HQQ',
      evidence: { source: 'mobiusml/hqq 0.2.8: hqq/core/quantize.py, bitpack.py', kind: 'writer' },
    }),
  ),
);
