import { awq, type AwqVersion } from '../schemes/awq';
import type { GroupRule } from '../groups';
import { bySource, retiredWriter } from '../schemes/basis';
import { regrouped, schemePreset, type Preset, type SchemeFacts } from './preset';

const facts = (file: string, kind: SchemeFacts['evidence']['kind']): SchemeFacts => ({
  format: 'AWQ',
  evidence: { source: `casper-hansen/AutoAWQ: awq/modules/linear/${file}.py`, kind },
});

const groups = [32, 64, 128] as const;

/** Packings that AutoAWQ alone wrote, until it ended in May 2025. */
const others: readonly AwqVersion[] = ['gemv', 'gemv_fast', 'marlin'];

/** Any size that divides the row: WQLinear_GEMM asserts no more. */
const anyGroup: GroupRule = { source: 'casper-hansen/AutoAWQ: awq/quantize/quantizer.py (pseudo_quantize_tensor)' };
/**
 * The gemv packings pad their zero points by size, below 128 for these alone (calculate_zeros_width); larger ones were never
 * published.
 */
const gemvGroups: GroupRule = { sizes: groups, source: 'casper-hansen/AutoAWQ: awq/modules/linear/gemv.py' };
/** The packing asks only that the size divides the row; these are the ones that Marlin reads (vLLM: utils/marlin_utils.py). */
const marlinGroups: GroupRule = { sizes: groups, source: 'casper-hansen/AutoAWQ: awq/modules/linear/marlin.py' };

const gemm = (name: string, size: number | null): Preset =>
  regrouped(
    schemePreset(awq({ name, groupSize: size }), facts('gemm', name === 'awq-int4-g128' ? 'checkpoint' : 'source')),
    anyGroup,
    (other, own) => schemePreset(awq({ name: other, groupSize: own, basis: bySource }), facts('gemm', 'source')),
  );

export const awqPresets: readonly Preset[] = [
  ...groups.map((size) => gemm(`awq-int4-g${size}`, size)),
  gemm('awq-int4-channel', null),
  ...others.flatMap((version) =>
    groups.map((size) => ({
      ...schemePreset(
        awq({ name: `awq-int4-g${size}-${version.replace('_', '-')}`, groupSize: size, version, basis: retiredWriter }),
        facts(version, 'source'),
      ),
      groups: version === 'marlin' ? marlinGroups : gemvGroups,
    })),
  ),
];
