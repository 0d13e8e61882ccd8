import { weakest, type Basis } from '../../basis';
import type { Scheme } from '../scheme';
import { modulesOf, type ModuleRule } from '../transformersModules';
import { schemeLayout, schemePreset, type Layout, type Preset, type SchemeFacts } from './preset';

/** Experts and derived layers that stay at 16 bits under transformers 5 were quantized under version 4, and are by Unsloth. */
const byWriter: Basis = { kind: 'rule', reasons: ['layers-by-writer'] };

/**
 * A preset whose writer goes through the modules of a model as transformers 5 loads it; where more of them were modules under
 * version 4 (experts one by one), the range down to what the writer saved then.
 */
export function modulePreset(schemeOf: (takes: Scheme['takes']) => Scheme, rule: ModuleRule, facts: SchemeFacts): Preset {
  const now = schemeOf(modulesOf(rule));
  const before = schemeOf(modulesOf(rule, 'transformers-4'));
  const preset = schemePreset(now, facts);
  return {
    ...preset,
    layout(model, options): Layout {
      const layout = preset.layout(model, options);
      const { inventory, dtype } = model;
      if (inventory.entries.every((entry) => now.takes(entry) === before.takes(entry))) return layout;
      const [low, high] = [bytesOf(schemeLayout(before, inventory, dtype, options.edits)), bytesOf(layout)];
      return low < high ? { ...layout, basis: weakest(layout.basis, byWriter), range: [low, high] } : layout;
    },
  };
}

/** Tensors, the quantizer's text left out. */
const bytesOf = ({ entries }: Layout): number =>
  entries.reduce((sum, { bytes, copies, part }) => (part === 'text' ? sum : sum + bytes * copies), 0);
