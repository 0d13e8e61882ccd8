import { weakest } from '../../basis';
import type { Inventory } from '../../weights/inventory';
import type { KeepEdits } from '../edits';
import type { GroupRule } from '../groups';
import { bySource } from '../schemes/basis';
import { mlx, type MlxLayout } from '../schemes/mlx';
import { mlxOfClass } from '../schemes/mlxClasses';
import { mixedRecipe, type MlxMixed } from '../schemes/mlxMixed';
import { mlxConversion } from '../schemes/mlxConversion';
import { isTower } from '../selection';
import type { Scheme } from '../scheme';
import { schemeLayout, type Evidence, type Layout, type Preset, type PresetModel } from './preset';

const evidence = (kind: Evidence['kind']): Evidence => ({
  source: 'ml-explore/mlx-lm: mlx_lm/utils.py, convert.py, models; with towers Blaizzy/mlx-vlm: mlx_vlm/convert.py, utils.py',
  kind,
});

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
    layout: (model, { edits }) => converted(model, model.inventory, mlxOfClass(layout, model.modelType), edits),
  };
}

/** What a converter makes of a model, and how small the same is without the towers that mlx-lm drops. */
function converted({ dtype, modelType, root }: PresetModel, inventory: Inventory, scheme: Scheme, edits: KeepEdits | undefined): Layout {
  const { writers, casts, omits, basisOf } = mlxConversion(root, modelType);
  const held = { ...inventory, entries: inventory.entries.filter((entry) => !omits(entry)) };
  const { entries, basis } = schemeLayout(scheme, held, dtype, edits, casts);
  const [all, towers] = [entries, entries.filter(isTower)].map((some) => some.reduce((sum, { bytes, copies }) => sum + bytes * copies, 0));
  const range = writers.includes('mlx-lm') && towers ? { range: [(all ?? 0) - towers, all ?? 0] as const } : {};
  return { entries, basis: weakest(basis, basisOf(inventory)), ...range };
}

const mixed = (recipe: MlxMixed): Preset => ({
  ...facts,
  name: recipe.name,
  bits: recipe.lowBits,
  groupSize: 64,
  evidence: evidence('source'),
  layout(model, { edits }) {
    const { inventory: apart, scheme, isAllowed } = mixedRecipe(recipe, model.inventory, model.modelType);
    const layout = converted(model, apart, scheme, edits);
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
