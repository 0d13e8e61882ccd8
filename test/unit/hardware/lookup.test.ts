import assert from 'node:assert/strict';
import fc from 'fast-check';
import { customDevice } from '../../../src/engine/hardware/customDevice';
import { gib } from '../../../src/engine/hardware/device';
import { devices } from '../../../src/engine/hardware/devices';
import { parseDeviceSpec } from '../../../src/engine/hardware/deviceSpec';
import { findDevice } from '../../../src/engine/hardware/lookup';

function found(name: string): string {
  const result = findDevice(name);
  return result.kind === 'found' ? result.device.name : result.kind;
}
function candidates(name: string): string[] {
  const result = findDevice(name);
  assert.equal(result.kind, 'ambiguous', name);
  return result.kind === 'ambiguous' ? result.candidates.map((device) => device.name) : [];
}

describe('finding a device', () => {
  it('finds each by its own name, however it is written', () => {
    for (const { name } of devices) {
      assert.equal(found(name), name);
      assert.equal(found(name.toUpperCase()), name);
      assert.equal(found(` ${name.toLowerCase().replace(/[ -]/g, '_')} `), name);
    }
  });

  it('takes the names that people and drivers use', () => {
    assert.equal(found('4090'), 'RTX 4090');
    assert.equal(found('rtx4090'), 'RTX 4090');
    assert.equal(found('NVIDIA GeForce RTX 4090'), 'RTX 4090');
    assert.equal(found('NVIDIA GeForce RTX 4090 Laptop GPU'), 'RTX 4090 Laptop');
    assert.equal(found('RTX 4090 Mobile'), 'RTX 4090 Laptop');
    assert.equal(found('NVIDIA H100 80GB HBM3'), 'H100 SXM 80GB');
    assert.equal(found('NVIDIA A100-SXM4-80GB'), 'A100 SXM 80GB');
    assert.equal(found('NVIDIA A100 80GB PCIe'), 'A100 PCIe 80GB');
    assert.equal(found('Tesla V100-SXM2-32GB'), 'V100 SXM2 32GB');
    assert.equal(found('AMD Instinct MI300X'), 'MI300X');
    assert.equal(found('RTX 3060 12 GB'), 'RTX 3060 12GB');
    assert.equal(found('iphone 17 pro'), 'Apple A19 Pro (iPhone 17 Pro)');
    assert.equal(found('ascend 910b'), 'Ascend 910B');
  });

  it('lists the candidates of a name that fits several, and picks none', () => {
    assert.deepEqual(candidates('h100'), ['H100 PCIe 80GB', 'H100 SXM 80GB', 'H100 NVL 94GB']);
    assert.deepEqual(candidates('a100-80g'), ['A100 SXM 80GB', 'A100 PCIe 80GB']);
    assert.deepEqual(candidates('RTX 3060'), ['RTX 3060 8GB', 'RTX 3060 12GB']);
    assert.equal(candidates('strix halo').length, 3);
  });

  it('does not cut a word short', () => {
    assert.equal(found('L4'), 'L4');
    assert.equal(findDevice('b20').kind, 'unknown');
    assert.equal(findDevice('40').kind, 'unknown');
  });

  it('suggests names that are written alike', () => {
    const result = findDevice('RTX 4909');
    assert.ok(result.kind === 'unknown' && result.nearest.includes('RTX 4090'));
    assert.deepEqual(findDevice('   '), { kind: 'unknown', nearest: [] });
    assert.deepEqual(findDevice('x'.repeat(100_000)), { kind: 'unknown', nearest: [] });
  });

  it('answers for any text, and its answer names a device of the catalogue', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const result = findDevice(text);
        if (result.kind === 'found') assert.ok(devices.includes(result.device));
        if (result.kind === 'ambiguous') assert.ok(result.candidates.length > 1);
        if (result.kind === 'unknown') assert.ok(result.nearest.length <= 3);
      }),
    );
  });

  it('puts a person’s own devices first', () => {
    const own = customDevice({ name: 'RTX 4090', memoryGiB: 48 });
    assert.ok(own.kind === 'device');
    const result = findDevice('rtx 4090', [own.device]);
    assert.ok(result.kind === 'found' && result.device.memoryBytes === 48 * gib);
  });
});

describe('a device with a count', () => {
  it('reads name and count', () => {
    assert.deepEqual(parseDeviceSpec('H100 SXM 80GB:2'), { kind: 'spec', name: 'H100 SXM 80GB', count: 2 });
    assert.deepEqual(parseDeviceSpec(' RTX 4090 '), { kind: 'spec', name: 'RTX 4090', count: 1 });
    assert.deepEqual(parseDeviceSpec('A16: 16'), { kind: 'spec', name: 'A16', count: 16 });
    assert.equal(parseDeviceSpec('MI300X:3').kind, 'spec');
  });

  it('reads the name of every device as a name', () => {
    for (const { name } of devices) assert.deepEqual(parseDeviceSpec(`${name}:4`), { kind: 'spec', name, count: 4 });
  });

  it('refuses counts outside 1 to 16, and an empty name', () => {
    for (const count of ['0', '17', '-1', '1.5', '2x', '', '1e1', '٣', '99999999999999999999']) {
      assert.deepEqual(parseDeviceSpec(`T4:${count}`), { kind: 'invalid', reason: 'bad-count', found: count });
    }
    assert.equal(parseDeviceSpec(':2').kind, 'invalid');
    assert.deepEqual(parseDeviceSpec(''), { kind: 'invalid', reason: 'empty-name', found: '' });
  });
});

describe('a person’s own device', () => {
  it('estimates usable memory unless the owner states it', () => {
    const estimated = customDevice({ name: 'Lab card', memoryGiB: 40, bandwidthGBps: 900 });
    assert.ok(estimated.kind === 'device' && estimated.device.usable?.basis.kind === 'approximate');
    assert.equal(estimated.device.bandwidth, 900e9);
    const stated = customDevice({ name: 'Lab card', memoryGiB: 40, usableGiB: 39.5 });
    assert.ok(stated.kind === 'device' && stated.device.usable?.basis.kind === 'exact');
    assert.equal(stated.device.usable?.bytes, 39.5 * gib);
  });

  it('names the field that cannot be right', () => {
    const field = (input: Parameters<typeof customDevice>[0]): string => {
      const result = customDevice(input);
      return result.kind === 'invalid' ? result.field : 'accepted';
    };
    assert.equal(field({ name: '  ', memoryGiB: 24 }), 'name');
    assert.equal(field({ name: 'a:b', memoryGiB: 24 }), 'name');
    for (const memoryGiB of [0, -1, NaN, Infinity, 1e9]) assert.equal(field({ name: 'X1', memoryGiB }), 'memoryGiB');
    assert.equal(field({ name: 'X1', memoryGiB: 24, usableGiB: 25 }), 'usableGiB');
    assert.equal(field({ name: 'X1', memoryGiB: 24, bandwidthGBps: -5 }), 'bandwidthGBps');
  });
});
