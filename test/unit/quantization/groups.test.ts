import assert from 'node:assert/strict';
import { askGroup, findPreset, isPrecision, nameWithGroup, presetModelOf, presets, refusals, weightsAt } from '../../../src/engine/index';
import { languages } from '../text/support';
import { refusedGroupText } from '../../../src/shared/text/refusals';
import { contentFor, sample } from '../panel/models';

const llama = sample('Llama-3.1-8B');
const bytes = (name: string): number => weightsAt(llama, name).bytes;

describe('groups of one’s own', () => {
  it('are part of a name, for every format whose writer takes them', () => {
    for (const name of [
      ...['gptq-int4-g16', 'gptq-int3-g256-actorder', 'autoround-int4-g256', 'awq-int4-g256', 'w4a16-g16', 'w4a16-g256-asym'],
      ...['w3a16-g64', 'w4a8-int8-g64', 'w4a8-fp8-g64', 'hqq-int4-g24', 'quark-int4-g64', 'openvino-int4-g32', 'openvino-int4-g32-sym'],
      ...['onnx-int4-g16', 'onnx-int8-g256'],
    ]) {
      const preset = findPreset(name.toUpperCase());
      assert.ok(preset, name);
      assert.deepEqual([preset.name, String(preset.groupSize)], [name, /g(\d+)/.exec(name)?.[1]]);
      assert.ok(!presets.includes(preset) && isPrecision(name));
      assert.equal(preset.evidence.kind, 'source', name);
      assert.notEqual(weightsAt(llama, name).basis.kind, 'exact', name);
      assert.equal(findPreset(name), preset, 'made once');
    }
  });
  it('store what presets of that size store: a name with a size that has a preset is the preset', () => {
    for (const preset of presets) {
      if (!preset.withGroup || preset.groupSize === null) continue;
      const again = preset.withGroup(preset.name, preset.groupSize);
      assert.equal(weightsAt(llama, preset.name).bytes, sizeOf(again.layout(presetModelOf(llama), {}).entries), preset.name);
      assert.equal(nameWithGroup(preset, preset.groupSize), preset.name);
      assert.equal(findPreset(preset.name), preset);
    }
  });
  it('cost more the smaller they are', () => {
    for (const [small, large] of [
      ['gptq-int4-g16', 'gptq-int4-g32'],
      ['awq-int4-g128', 'awq-int4-g256'],
      ['hqq-int4-g24', 'hqq-int4-g32'],
      ['onnx-int4-g16', 'onnx-int4-g32'],
      ['w4a16-g96', 'w4a16-g128'],
    ] as const)
      assert.ok(bytes(small) > bytes(large), small);
  });
  it('that a writer does not take are refused with its rule', () => {
    for (const [name, rule] of [
      ['hqq-int4-g20', /HQQ takes no groups of 20: multiples of 8 \(mobiusml\/hqq/],
      ['onnx-int4-g48', /16, 32, 64, 128, 256 alone/],
      ['onnx-int4-g512', /q4_dq\.cpp/],
      ['gptq-int4-g96', /GPTQ takes no groups of 96: 16, 32, 64, 128, 256, 512, 1,024 alone/],
      ['mlx-4bit-g256', /32, 64, 128 alone/],
      ['bnb-nf4-b8192', /4,096 alone/],
      ['torchao-int4-g16', /32, 64, 128, 256 alone/],
      ['awq-int4-g16-gemv', /32, 64, 128 alone/],
    ] as const) {
      const asked = askGroup(name);
      assert.ok(asked?.kind === 'refused', name);
      assert.deepEqual([findPreset(name), isPrecision(name)], [undefined, false]);
      const [english, chinese] = languages.map(({ t, style }) => refusedGroupText(asked.refused, t, style));
      assert.match(english ?? '', rule);
      assert.doesNotMatch(chinese ?? '', /undefined|NaN|\{\d\}/);
    }
  });
  it('are no groups where a format has none, or none of that name', () => {
    for (const name of [
      'fp8-channel-g128',
      'nvfp4-g64',
      'Q4_K_M-g64',
      'gptq-int4-g0',
      'gptq-int4-g064',
      'gptq-int9-g64',
      'gptq-int4-b64',
      'g64',
    ])
      assert.equal(askGroup(name), undefined, name);
  });
  it('that do not divide rows, or that a kernel does not read, say so', () => {
    const codes = (name: string): readonly string[] => {
      const preset = findPreset(name);
      assert.ok(preset);
      return refusals(preset, presetModelOf(llama)).map(({ code }) => code);
    };
    assert.deepEqual(codes('awq-int4-g96'), ['kernel-groups', 'group-splits-row']);
    assert.deepEqual(codes('gptq-int4-g256'), ['kernel-groups']);
    assert.deepEqual(codes('w4a16-g96'), ['kernel-groups', 'group-splits-row']);
    assert.deepEqual(codes('hqq-int4-g24'), []);
    assert.deepEqual(codes('gptq-int4-g64'), []);
  });
  it('are tried in the panel, beside those of presets', () => {
    const trialOf = (preset: string) => contentFor(llama, { trial: { preset, edits: {} } }).whatIf.trial;
    const own = trialOf('gptq-int4-g256');
    assert.deepEqual(own?.ownGroup, { before: 'gptq-int4-g', after: '', size: 256 });
    assert.ok(own.groups.some(({ value }) => value === 'gptq-int4-g256') && own.groups.some(({ value }) => value === 'gptq-int4-g128'));
    assert.ok(own.refusals.some(({ text }) => text.includes('Marlin')));
    assert.ok(own.formats.some(({ presets: listed }) => listed.some(({ value }) => value === 'gptq-int4-g256')));
    const ordered = trialOf('gptq-int4-channel-actorder');
    assert.deepEqual(ordered?.ownGroup, { before: 'gptq-int4-g', after: '-actorder', size: 0 });
    const refused = trialOf('hqq-int4-g20');
    assert.match(refused?.refusals[0]?.text ?? '', /HQQ takes no groups of 20/);
    assert.match(refused?.preset ?? '', /^hqq-int4-g/);
    assert.equal(trialOf('fp8-channel')?.ownGroup, null);
    assert.equal(trialOf('nonsense-g20'), null);
  });
});

const sizeOf = (entries: readonly { readonly bytes: number; readonly copies: number; readonly part?: string }[]): number =>
  entries.reduce((sum, { bytes: each, copies, part }) => (part === 'text' ? sum : sum + each * copies), 0);
