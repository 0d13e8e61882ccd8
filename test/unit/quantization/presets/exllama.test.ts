import assert from 'node:assert/strict';
import { embedding, linear, lmHead, rmsNorm } from '../../../../src/engine/modules/blocks';
import { module, repeat } from '../../../../src/engine/modules/tree';
import { presets } from '../../../../src/engine/quantization/presets';
import { exl3 } from '../../../../src/engine/quantization/schemes/exl3';
import { storeTensor } from '../../../../src/engine/quantization/scheme';
import { bytesOf } from '../../../../src/engine/quantization/storage';
import { storeContext } from '../../../../src/engine/quantization/tally';
import { weights } from '../../../../src/engine/quantization/weights';
import { countParameters } from '../../../../src/engine/weights/parameters';
import { takeInventory } from '../../../../src/engine/weights/inventory';
import { assertComplete, bytesIn, layoutOf, storedBytes } from './stored';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;

const expected: Readonly<Record<string, number>> = {
  ...Object.fromEntries([2.5, 3, 3.5, 4, 4.25, 4.5, 5, 6, 6.5, 8].map((bits) => [named('exl2', bits), (elements * bits) / 8])),
  ...Object.fromEntries(
    [2, 2.25, 2.5, 3, 3.5, 4, 4.5, 5, 6, 8].map((bits) => [named('exl3', bits), (elements * bits) / 8 + 2 * (columns + rows) + 4]),
  ),
};

function named(format: string, bits: number): string {
  return `${format}-${bits % 1 === 0 ? bits.toFixed(1) : bits}bpw`;
}

describe('presets of ExLlama', () => {
  for (const [name, bytes] of Object.entries(expected))
    it(`${name}: ${((bytes * 8) / elements).toFixed(3)} bits a weight`, () =>
      assert.equal(storedBytes(linear(columns, rows), name), bytes));
  it('have an expectation each', () => assertComplete(expected, ['EXL2', 'EXL3']));

  const model = (tied: boolean) =>
    module({
      embed: embedding(640, columns),
      layers: repeat(4, () => ({ w: linear(columns, rows), norm: rmsNorm(columns) })),
      head: lmHead(columns, 640, tied && 'embed.weight'),
    });
  /** 15 % of the columns at 8 bits in whole groups of 128 (two of them), the rest at 6 (six). */
  const exl2Head = 640 * (256 + (768 * 6) / 8) + 8 * (640 / 2) + 8 * (2 + 4) + 4 * columns;
  const exl3Head = (640 * columns * 6) / 8 + 2 * (columns + 640) + 4;

  it('quantize the head to a width of its own and keep embedding and norms', () => {
    const kept = 2 * (640 * columns + 4 * columns);
    assert.equal(bytesIn(layoutOf(model(false), 'exl2-4.0bpw').entries), kept + exl2Head + 4 * (elements / 2));
    assert.equal(bytesIn(layoutOf(model(false), 'exl3-4.0bpw').entries), kept + exl3Head + 4 * (expected['exl3-4.0bpw'] ?? 0));
    assert.equal(
      bytesIn(layoutOf(model(false), 'exl3-4.0bpw', 'fp32').entries),
      bytesIn(layoutOf(model(false), 'exl3-4.0bpw', 'bf16').entries),
    );
  });
  it('store a tied head beside the embedding, and count its parameters once', () => {
    const inventory = takeInventory(model(true));
    for (const name of ['exl2-4.0bpw', 'exl3-2.5bpw']) {
      assert.equal(bytesIn(layoutOf(model(true), name).entries), bytesIn(layoutOf(model(false), name).entries), name);
      const preset = presets.find((one) => one.name === name);
      assert.ok(preset);
      const found = weights({ inventory, dtype: 'bf16', modelType: 'test', root: {} }, preset);
      assert.equal(found.quantizedParameters, 4 * elements);
      assert.equal(found.bitsPerWeight, (found.bytes * 8) / countParameters(inventory).total);
    }
  });
  it('may leave over less than a bit of one layer where widths are mixed', () => {
    const { entries, range, basis } = layoutOf(model(false), 'exl2-4.0bpw');
    const bytes = bytesIn(entries);
    assert.deepEqual(range, [bytes - elements / 8, bytes]);
    assert.deepEqual(basis, { kind: 'rule', reasons: ['exllama-layers', 'bits-by-measurement'] });
    const mixed = layoutOf(model(false), 'exl3-4.5bpw');
    assert.deepEqual(mixed.range, [bytesIn(mixed.entries) - elements / 8, bytesIn(mixed.entries)]);
    for (const name of ['exl3-4.0bpw', 'exl3-3.5bpw', 'exl3-2.5bpw']) assert.equal(layoutOf(model(false), name).range, undefined, name);
  });
  it('pad to whole blocks', () => {
    assert.equal(storedBytes(linear(1000, 500), 'exl3-4.0bpw'), expected['exl3-4.0bpw']);
  });
  it('have the tensors that a published EXL3 file lists', () => {
    // UnstableLlama/Qwen3.6-35B-A3B-DFlash-exl3-3.50bpw: quantization_config.json, the modules fc and layers.0.self_attn.k_proj.
    for (const [rows, columns, bytes] of [
      [2048, 10240, { trellis: 10_485_760, suh: 20_480, svh: 4_096, mcg: 4 }],
      [512, 2048, { trellis: 524_288, suh: 4_096, svh: 1_024, mcg: 4 }],
    ] as const) {
      const inventory = takeInventory(module({ layers: repeat(1, () => ({ w: linear(columns, rows) })) }));
      const [weight] = inventory.entries;
      assert.ok(weight);
      const scheme = exl3({ name: 'x', bits: 4, codebook: 'mcg', basis: { kind: 'rule', reasons: [] } });
      const stored = storeTensor(scheme, weight, storeContext(inventory, 'BF16'));
      assert.ok(typeof stored !== 'string');
      assert.deepEqual(Object.fromEntries(stored.map((tensor) => [tensor.suffix, bytesOf(tensor)])), bytes);
    }
  });
  it('know the signs and codebooks of older EXL3 files, and averages that are no whole number of words', () => {
    const inventory = takeInventory(module({ layers: repeat(2, () => ({ w: linear(columns, rows) })) }));
    const [weight] = inventory.entries;
    assert.ok(weight);
    const stored = storeTensor(
      exl3({ name: 'x', bits: 3.03, signs: 'bits', codebook: '3inst', basis: { kind: 'rule', reasons: [] } }),
      weight,
      storeContext(inventory, 'F16'),
    );
    assert.ok(typeof stored !== 'string');
    assert.deepEqual(
      stored.map(({ suffix, dtype, shape }) => [suffix, dtype, ...shape]),
      [
        ['trellis', 'I16', Math.round((elements * 3.03) / 16)],
        ['su', 'I16', columns / 16],
        ['sv', 'I16', rows / 16],
      ],
    );
  });
});
