import { fourBit, int8, type FourBit } from '../schemes/bitsandbytes';
import { schemePreset, type SchemeFacts } from './preset';

const facts = (kind: SchemeFacts['evidence']['kind']): SchemeFacts => ({
  format: 'bitsandbytes',
  evidence: { source: 'bitsandbytes-foundation/bitsandbytes: bitsandbytes/nn/modules.py, functional.py', kind },
});

const variants: readonly (Pick<FourBit, 'type' | 'doubleQuant'> & { readonly name: string })[] = [
  { name: 'bnb-nf4', type: 'nf4', doubleQuant: false },
  { name: 'bnb-nf4-dq', type: 'nf4', doubleQuant: true },
  { name: 'bnb-fp4', type: 'fp4', doubleQuant: false },
  { name: 'bnb-fp4-dq', type: 'fp4', doubleQuant: true },
];

/** Besides 64, which transformers always takes: what quantize_4bit allows. */
const otherBlocks = [32, 128, 256, 512, 1024, 2048, 4096] as const;

export const bitsandbytesPresets = [
  schemePreset(int8('bnb-int8'), facts('checkpoint')),
  ...variants.map((variant) => schemePreset(fourBit(variant), facts(variant.name === 'bnb-nf4-dq' ? 'checkpoint' : 'source'))),
  ...otherBlocks.flatMap((blockSize) =>
    variants.map((variant) => schemePreset(fourBit({ ...variant, name: `${variant.name}-b${blockSize}`, blockSize }), facts('source'))),
  ),
];
