import type { Basis } from '../../basis';
import { bySource } from '../schemes/basis';
import { hqq, type HqqBits } from '../schemes/hqq';
import type { GroupRule } from '../groups';
import { moduleRules } from '../transformersModules';
import { modulePreset } from './modulePreset';
import { regrouped, type Preset, type SchemeFacts } from './preset';

/** What AutoHQQHFModel saves of a model as transformers loads it. */
const widths: readonly HqqBits[] = [8, 4, 3, 2, 1];

/** What BaseQuantizeConfig asserts; rows are flattened, so that groups have to divide the matrix alone. */
const byEight: GroupRule = { multipleOf: 8, source: 'mobiusml/hqq 0.2.8: hqq/core/quantize.py (hqq_base_quant_config)' };

function preset(name: string, bits: HqqBits, groupSize: number, basis?: Basis): Preset {
  const facts: SchemeFacts = {
    format: 'HQQ',
    evidence: { source: 'mobiusml/hqq 0.2.8: hqq/core/quantize.py, bitpack.py', kind: 'writer' },
  };
  const saved = modulePreset((takes) => hqq({ name, bits, groupSize, ...(basis && { basis }), takes }), moduleRules.hqq, facts);
  return regrouped(saved, byEight, (other, size) => preset(other, bits, size, bySource));
}

export const hqqPresets = widths.flatMap((bits) => [32, 64, 128].map((size) => preset(`hqq-int${bits}-g${size}`, bits, size)));
