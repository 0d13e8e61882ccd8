import { awq, type AwqVersion } from '../schemes/awq';
import { retiredWriter } from '../schemes/basis';
import { schemePreset, type SchemeFacts } from './preset';

const facts = (file: string, kind: SchemeFacts['evidence']['kind']): SchemeFacts => ({
  format: 'AWQ',
  evidence: { source: `casper-hansen/AutoAWQ: awq/modules/linear/${file}.py`, kind },
});

const groups = [32, 64, 128] as const;

/** Packings that AutoAWQ alone wrote, until it ended in May 2025. */
const others: readonly AwqVersion[] = ['gemv', 'gemv_fast', 'marlin'];

export const awqPresets = [
  ...groups.map((size) =>
    schemePreset(awq({ name: `awq-int4-g${size}`, groupSize: size }), facts('gemm', size === 128 ? 'checkpoint' : 'source')),
  ),
  schemePreset(awq({ name: 'awq-int4-channel', groupSize: null }), facts('gemm', 'source')),
  ...others.flatMap((version) =>
    groups.map((size) =>
      schemePreset(
        awq({ name: `awq-int4-g${size}-${version.replace('_', '-')}`, groupSize: size, version, basis: retiredWriter }),
        facts(version, 'source'),
      ),
    ),
  ),
];
