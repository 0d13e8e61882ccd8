/** One weight of a stack under a preset. */
import assert from 'node:assert/strict';
import type { Analysis } from '../../../../src/engine/index';
import { module, repeat, type Part } from '../../../../src/engine/modules/tree';
import { presets, presetOf } from '../../../../src/engine/quantization/presets';
import type { Layout } from '../../../../src/engine/quantization/presets/preset';
import type { StoredEntry } from '../../../../src/engine/quantization/stored';
import { takeInventory } from '../../../../src/engine/weights/inventory';

export const layoutOf = (tree: Part, preset: string, dtype: 'fp32' | 'bf16' = 'bf16'): Layout =>
  presetOf(preset).layout({ inventory: takeInventory(tree), dtype, modelType: 'test', root: {} }, {});

export const bytesIn = (entries: readonly StoredEntry[]): number => entries.reduce((sum, { bytes, copies }) => sum + bytes * copies, 0);

/** Bytes of one layer of a stack of three that holds `part` as `name`, text of data-dependent length apart. */
export function storedBytes(part: Part, preset: string, name = 'w'): number {
  const { entries } = layoutOf(module({ layers: repeat(3, () => ({ [name]: part })) }), preset);
  return bytesIn(entries.filter((entry) => entry.part !== 'text')) / 3;
}

/** Bytes of a whole model under a preset, text of data-dependent length apart. */
export const presetBytes = ({ inventory, dtype, modelType, root }: Analysis, preset: string): number =>
  bytesIn(
    presetOf(preset)
      .layout({ inventory, dtype: dtype.value, modelType, root }, {})
      .entries.filter((entry) => entry.part !== 'text'),
  );

/** A test for each preset: so many bytes for one matrix. */
export function assertLayouts(matrix: Part, elements: number, expected: Readonly<Record<string, number>>): void {
  for (const [name, bytes] of Object.entries(expected))
    it(`${name}: ${((bytes * 8) / elements).toFixed(3)} bits a weight`, () => assert.equal(storedBytes(matrix, name), bytes));
}

/** Demands an expectation for every preset of these formats. */
export function assertComplete(expected: Readonly<Record<string, number>>, formats: readonly string[]): void {
  assert.deepEqual(
    presets
      .filter(({ format }) => formats.includes(format))
      .map(({ name }) => name)
      .sort(),
    Object.keys(expected).sort(),
  );
}
