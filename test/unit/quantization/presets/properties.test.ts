import assert from 'node:assert/strict';
import fc from 'fast-check';
import { linear } from '../../../../src/engine/modules/blocks';
import { presets } from '../../../../src/engine/quantization/presets';
import { weights } from '../../../../src/engine/quantization/weights';
import { modelOf, qwen3Of30BA3B } from '../models';
import { storedBytes } from './stored';

/** Formats whose layouts are grids of numbers; ggml's, codebooks and trellises have tests of their own. */
const grids = [
  ...['FP8', 'compressed-tensors', 'bitsandbytes', 'EETQ', 'GPTQ', 'AutoRound', 'AWQ', 'HQQ', 'NVFP4', 'MXFP4', 'MXFP6', 'MXFP8'],
  ...['ModelOpt', '2:4 sparse', 'Quark', 'torchao', 'MLX', 'ONNX', 'OpenVINO'],
];
const others = ['plain', 'GGUF', 'EXL2', 'EXL3', 'AQLM', 'VPTQ', 'QuIP#', 'QTIP', 'SpQR', 'BitNet'];
const ours = presets.filter(({ format }) => grids.includes(format));

/** Widths that every group and tile divides. */
const side = fc.integer({ min: 1, max: 12 }).map((times) => times * 512);

describe('presets of integer and float grids', () => {
  it('are of formats that some test here covers', () => {
    for (const { format } of presets) assert.ok(grids.includes(format) || others.includes(format), format);
  });
  it('have names of their own, in lower case, with the bits and the group that they state', () => {
    assert.equal(new Set(presets.map(({ name }) => name)).size, presets.length);
    for (const { name, bits, groupSize } of ours) {
      assert.match(name, /^[a-z0-9.-]+$/);
      const [, group] = /-g(\d+)/.exec(name) ?? [];
      if (group !== undefined) assert.equal(groupSize, Number(group), name);
      const [, width] = /(?:int|mlx-)(\d)(?:-|bit|$)/.exec(name) ?? [];
      // W4A8 spends a byte on 4 bits.
      if (width !== undefined && name !== 'w4a8-int8-g128') assert.equal(bits, Number(width), name);
    }
  });
  it('need at least the bits that they state, and never twice as many and a table', () => {
    fc.assert(
      fc.property(side, side, (columns, rows) => {
        for (const { name, bits, format } of ours) {
          const bytes = storedBytes(linear(columns, rows), name);
          const least = (columns * rows * bits) / 8 / (format === '2:4 sparse' ? 2 : 1);
          assert.ok(bytes >= least, `${name} ${columns}×${rows}: ${bytes} < ${least}`);
          assert.ok(bytes <= 2 * least + columns * rows + 8 * (columns + rows) + 2048, `${name} ${columns}×${rows}: ${bytes}`);
        }
      }),
      { numRuns: 5 },
    );
  });
  it('need more bytes for more bits, and more for smaller groups', () => {
    const matrix = linear(4096, 4096);
    const families = new Map<string, { readonly bits: number; readonly group: number; readonly name: string }[]>();
    for (const { name, bits, groupSize } of ours) {
      const family = name.replace(/\d+bit|int\d+|w\da16/, '').replace(/g\d+|channel|-b\d+/, '');
      families.set(family, [...(families.get(family) ?? []), { bits, group: groupSize ?? Infinity, name }]);
    }
    let compared = 0;
    for (const family of families.values())
      for (const one of family)
        for (const other of family)
          if ((one.bits > other.bits && one.group === other.group) || (one.bits === other.bits && one.group < other.group)) {
            assert.ok(storedBytes(matrix, one.name) > storedBytes(matrix, other.name), `${one.name} > ${other.name}`);
            compared++;
          }
    assert.ok(compared > 100, String(compared));
  });
  it('cite a source, and claim no more than it bears', () => {
    for (const { name, evidence, layout } of ours) {
      assert.ok(evidence.source.length > 10, name);
      const model = modelOf(qwen3Of30BA3B);
      const { basis } = layout({ inventory: model.inventory, dtype: 'bf16', modelType: 'qwen3_moe', root: {} }, {});
      if (evidence.kind === 'nominal') assert.equal(basis.kind, 'approximate', name);
    }
  });
  it('add up to a whole number of bytes in every component', () => {
    const { inventory, dtype, modelType, root } = modelOf(qwen3Of30BA3B);
    for (const preset of ours) {
      const { bytes, byComponent } = weights({ inventory, dtype: dtype.value, modelType, root }, preset);
      assert.ok(Number.isSafeInteger(bytes), preset.name);
      assert.equal(
        Object.values(byComponent).reduce((sum, part) => sum + part, 0),
        bytes,
        preset.name,
      );
    }
  });
});
