import assert from 'node:assert/strict';
import { defaultStyle, presets, type Preset } from '../../../src/engine/index';
import { ownGroup } from '../../../src/shared/text/ownGroup';
import { english } from '../../../src/shared/text/translate';
import { sample } from '../panel/models';
import { languages } from './support';

const llama = sample('Llama-3.1-8B');
const presetOf = (name: string): Preset => presets.find((each) => each.name === name) ?? assert.fail(name);
const answer = (name: string, typed: string) => ownGroup(presetOf(name), typed, llama, english, defaultStyle);

describe('a group of one’s own, typed', () => {
  it('is the preset with that size', () => {
    for (const [name, typed, found] of [
      ['awq-int4-g128', '256', 'awq-int4-g256'],
      ['gptq-int4-channel-actorder', ' 16 ', 'gptq-int4-g16-actorder'],
      ['bnb-nf4', '128', 'bnb-nf4-b128'],
      ['mlx-4bit-g64', '32', 'mlx-4bit-g32'],
    ] as const) {
      const own = answer(name, typed);
      assert.ok('preset' in own, typed);
      assert.deepEqual([own.preset.name, own.warning], [found, undefined]);
    }
  });
  it('is warned of where it does not divide the rows', () => {
    const own = answer('awq-int4-g128', '96');
    assert.ok('preset' in own);
    assert.match(own.warning ?? '', /Groups of 96 do not divide the 4,096 columns/);
  });
  it('is refused with the rule of the writer, in both languages', () => {
    for (const { t, style } of languages) {
      const own = ownGroup(presetOf('hqq-int4-g64'), '20', llama, t, style);
      assert.ok('problem' in own);
      assert.match(own.problem, /HQQ.*20.*8.*hqq_base_quant_config/);
    }
  });
  it('has to be a whole number', () => {
    for (const typed of ['', '0', '-1', '1.5', 'x', '1e3', '99999999'])
      assert.deepEqual(answer('awq-int4-g128', typed), { problem: 'A whole number from 1 up' }, typed);
  });
  it('is something that every preset with groups answers', () => {
    for (const preset of presets.filter(({ groups }) => groups)) {
      const own = ownGroup(preset, '64', llama, english, defaultStyle);
      assert.ok('preset' in own, preset.name);
    }
  });
});
