import type { Basis } from '../../basis';
import type { Inventory } from '../../weights/inventory';
import type { Scheme } from '../scheme';
import { exl2 } from '../schemes/exl2';
import { exl3, isOneWidth } from '../schemes/exl3';
import { keptDtype } from '../storage';
import { storedEntries, type StoredEntry } from '../stored';
import { storeContext } from '../tally';
import type { Layout, Preset, PresetModel } from './preset';

/** Bits of the head when the person who converts says nothing (convert.py of both, --head_bits). */
const headBits = 6;

const targets = {
  exl2: [8, 6.5, 6, 5, 4.5, 4.25, 4, 3.5, 3, 2.5],
  exl3: [8, 6, 5, 4.5, 4, 3.5, 3, 2.5, 2.25, 2],
} as const;

const nameOf = (format: 'exl2' | 'exl3', bits: number): string => `${format}-${Number.isInteger(bits) ? `${bits}.0` : bits}bpw`;

/** The layers at one average and the head at its own width; a tied head stands in the files beside the embedding. */
function entriesOf({ inventory, dtype }: PresetModel, scheme: Scheme): readonly StoredEntry[] {
  // Neither writes F32.
  const context = storeContext(inventory, dtype === 'fp32' ? 'F16' : keptDtype(dtype));
  return inventory.entries
    .filter(({ tiedTo, buffer, role }) => !buffer && (tiedTo === undefined || role === 'head'))
    .flatMap((entry) => storedEntries(entry, { copies: entry.copies, scheme }, context));
}

const total = (entries: readonly StoredEntry[]): number => entries.reduce((sum, { bytes, copies }) => sum + bytes * copies, 0);

/** Elements of the linear layers in one layer of the stack, on average. */
function linearOfOneLayer({ entries }: Inventory, { takes }: Scheme): number {
  let linear = 0;
  let layers = 1;
  for (const entry of entries) {
    if (entry.tiedTo !== undefined || entry.buffer || entry.indices.length === 0 || takes(entry) !== undefined) continue;
    linear += entry.elements * entry.copies;
    const [numbers = 1] = entry.indices;
    layers = Math.max(layers, typeof numbers === 'number' ? numbers : numbers.length);
  }
  return linear / layers;
}

/** What the writer may leave over of its budget: less than one bit for each weight of one layer. */
const leftOver = (ofOneLayer: number): number => Math.ceil(ofOneLayer / 8);

function exl2Preset(bits: number): Preset {
  const basis: Basis = { kind: 'rule', reasons: ['exllama-layers', 'bits-by-measurement'] };
  const name = nameOf('exl2', bits);
  const scheme = exl2({ name, bits, headBits, basis });
  return {
    name,
    format: 'EXL2',
    bits,
    groupSize: null,
    computeDtype: null,
    evidence: { source: 'turboderp-org/exllamav2 0.3.2: exllamav2/conversion/qparams.py, optimize.py, adaptivegptq.py', kind: 'source' },
    layout(model): Layout {
      const entries = entriesOf(model, scheme);
      const bytes = total(entries);
      return { entries, basis, range: [bytes - leftOver(linearOfOneLayer(model.inventory, scheme)), bytes] };
    },
  };
}

/**
 * Model types whose vision towers the converter quantizes to 6 bits when nobody says otherwise; of the others it copies them
 * (turboderp-org/exllamav3 exllamav3/architecture, default_vision_bits).
 */
const quantizedTowers: ReadonlySet<string> = new Set([
  ...['qwen3_vl', 'qwen3_vl_moe', 'qwen3_5', 'qwen3_5_moe', 'qwen4_exp', 'glm4v', 'glm4v_moe', 'glm5_next'],
  ...['gemma4', 'gemma4_unified', 'lfm2_vl', 'muse_glimmer', 'step3p7'],
]);

function exl3Preset(bits: number): Preset {
  const one = isOneWidth(bits, 'mul1');
  const basis: Basis = { kind: 'rule', reasons: one ? ['exllama-layers'] : ['exllama-layers', 'bits-by-priority'] };
  const name = nameOf('exl3', bits);
  const scheme = exl3({ name, bits, headBits, basis });
  const withTower = exl3({ name, bits, headBits, towerBits: 6, basis });
  return {
    name,
    format: 'EXL3',
    bits,
    groupSize: null,
    computeDtype: null,
    evidence: {
      source: 'turboderp-org/exllamav3 1.6.5: exllamav3/modules/linear.py, quant/exl3.py, conversion/allocation.py, compile.py',
      kind: one ? 'writer' : 'source',
    },
    layout(model): Layout {
      const entries = entriesOf(model, quantizedTowers.has(model.modelType) ? withTower : scheme);
      if (one) return { entries, basis };
      const bytes = total(entries);
      return { entries, basis, range: [bytes - leftOver(linearOfOneLayer(model.inventory, scheme)), bytes] };
    },
  };
}

export const exllamaPresets: readonly Preset[] = [...targets.exl2.map(exl2Preset), ...targets.exl3.map(exl3Preset)];
