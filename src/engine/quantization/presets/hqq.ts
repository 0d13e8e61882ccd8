import type { Basis } from '../../basis';
import { bySource } from '../schemes/basis';
import { hqq, type HqqBits } from '../schemes/hqq';
import type { GroupRule } from '../groups';
import { regrouped, schemePreset, type Preset, type SchemeFacts } from './preset';

const widths: readonly HqqBits[] = [8, 4, 3, 2, 1];

/** What BaseQuantizeConfig asserts; rows are flattened, so that groups have to divide the matrix alone. */
const byEight: GroupRule = { multipleOf: 8, source: 'mobiusml/hqq 0.2.8: hqq/core/quantize.py (hqq_base_quant_config)' };

function preset(name: string, bits: HqqBits, groupSize: number, basis?: Basis): Preset {
  const facts: SchemeFacts = {
    format: 'HQQ',
    evidence: { source: 'mobiusml/hqq 0.2.8: hqq/core/quantize.py, bitpack.py', kind: 'writer' },
  };
  const scheme = hqq({ name, bits, groupSize, ...(basis && { basis }) });
  return regrouped(schemePreset(scheme, facts), byEight, (other, size) => preset(other, bits, size, bySource));
}

export const hqqPresets = widths.flatMap((bits) => [32, 64, 128].map((size) => preset(`hqq-int${bits}-g${size}`, bits, size)));
