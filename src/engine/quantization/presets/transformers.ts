import { weakest, type Basis } from '../../basis';
import type { Inventory } from '../../weights/inventory';
import type { Scheme } from '../scheme';
import { convertedModules, convertedModulesBefore5, convertsLess } from '../transformersModules';
import { schemeLayout, schemePreset, type Layout, type Preset, type SchemeFacts } from './preset';

/** Experts and derived layers that transformers 5 leaves at 16 bits were quantized by version 4, and are by other programs. */
const byWriter: Basis = { kind: 'rule', reasons: ['layers-by-writer'] };

/**
 * What transformers saves of a model that it quantized as it loaded it; where its version 4 converted more (experts, Falcon's
 * layers), the range down to what that saved.
 */
export function transformersPreset(schemeOf: (takes: Scheme['takes']) => Scheme, facts: SchemeFacts): Preset {
  const chosen = (inventory: Inventory): Scheme => schemeOf(convertedModules(inventory));
  const preset = schemePreset(chosen({ entries: [], states: [] }), facts, chosen);
  return {
    ...preset,
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
