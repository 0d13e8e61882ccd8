import { bySource } from '../schemes/basis';
import { gptq, type GptqLayout } from '../schemes/gptq';
import { schemePreset, type SchemeFacts } from './preset';

const facts = (kind: SchemeFacts['evidence']['kind']): SchemeFacts => ({
  format: 'GPTQ',
  evidence: { source: 'ModelCloud/GPTQModel: gptqmodel/nn_modules/qlinear/__init__.py', kind },
});

const groups = [32, 64, 128, null] as const;
const nameOf = (bits: number, groupSize: number | null): string => `int${bits}-${groupSize === null ? 'channel' : `g${groupSize}`}`;

/** Published files of 2023 with 3, 4 and 8 bits are reproduced to the byte; 2 bits follow the same code. */
const preset = (layout: GptqLayout) =>
  layout.bits === 2 ? schemePreset(gptq({ ...layout, basis: bySource }), facts('source')) : schemePreset(gptq(layout), facts('checkpoint'));

/** Both orders of columns: the order is stored in either case, and only kernels tell them apart. */
export const gptqPresets = [8, 4, 3, 2].flatMap((bits) =>
  groups.flatMap((groupSize) =>
    ['', '-actorder'].map((order) => preset({ name: `gptq-${nameOf(bits, groupSize)}${order}`, bits, groupSize })),
  ),
);

/** AutoRound's own packing, auto_round:auto_gptq: that of GPTQ without an order of columns. */
export const autoRoundPresets = [8, 4, 3, 2].flatMap((bits) =>
  [32, 64, 128].map((groupSize) =>
    schemePreset(gptq({ name: `autoround-${nameOf(bits, groupSize)}`, bits, groupSize, groupIndex: false, basis: bySource }), {
      format: 'AutoRound',
      evidence: { source: 'intel/auto-round: auto_round_extension/torch/qlinear_torch.py', kind: 'source' },
    }),
  ),
);
