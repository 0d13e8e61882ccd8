import assert from 'node:assert/strict';
import { devices } from '../../../src/engine/hardware/devices';
import { gib, hasNativeDtype, mib, type Device } from '../../../src/engine/hardware/device';
import { nameKey } from '../../../src/engine/hardware/names';

const byName = new Map(devices.map((device) => [device.name, device]));
function named(name: string): Device {
  const device = byName.get(name);
  assert.ok(device, `${name} is missing`);
  return device;
}

describe('hardware catalogue', () => {
  it('holds at least 80 devices, each with a source', () => {
    assert.ok(devices.length >= 80, String(devices.length));
    for (const { name, sources } of devices) assert.ok(sources.length > 0 && sources.every((source) => source.length > 3), name);
  });

  it('holds every vendor that the panel names', () => {
    const found = new Set(devices.map(({ vendor }) => vendor));
    for (const vendor of [
      'NVIDIA',
      'AMD',
      'Google',
      'Intel',
      'Huawei',
      'Cambricon',
      'Hygon',
      'Groq',
      'Qualcomm',
      'Apple',
      'MediaTek',
      'Horizon',
    ] as const) {
      assert.ok(found.has(vendor), vendor);
    }
  });

  it('names no two devices alike, even without regard to case and punctuation', () => {
    assert.equal(new Set(devices.map(({ name }) => nameKey(name))).size, devices.length);
  });

  it('never hides a device behind an alias of another', () => {
    const names = new Map(devices.map(({ name }) => [nameKey(name), name]));
    for (const { name, aliases } of devices) {
      for (const alias of aliases) {
        assert.equal(alias, alias.toLowerCase(), alias);
        const owner = names.get(nameKey(alias));
        assert.ok(owner === undefined || owner === name, `${alias} of ${name} is the name of ${String(owner)}`);
      }
    }
  });

  it('states positive integers or nothing: unknown is never 0', () => {
    for (const device of devices) {
      const figures = [
        device.memoryBytes,
        device.memoryAtMostBytes,
        device.bandwidth,
        device.watts,
        device.shaderFp16,
        device.interconnect?.bytesPerSecond,
      ];
      for (const figure of [...figures, ...Object.values(device.throughput)]) {
        if (figure != null) assert.ok(Number.isInteger(figure) && figure > 0, `${device.name}: ${String(figure)}`);
      }
      assert.equal(device.usable === null, device.memoryBytes === null, device.name);
      assert.ok(device.nativeDtypes === undefined || device.nativeDtypes.length > 0, device.name);
    }
  });

  it('reads memory in GiB, and in 1e9 bytes where the maker means that', () => {
    assert.equal(named('RTX 4090').memoryBytes, 24 * gib);
    assert.equal(named('H200 SXM').memoryBytes, 141 * gib);
    assert.equal(named('B300 SXM').memoryBytes, 288e9);
    assert.equal(named('GB300 (per GPU)').memoryBytes, 288 * gib);
    assert.equal(named('Groq LPU v1').memoryBytes, 230_000_000);
    assert.equal(named('GB200 (per GPU)').memoryBytes, 186 * gib);
  });

  it('keeps usable memory within the memory, bands around the figure', () => {
    for (const { name, memoryBytes, usable } of devices) {
      if (memoryBytes === null || usable === null) continue;
      assert.ok(Number.isSafeInteger(usable.bytes) && usable.bytes > 0, name);
      // The driver of a B300 reports 0.14 % more than the 288 GB on its data sheet.
      assert.ok(usable.bytes <= (name === 'B300 SXM' ? 275_040 * mib : memoryBytes), name);
      if (usable.basis.kind === 'approximate') {
        assert.ok(usable.basis.lowBytes <= usable.bytes && usable.bytes <= usable.basis.highBytes, name);
        assert.ok(usable.basis.highBytes <= memoryBytes, name);
      } else assert.ok(usable.basis.source.length > 3, name);
    }
  });

  it('takes what runtimes and drivers reported over the maker’s figure', () => {
    assert.equal(named('RTX 4090').usable?.bytes, 25_250_627_584);
    assert.equal(named('L40S').usable?.bytes, 46_068 * mib);
    assert.equal(named('B300 SXM').usable?.bytes, 275_040 * mib);
    assert.equal(named('GB200 (per GPU)').usable?.bytes, 189_471 * mib);
    assert.equal(named('GB300 (per GPU)').usable?.bytes, 284_208 * mib);
    assert.equal(named('RTX PRO 6000 Blackwell Server').usable?.bytes, 97_887 * mib);
    const h100 = (named('H100 SXM 80GB').usable?.bytes ?? 0) / gib;
    assert.ok(h100 >= 79.1 && h100 <= 79.2, String(h100));
  });

  it('gives a Mac two thirds of its memory up to 36 GB and three quarters above, more on newer systems', () => {
    assert.equal(named('Apple M2 16GB').usable?.bytes, Math.floor((16 * gib * 2) / 3));
    assert.equal(named('Apple M3 Max 128GB').usable?.bytes, 96 * gib);
    const band = named('Apple M3 Max 128GB').usable?.basis;
    assert.ok(band?.kind === 'approximate' && band.highBytes >= Math.floor(107.52 * gib));
  });

  it('gives a phone’s app a part of the memory, in a wide band', () => {
    const usable = named('Apple A18 Pro (iPhone 16 Pro)').usable;
    assert.ok(usable?.basis.kind === 'approximate');
    assert.ok(usable.bytes <= 4 * gib && usable.basis.highBytes >= 1.5 * usable.basis.lowBytes);
  });

  it('knows which formats the hardware multiplies', () => {
    assert.equal(hasNativeDtype(named('V100 SXM2 32GB'), 'bf16'), false);
    assert.equal(hasNativeDtype(named('T4'), 'bf16'), false);
    assert.equal(hasNativeDtype(named('A100 SXM 80GB'), 'fp8'), false);
    assert.equal(hasNativeDtype(named('RTX 4090'), 'fp8'), true);
    assert.equal(hasNativeDtype(named('H100 SXM 80GB'), 'fp4'), false);
    assert.equal(hasNativeDtype(named('B200 SXM'), 'fp4'), true);
    assert.equal(hasNativeDtype(named('Snapdragon 8 Gen 3'), 'bf16'), undefined);
  });

  it('never takes shader throughput for matrix throughput', () => {
    const card = named('RTX 3090');
    assert.equal(card.throughput.fp16, undefined);
    assert.equal(card.shaderFp16, 35.58e12);
  });

  it('splits cards that software sees as several devices', () => {
    assert.equal(named('A16 (4x16GB)').parts, 4);
    assert.equal(named('MI250').parts, 2);
    assert.equal(named('Ascend 910C (dual die)').parts, 2);
    for (const { name, parts, notes } of devices) assert.equal(parts > 1, notes.includes('multi-die'), name);
  });

  it('does not believe a memory size that would let more fit than a second source says', () => {
    const usable = named('Ascend 950PR').usable?.bytes ?? 0;
    assert.ok(usable < 112 * gib, String(usable));
  });

  it('has one memory size per device', () => {
    assert.deepEqual(
      devices.filter(({ aliases }) => aliases.includes('rtx 4060 ti')).map(({ name, memoryBytes }) => [name, (memoryBytes ?? 0) / gib]),
      [['RTX 4060 Ti 8GB', 8], ['RTX 4060 Ti 16GB', 16]],
    ); // prettier-ignore
    assert.equal(named('RTX 3060 8GB').bandwidth, undefined);
    assert.equal(named('RTX 3060 12GB').bandwidth, 360e9);
  });
});
