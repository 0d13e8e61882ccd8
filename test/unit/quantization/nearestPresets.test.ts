import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nearestPresets, presetNames } from '../../../src/engine/index';

const squashed = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const first = (name: string): string | undefined => nearestPresets(name).names[0];
const anyPreset = fc.constantFrom(...presetNames);

describe('the presets nearest to a name that none has', () => {
  it('are those with the nearest number, and all numbers that stand in its place are told', () => {
    const { names, instead } = nearestPresets('gptq-int4-g96');
    assert.deepEqual(names.slice(0, 3), ['gptq-int4-g128', 'gptq-int4-g64', 'gptq-int4-g32']);
    assert.deepEqual(instead, { found: '96', values: ['32', '64', '128'] });
    assert.deepEqual(nearestPresets('gptq-int5-g128').instead, { found: '5', values: ['2', '3', '4', '8'] });
    assert.deepEqual(nearestPresets('exl2-4.1bpw').names.slice(0, 2), ['exl2-4.0bpw', 'exl2-4.25bpw']);
    assert.equal(nearestPresets('exl2-4bpw').instead, undefined);
  });
  for (const [asked, meant] of [
    ['q4km', 'Q4_K_M'],
    ['Q4-K-M', 'Q4_K_M'],
    ['iq3xxs', 'IQ3_XXS'],
    ['q4', 'Q4_K_M'],
    ['awq', 'awq-int4-g128'],
    ['awq-4bit', 'awq-int4-g128'],
    ['gptq4bit128g', 'gptq-int4-g128'],
    ['gtpq-int4-g128', 'gptq-int4-g128'],
    ['gptq-int4-g12', 'gptq-int4-g128'],
    ['nf4', 'bnb-nf4'],
    ['bnb-4bit', 'bnb-nf4'],
    ['llm.int8', 'bnb-int8'],
    ['mlx-4bit', 'mlx-4bit-g64'],
    ['w4a16', 'w4a16-g128'],
    ['fp8', 'fp8-tensor'],
    ['bf17', 'bf16'],
    ['bitsandbytes', 'bnb-nf4'],
  ] as const)
    it(`of ${asked}: ${meant}`, () => assert.equal(first(asked), meant));
  it('of the name of a format are its own', () => {
    for (const format of ['awq', 'hqq', 'gptq', 'eetq', 'torchao'])
      for (const name of nearestPresets(format).names) assert.ok(name.startsWith(format), `${format}: ${name}`);
  });
  it('are none for what is like nothing', () => {
    for (const name of ['', ' ', '-', 'xyz', 'qlora', '💥', 'x'.repeat(10_000)])
      assert.deepEqual(nearestPresets(name), { names: [] }, name);
  });

  it('hold the preset itself, first, however it is punctuated', () => {
    fc.assert(
      fc.property(anyPreset, (name) => {
        assert.equal(squashed(first(squashed(name)) ?? ''), squashed(name));
      }),
    );
  });
  it('hold the preset whose name has two letters in each other’s place', () => {
    const slip = anyPreset.chain((name) => fc.tuple(fc.constant(name), fc.nat(name.length - 2)));
    fc.assert(
      fc.property(slip, ([name, at]) => {
        const [a, b] = [name[at] ?? '', name[at + 1] ?? ''];
        fc.pre(name.length > 8 && /[a-z]{2}/i.test(a + b));
        const written = name.slice(0, at) + b + a + name.slice(at + 2);
        assert.ok(nearestPresets(written).names.includes(name), `${written}: ${nearestPresets(written).names.join(' ')}`);
      }),
    );
  });
  it('hold one of the family whose last number is another', () => {
    fc.assert(
      fc.property(anyPreset, fc.integer({ min: 1, max: 9999 }), (name, number) => {
        fc.pre(/^[a-z0-9-]+-g\d+$/.test(name));
        const family = name.replace(/\d+$/, '');
        const { names } = nearestPresets(`${family}${number}`);
        assert.ok(
          names.some((each) => each.startsWith(family)),
          `${family}${number}: ${names.join(' ')}`,
        );
      }),
    );
  });
  it('are at most eight presets, each once, whatever is asked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const { names } = nearestPresets(name);
        assert.ok(names.length <= 8 && new Set(names).size === names.length);
        for (const each of names) assert.ok(presetNames.includes(each));
      }),
    );
  });
});
