import { weakest } from '../../basis';
import type { GroupRule } from '../groups';
import { bySource } from '../schemes/basis';
import { mlx, type MlxLayout } from '../schemes/mlx';
import { mlxOfClass } from '../schemes/mlxClasses';
import { mixedRecipe, type MlxMixed } from '../schemes/mlxMixed';
import { schemeLayout, type Evidence, type Preset } from './preset';

const evidence = (kind: Evidence['kind']): Evidence => ({ source: 'ml-explore/mlx-lm: mlx_lm/utils.py, convert.py, models', kind });

const facts = { format: 'MLX', computeDtype: null } as const;

const affineGroups = { sizes: [32, 64, 128], source: 'ml-explore/mlx: mlx/ops.cpp (quantize)' } as const satisfies GroupRule;

/** One width for all but what a class of mlx-lm decides by itself; published totals of 4 and 8 bits in groups of 64 bear it out. */
function preset(layout: MlxLayout): Preset {
  const scheme = mlx(layout);
  const isPublished = layout.groupSize === 64 && (layout.bits === 4 || layout.bits === 8);
  return {
    ...facts,
    name: layout.name,
    bits: layout.bits,
    groupSize: layout.groupSize,
    evidence: evidence(isPublished ? 'checkpoint' : 'source'),
    scheme: () => scheme,
    ...((layout.mode ?? 'affine') === 'affine' && { groups: affineGroups }),
    layout: ({ inventory, dtype, modelType }, { edits }) => schemeLayout(mlxOfClass(layout, modelType), inventory, dtype, edits),
  };
}

const mixed = (recipe: MlxMixed): Preset => ({
  ...facts,
  name: recipe.name,
  bits: recipe.lowBits,
  groupSize: 64,
  evidence: evidence('source'),
  layout({ inventory, dtype, modelType }, { edits }) {
    const { inventory: apart, scheme, isAllowed } = mixedRecipe(recipe, inventory, modelType);
    const layout = schemeLayout(scheme, apart, dtype, edits);
    const kind = isAllowed ? 'rule' : 'approximate';
    return { ...layout, basis: weakest(layout.basis, { kind, reasons: [isAllowed ? 'layout-by-source' : 'recipe-refused'] }) };
  },
});

export const mlxPresets: readonly Preset[] = [
  ...[8, 6, 5, 4, 3, 2].flatMap((bits) =>
    affineGroups.sizes.map((groupSize) => preset({ name: `mlx-${bits}bit-g${groupSize}`, bits, groupSize })),
  ),
  preset({ name: 'mlx-mxfp8', bits: 8, groupSize: 32, mode: 'mxfp8', basis: bySource }),
  preset({ name: 'mlx-mxfp4', bits: 4, groupSize: 32, mode: 'mxfp4', basis: bySource }),
  preset({ name: 'mlx-nvfp4', bits: 4, groupSize: 16, mode: 'nvfp4', basis: bySource }),
  mixed({ name: 'mlx-mixed-4-6', lowBits: 4, highBits: 6 }),
  mixed({ name: 'mlx-mixed-3-6', lowBits: 3, highBits: 6 }),
  mixed({ name: 'mlx-mixed-3-4', lowBits: 3, highBits: 4 }),
  mixed({ name: 'mlx-mixed-2-6', lowBits: 2, highBits: 6 }),
];
