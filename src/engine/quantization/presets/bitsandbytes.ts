import { weakest, type Basis } from '../../basis';
import type { Inventory } from '../../weights/inventory';
import type { Scheme } from '../scheme';
import { fourBit, int8, type FourBit } from '../schemes/bitsandbytes';
import { convertedModules, convertedModulesBefore5, convertsLess } from '../transformersModules';
import type { GroupRule } from '../groups';
import { schemeLayout, schemePreset, type Layout, type Preset, type SchemeFacts } from './preset';

const facts = (kind: SchemeFacts['evidence']['kind']): SchemeFacts => ({
  format: 'bitsandbytes',
  evidence: { source: 'bitsandbytes-foundation/bitsandbytes: bitsandbytes/nn/modules.py, functional.py', kind },
});

/** Experts and derived layers that transformers 5 leaves at 16 bits were quantized by version 4, and are by Unsloth. */
const byWriter: Basis = { kind: 'rule', reasons: ['layers-by-writer'] };

/**
 * What transformers saves of a model that it loaded with bitsandbytes; where its version 4 converted more (experts, Falcon's
 * layers), the range down to what that saved.
 */
function bitsandbytes(schemeOf: (takes: Scheme['takes']) => Scheme, kind: SchemeFacts['evidence']['kind'], groups?: GroupRule): Preset {
  const chosen = (inventory: Inventory): Scheme => schemeOf(convertedModules(inventory));
  const preset = schemePreset(chosen({ entries: [], states: [] }), facts(kind), chosen);
  return {
    ...preset,
    ...(groups && { groups }),
    layout(model, options): Layout {
      const layout = preset.layout(model, options);
      if (!convertsLess(model.inventory)) return layout;
      const before = schemeLayout(schemeOf(convertedModulesBefore5(model.inventory)), model.inventory, model.dtype, options.edits);
      const [low, high] = [bytesOf(before), bytesOf(layout)];
      return low < high ? { ...layout, basis: weakest(layout.basis, byWriter), range: [low, high] } : layout;
    },
  };
}

/** Tensors, the quantizer's text left out. */
const bytesOf = ({ entries }: Layout): number =>
  entries.reduce((sum, { bytes, copies, part }) => (part === 'text' ? sum : sum + bytes * copies), 0);

const variants: readonly (Pick<FourBit, 'type' | 'doubleQuant'> & { readonly name: string })[] = [
  { name: 'bnb-nf4', type: 'nf4', doubleQuant: false },
  { name: 'bnb-nf4-dq', type: 'nf4', doubleQuant: true },
  { name: 'bnb-fp4', type: 'fp4', doubleQuant: false },
  { name: 'bnb-fp4-dq', type: 'fp4', doubleQuant: true },
];

/** Besides 64, which transformers always takes: what quantize_4bit allows. */
const otherBlocks = [32, 128, 256, 512, 1024, 2048, 4096] as const;

const blocks: GroupRule = {
  sizes: [32, 64, ...otherBlocks.slice(1)],
  source: 'bitsandbytes-foundation/bitsandbytes: bitsandbytes/backends/cuda/ops.py (quantize_4bit)',
};

export const bitsandbytesPresets = [
  bitsandbytes((takes) => int8('bnb-int8', takes), 'checkpoint'),
  ...variants.map((variant) =>
    bitsandbytes((takes) => fourBit({ ...variant, takes }), variant.name === 'bnb-nf4-dq' ? 'checkpoint' : 'source', blocks),
  ),
  ...otherBlocks.flatMap((blockSize) =>
    variants.map((variant) =>
      bitsandbytes((takes) => fourBit({ ...variant, name: `${variant.name}-b${blockSize}`, blockSize, takes }), 'source', blocks),
    ),
  ),
];
