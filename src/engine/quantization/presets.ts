import type { CacheDtype } from '../units/dtypes';
import type { Inventory } from '../weights/inventory';
import { awq } from './schemes/awq';
import { fourBit, int8 } from './schemes/bitsandbytes';
import { packed, plain } from './schemes/compressedTensors';
import { fp8Block, fp8Channel, fp8Tensor } from './schemes/fp8';
import { gptq } from './schemes/gptq';
import { mlx } from './schemes/mlx';
import { expertsInMxfp4, linearsInMxfp4 } from './schemes/mxfp4';
import type { Scheme } from './scheme';

/** A way to store weights that can be asked for by name: one type for all, or a scheme as its current writer saves it. */
export type Preset =
  { readonly kind: 'dense'; readonly dtype: CacheDtype } | { readonly kind: 'scheme'; scheme(inventory: Inventory): Scheme };

const dense = (dtype: CacheDtype): Preset => ({ kind: 'dense', dtype });
const always = (scheme: Scheme): Preset => ({ kind: 'scheme', scheme: () => scheme });

const hasExperts = ({ entries }: Inventory): boolean => entries.some(({ component, role }) => component === 'experts' && role === 'linear');

const registry = {
  fp32: dense('fp32'),
  bf16: dense('bf16'),
  fp16: dense('fp16'),
  'fp8-tensor': always(
    // NVIDIA ModelOpt: F32 scales of weights and, measured beforehand, of activations.
    fp8Tensor({
      name: 'fp8-tensor',
      scalars: ['weight_scale', 'input_scale'],
      scale: 'F32',
      basis: { kind: 'rule', reasons: ['static-activations'] },
    }),
  ),
  'fp8-channel': always(fp8Channel('fp8-channel')),
  'fp8-block128': always(fp8Block({ name: 'fp8-block128' })),
  'w8a8-int8': always(plain({ name: 'w8a8-int8', dtype: 'I8', strategy: 'channel' })),
  'bnb-int8': always(int8('bnb-int8')),
  'bnb-nf4': always(fourBit({ name: 'bnb-nf4', type: 'nf4', doubleQuant: false })),
  'bnb-nf4-dq': always(fourBit({ name: 'bnb-nf4-dq', type: 'nf4', doubleQuant: true })),
  'gptq-int4-g128': always(gptq({ name: 'gptq-int4-g128', bits: 4, groupSize: 128 })),
  'awq-int4-g128': always(awq('awq-int4-g128', 128)),
  'w4a16-g128': always(packed({ name: 'w4a16-g128', bits: 4, groupSize: 128 })),
  mxfp4: { kind: 'scheme', scheme: (inventory) => (hasExperts(inventory) ? expertsInMxfp4 : linearsInMxfp4) },
  'mlx-4bit-g64': always(mlx({ name: 'mlx-4bit-g64', bits: 4, groupSize: 64 })),
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof registry;

/** Names of all presets, from wide to narrow. */
export const presetNames = Object.keys(registry) as readonly PresetName[];

export const isPresetName = (name: string): name is PresetName => Object.hasOwn(registry, name);

export const presetOf = (name: PresetName): Preset => registry[name];
