import assert from 'node:assert/strict';
import { devices, fit, fitInputOf, hasNativeDtype, weightsAt, type Device, type Precision } from '../../../src/engine/index';
import { smallestDevices, smallestNames, smallestSeveral } from '../../../src/features/hover/smallest';
import { device } from '../panel/models';
import { estimateOf, sample } from '../text/support';

const llama = estimateOf(sample('Llama-3.1-8B'));
const rtx3060 = device('RTX 3060 12GB');
const names = (precision: Precision, catalogue?: readonly Device[]): readonly string[] =>
  smallestDevices(llama, precision, catalogue).map(({ name }) => name);

describe('the smallest devices that a hover recommends', () => {
  it('are not those that are known not to multiply in the precision’s format, though the weights would fit', () => {
    assert.equal(hasNativeDtype(rtx3060, 'fp8'), false);
    assert.equal(fit(rtx3060, 1, fitInputOf(llama.analysis, llama.settings, weightsAt(llama.analysis, 'fp8-channel'))).fits, true);
    const ada = device('RTX 4070');
    assert.deepEqual(names('fp8-channel', [rtx3060, ada]), [ada.name]);
    // INT4 weights are multiplied at 16 bits: the same card is a recommendation there.
    assert.ok(names('awq-int4-g128', [rtx3060, ada]).includes(rtx3060.name));
    for (const each of smallestDevices(llama, 'fp8-channel')) assert.notEqual(hasNativeDtype(each, 'fp8'), false, each.name);
  });

  it('may be those of which no source lists the formats', () => {
    const { nativeDtypes, ...silent } = rtx3060;
    assert.ok(nativeDtypes);
    assert.deepEqual(names('fp8-channel', [silent]), [rtx3060.name]);
  });

  it('fit, and nothing that is recommendable and fits has less memory', () => {
    for (const { precision } of llama.weights) {
      const [first] = smallestDevices(llama, precision);
      assert.ok(first?.memoryBytes, precision);
      const input = fitInputOf(llama.analysis, llama.settings, weightsAt(llama.analysis, precision));
      assert.equal(fit(first, 1, input).fits, true);
      for (const other of smallestDevices(llama, precision)) assert.ok((other.memoryBytes ?? 0) >= first.memoryBytes);
    }
  });

  it('are devices on sale whose memory is not in doubt: no phone or laptop, announcement or size of one list alone', () => {
    const found = smallestDevices(llama, 'awq-int4-g128');
    assert.ok(found.length > 20);
    for (const { name, class: kind, sources, notes } of found) {
      assert.ok(kind !== 'phone' && kind !== 'laptop', name);
      assert.ok(sources.length > 1, name);
      assert.ok(!notes.includes('announced') && !notes.includes('memory-variants-unverified'), name);
    }
    // Three sizes of one card are listed, of which the maker's own is 24 GB.
    assert.ok(devices.some(({ name }) => name === 'RTX A5000 8GB'));
    assert.ok(!found.some(({ name }) => name.startsWith('RTX A5000')));
  });

  it('are as few of one kind as hold the model, where no single one does', () => {
    const deepseek = estimateOf(sample('DeepSeek-V3'));
    for (const { precision } of deepseek.weights) {
      const [name, ...more] = smallestNames(deepseek, precision);
      assert.ok(name && more.length === 0, precision);
      if (smallestDevices(deepseek, precision).length > 0) continue;
      const several = smallestSeveral(deepseek, precision);
      assert.ok(several, precision);
      assert.equal(name, `${several.count} × ${several.device.name}`);
      const input = fitInputOf(deepseek.analysis, deepseek.settings, weightsAt(deepseek.analysis, precision));
      assert.equal(fit(several.device, several.count, input).fits, true);
      assert.equal(fit(several.device, several.count - 1, input).fits, false);
    }
    const h100 = device('H100 SXM 80GB');
    assert.deepEqual(smallestSeveral(deepseek, 'awq-int4-g128', [h100]), { device: h100, count: 5 });
    // Not even 16 hold it, or none that is linked to others.
    assert.equal(smallestSeveral(deepseek, 'bf16', [h100]), undefined);
    assert.equal(smallestSeveral(deepseek, 'awq-int4-g128', [rtx3060]), undefined);
  });

  it('of one size are led by what most sources list, then by the newest', () => {
    const one = { ...rtx3060, name: 'One', sources: ['a', 'b'], year: 2020 };
    const two = { ...rtx3060, name: 'Two', sources: ['a', 'b', 'c'], year: 2019 };
    const three = { ...rtx3060, name: 'Three', sources: ['a', 'b'], year: 2024 };
    assert.deepEqual(names('awq-int4-g128', [one, two, three]), ['Two', 'Three', 'One']);
  });
});
