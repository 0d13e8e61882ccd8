import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ggufHeaderEstimate } from '../../../../src/engine/quantization/gguf/header';
import { ggmlTypes, type GgmlType } from '../../../../src/engine/quantization/gguf/ggmlTypes';
import { ggufLayout } from '../../../../src/engine/quantization/gguf/layout';
import { bytesOf, layoutOf, modelOf } from './support';

const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/gguf', name), 'utf8'));
const { shapes } = read('models.json') as { readonly shapes: readonly { readonly models: readonly string[]; readonly config: object }[] };
const published = read('published.json') as {
  readonly files: readonly {
    readonly model: string;
    readonly what: string;
    readonly llamaCppDate: string;
    readonly header: number;
    readonly files: Readonly<Record<string, number>>;
  }[];
  readonly bitsPerWeight: Readonly<Record<string, string>>;
  readonly tensors: readonly { readonly model: string; readonly tensors: Readonly<Record<string, number>> }[];
};

const shapeOf = (id: string) => {
  const shape = shapes.find(({ models }) => models.includes(id));
  assert.ok(shape, id);
  return modelOf(shape.config);
};

/** Tensor data starts at multiples of 32 in the file. */
const padded = (layout: ReturnType<typeof layoutOf>): number =>
  layout.entries.reduce((sum, { bytes, copies }) => sum + Math.ceil(bytes / 32) * 32 * copies, 0);

describe('published GGUF files', () => {
  for (const { model: id, what, llamaCppDate, header, files } of published.files)
    it(`${id}: ${what}`, () => {
      const model = shapeOf(id);
      const left = Object.entries(files).map(([type, bytes]) => [type, bytes - padded(layoutOf(model, type, { llamaCppDate }))]);
      assert.deepEqual(Object.fromEntries(left), Object.fromEntries(Object.keys(files).map((type) => [type, header])));
      const [low, high] = ggufHeaderEstimate(model, { llamaCppDate }).range;
      assert.ok(header >= low && header <= high, `${header} in ${low}–${high}`);
    });

  it('have the bits per weight of the README for Llama 3.1 8B', () => {
    const model = shapeOf('meta-llama/Llama-3.1-8B');
    const bits = Object.keys(published.bitsPerWeight).map((type) => {
      // Its IQ4 files were made without an importance matrix.
      const layout = layoutOf(model, type, { llamaCppDate: '2025-03-01', ...(type.startsWith('IQ4') && { imatrix: false }) });
      return [type, ((bytesOf(layout) * 8) / 8_030_261_248).toFixed(4)];
    });
    assert.deepEqual(Object.fromEntries(bits), published.bitsPerWeight);
  });

  for (const { model: id, tensors } of published.tensors)
    it(`${id}: sums of tensors with everything at one type`, () => {
      const model = shapeOf(id);
      const sums = Object.keys(tensors).map((name) => {
        const type = ggmlTypes.find((known): known is GgmlType => known === name);
        assert.ok(type, name);
        const layout = ggufLayout(
          model,
          { fileType: { name: type, base: type, imatrix: true }, pure: true },
          { llamaCppDate: '2026-03-05' },
        );
        return [name, bytesOf(layout)];
      });
      assert.deepEqual(Object.fromEntries(sums), tensors);
    });
});
