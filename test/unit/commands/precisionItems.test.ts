import assert from 'node:assert/strict';
import {
  analyze,
  defaultStyle,
  estimate,
  findDevice,
  presetNames,
  weightsAt,
  type Analysis,
  type JsonObject,
} from '../../../src/engine/index';
import { precisionItems } from '../../../src/features/commands/precisionItems';
import { english } from '../../../src/shared/text/translate';
import { llama31Of8B } from '../quantization/models';

const found = findDevice('RTX 4090');
assert.ok(found.kind === 'found');
const targets = [{ device: found.device, count: 1 }];
const itemsOf = (config: JsonObject) => {
  const analysis = analyze(config) as Analysis;
  const shown = estimate(analysis, { context: 8192, batch: 1, kvDtype: 'auto', precisions: ['checkpoint'], targets });
  return { analysis, items: precisionItems(shown, english, defaultStyle) };
};

describe('precisions to choose from', () => {
  it('lead with the file’s own, then every preset by size', () => {
    const { analysis, items } = itemsOf(llama31Of8B);
    assert.equal(items[0]?.precision, 'checkpoint');
    assert.equal(items.length, presetNames.length + 1);
    const sizes = items.slice(1).map(({ precision }) => weightsAt(analysis, precision).bytes);
    assert.deepEqual(
      sizes,
      [...sizes].sort((a, b) => b - a),
    );
  });
  it('say size, format, what stays high, and the reach on the target', () => {
    const item = itemsOf(llama31Of8B).items.find(({ precision }) => precision === 'awq-int4-g128');
    assert.equal(item?.label, 'AWQ INT4 g128');
    assert.equal(item.description, '5.33 GiB · 5.71 bits per weight · AWQ');
    assert.match(item.detail ?? '', /^1\.96 GiB left alone: (head, embedding|embedding, head), norms · RTX 4090.*: /);
  });
  it('say what a quantized file leaves alone', () => {
    const { items } = itemsOf({ ...llama31Of8B, quantization_config: { quant_method: 'awq', bits: 4, group_size: 128 } });
    assert.match(items[0]?.label ?? '', /^as the file says \(AWQ INT4 g128\)$/);
    assert.match(items[0]?.detail ?? '', /left alone: /);
  });
  it('give a range where the size depends on data', () => {
    assert.match(itemsOf(llama31Of8B).items.find(({ precision }) => precision.startsWith('spqr'))?.description ?? '', /GiB to .*GiB/);
  });
});
