import type { Basis } from '../../basis';
import { bySource, retiredWriter } from '../schemes/basis';
import { packed, plain, type PackedLayout } from '../schemes/compressedTensors';
import type { GroupRule } from '../groups';
import { regrouped, schemePreset, type Preset, type SchemeFacts } from './preset';

const facts = (kind: SchemeFacts['evidence']['kind']): SchemeFacts => ({
  format: 'compressed-tensors',
  evidence: {
    source: `vllm-project/compressed-tensors${kind === 'writer' ? ' 0.20' : ''}: src/compressed_tensors/compressors/pack_quantized`,
    kind,
  },
});

const bytewise: SchemeFacts = {
  ...facts('writer'),
  computeDtype: 'int8',
  evidence: {
    source: 'vllm-project/compressed-tensors 0.20: src/compressed_tensors/compressors/format.py, naive_quantized',
    kind: 'writer',
  },
};

/** Any size but 0 (validate_group). */
const anyGroup: GroupRule = { source: 'vllm-project/compressed-tensors: src/compressed_tensors/quantization/quant_args.py' };

const preset = (layout: PackedLayout, kind: SchemeFacts['evidence']['kind'], basis?: Basis): Preset =>
  regrouped(schemePreset(packed({ dense: true, ...layout, ...(basis && { basis }) }), facts(kind)), anyGroup, (name, groupSize) =>
    preset({ ...layout, name, groupSize }, 'source', basis ?? bySource),
  );

const w4a8Fp8 = (name: string, groupSize: number): Preset =>
  regrouped(
    schemePreset(packed({ name, bits: 4, groupSize, dense: true, basis: bySource }), { ...facts('source'), computeDtype: 'fp8' }),
    anyGroup,
    w4a8Fp8,
  );

const w4a8Int8 = (name: string, groupSize: number, basis?: Basis): Preset =>
  regrouped(
    schemePreset(plain({ name, dtype: 'I8', strategy: 'group', groupSize, ...(basis && { basis }) }), bytewise),
    anyGroup,
    (other, size) => w4a8Int8(other, size, bySource),
  );

const nameOf = (groupSize: number | null): string => (groupSize === null ? 'channel' : `g${groupSize}`);

export const compressedTensorsPresets = [
  ...[32, 64, 128, null].map((groupSize) =>
    preset({ name: `w4a16-${nameOf(groupSize)}`, bits: 4, groupSize }, groupSize === 128 ? 'checkpoint' : 'writer'),
  ),
  ...[32, 64, 128, null].map((groupSize) =>
    preset({ name: `w4a16-${nameOf(groupSize)}-asym`, bits: 4, groupSize, symmetric: false }, 'writer'),
  ),
  // Until the order by groups was taken out in August 2026 (quant_args.py); today's order of activations stores nothing.
  preset({ name: 'w4a16-g128-actorder', bits: 4, groupSize: 128, groupIndex: true }, 'checkpoint', retiredWriter),
  ...[3, 2].map((bits) => preset({ name: `w${bits}a16-g128`, bits, groupSize: 128 }, 'writer')),
  // With quantization_format="pack-quantized", as llm-compressor's examples of W4AFP8 save it.
  w4a8Fp8('w4a8-fp8-g128', 128),
  // W4A8: with integer activations the format is int-quantized, which spends a byte on each value of 4 bits.
  w4a8Int8('w4a8-int8-g128', 128),
];
