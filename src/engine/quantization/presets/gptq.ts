import { bySource } from '../schemes/basis';
import { gptq, type GptqLayout } from '../schemes/gptq';
import type { GroupRule } from '../groups';
import { regrouped, schemePreset, type Preset, type SchemeFacts } from './preset';

const facts = (kind: SchemeFacts['evidence']['kind']): SchemeFacts => ({
  format: 'GPTQ',
  evidence: { source: 'ModelCloud/GPTQModel: gptqmodel/nn_modules/qlinear/__init__.py', kind },
});

const groups = [32, 64, 128, null] as const;
const nameOf = (bits: number, groupSize: number | null): string => `int${bits}-${groupSize === null ? 'channel' : `g${groupSize}`}`;

/** Widths and groups of published files that are reproduced to the byte; the others follow the same code. */
const published: ReadonlySet<string> = new Set([
  ...['int4-g32', 'int4-g64', 'int4-g128', 'int4-channel'],
  ...['int8-g128', 'int8-channel', 'int3-g128', 'int3-channel'],
]);

/**
 * The config takes any size but 0; a model is packed by a kernel that takes it, of which TorchLinear takes the most (validate,
 * SUPPORTS_GROUP_SIZE; models/base.py asks before it begins).
 */
const packedGroups: GroupRule = {
  sizes: [16, 32, 64, 128, 256, 512, 1024],
  source: 'ModelCloud/GPTQModel 7.7: gptqmodel/nn_modules/qlinear/torch.py (SUPPORTS_GROUP_SIZE)',
};

const preset = (layout: GptqLayout): Preset =>
  regrouped(
    schemePreset(
      gptq(layout.bits === 2 ? { ...layout, basis: bySource } : layout),
      facts(published.has(nameOf(layout.bits, layout.groupSize)) ? 'checkpoint' : 'source'),
    ),
    packedGroups,
    (name, groupSize) => preset({ ...layout, name, groupSize, basis: bySource }),
  );

/** Both orders of columns: the order is stored in either case, and only kernels tell them apart. */
export const gptqPresets = [8, 4, 3, 2].flatMap((bits) =>
  groups.flatMap((groupSize) =>
    ['', '-actorder'].map((order) => preset({ name: `gptq-${nameOf(bits, groupSize)}${order}`, bits, groupSize })),
  ),
);

/** AutoRound's own packing, auto_round:auto_gptq: that of GPTQ without an order of columns. */
export const autoRoundPresets = [8, 4, 3, 2].flatMap((bits) =>
  [32, 64, 128].map((groupSize) => autoRound(`autoround-${nameOf(bits, groupSize)}`, bits, groupSize)),
);

function autoRound(name: string, bits: number, groupSize: number): Preset {
  const source = 'intel/auto-round: auto_round_extension/torch/qlinear_torch.py';
  const scheme = gptq({ name, bits, groupSize, groupIndex: false, basis: bySource });
  return regrouped(schemePreset(scheme, { format: 'AutoRound', evidence: { source, kind: 'source' } }), { source }, (other, size) =>
    autoRound(other, bits, size),
  );
}
