import type { Scheme } from '../scheme';
import { fourBit, int8, type FourBit } from '../schemes/bitsandbytes';
import { moduleRules } from '../transformersModules';
import type { GroupRule } from '../groups';
import { modulePreset } from './modulePreset';
import type { Preset, SchemeFacts } from './preset';

const facts = (kind: SchemeFacts['evidence']['kind']): SchemeFacts => ({
  format: 'bitsandbytes',
  evidence: { source: 'bitsandbytes-foundation/bitsandbytes: bitsandbytes/nn/modules.py, functional.py', kind },
});

/** What transformers saves of a model that it loaded with bitsandbytes. */
const bitsandbytes = (schemeOf: (takes: Scheme['takes']) => Scheme, kind: SchemeFacts['evidence']['kind'], groups?: GroupRule): Preset => ({
  ...modulePreset(schemeOf, moduleRules.bitsandbytes, facts(kind)),
  ...(groups && { groups }),
});

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
  source: 'bitsandbytes-foundation/bitsandbytes: bitsandbytes/_ops.py (quantize_4bit)',
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
