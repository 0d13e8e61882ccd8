import type { Basis } from '../../basis';
import type { Inventory } from '../../weights/inventory';
import type { Scheme } from '../scheme';
import { exl2 } from '../schemes/exl2';
import { exl3 } from '../schemes/exl3';
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

/** Elements of the linear layers in one layer of the stack, on average, and of all the stack's norms. */
function stackOf({ entries }: Inventory, { takes }: Scheme) {
  let linear = 0;
  let norms = 0;
  let layers = 1;
  for (const entry of entries) {
    if (entry.tiedTo !== undefined || entry.buffer || entry.indices.length === 0) continue;
    if (entry.role === 'norm') norms += entry.elements * entry.copies;
    if (takes(entry) !== undefined) continue;
    linear += entry.elements * entry.copies;
    const [numbers = 1] = entry.indices;
    layers = Math.max(layers, typeof numbers === 'number' ? numbers : numbers.length);
  }
  return { ofOneLayer: linear / layers, norms };
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
    evidence: { source: 'turboderp-org/exllamav2: exllamav2/conversion/qparams.py, optimize.py', kind: 'source' },
    layout(model): Layout {
      const entries = entriesOf(model, scheme);
      const { ofOneLayer, norms } = stackOf(model.inventory, scheme);
      const bytes = total(entries);
      // The budget counts the norms' elements too, though they take nothing of it.
      return { entries, basis, range: [bytes - leftOver(ofOneLayer), bytes + Math.ceil((norms * bits) / 8)] };
    },
  };
}

function exl3Preset(bits: number): Preset {
  const whole = Number.isInteger(bits);
  const basis: Basis = { kind: 'rule', reasons: whole ? ['exllama-layers'] : ['exllama-layers', 'bits-by-priority'] };
  const name = nameOf('exl3', bits);
  const scheme = exl3({ name, bits, headBits, basis });
  return {
    name,
    format: 'EXL3',
    bits,
    groupSize: null,
    computeDtype: null,
    evidence: { source: 'turboderp-org/exllamav3: exllamav3/modules/quant/exl3.py, conversion/allocation.py', kind: 'source' },
    layout(model): Layout {
      const entries = entriesOf(model, scheme);
      if (whole) return { entries, basis };
      const bytes = total(entries);
      return { entries, basis, range: [bytes - leftOver(stackOf(model.inventory, scheme).ofOneLayer), bytes] };
    },
  };
}

export const exllamaPresets: readonly Preset[] = [...targets.exl2.map(exl2Preset), ...targets.exl3.map(exl3Preset)];
