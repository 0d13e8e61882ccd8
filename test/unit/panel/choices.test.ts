import assert from 'node:assert/strict';
import { chooseTarget } from '../../../src/features/panel/chooseTarget';
import { settingNotices } from '../../../src/features/panel/notices';
import { precisionChoice } from '../../../src/features/panel/precisionChoice';
import type { Settings, TargetSetting } from '../../../src/host/settings';
import { english } from '../../../src/shared/text/translate';
import { sample } from './models';

const settings = (more: Partial<Settings>): Settings => ({
  targets: [],
  customDevices: [],
  deviceProfiles: [],
  context: 8192,
  contextIsUsual: false,
  batch: 1,
  kvDtype: 'auto',
  precision: 'checkpoint',
  precisions: ['bf16', 'fp8-channel'],
  engine: 'none',
  engineVersion: '',
  engineOptions: {},
  codeLens: true,
  inlayHints: true,
  hintDensity: 'all',
  hover: true,
  diagnostics: true,
  verify: true,
  statusBar: true,
  numbers: { locale: 'en', memory: 'binary' },
  ...more,
});
const two: readonly TargetSetting[] = [
  { device: 'RTX 4090', count: 1 },
  { device: 'H100 SXM 80GB', count: 4 },
];

describe('choosing a device in the panel', () => {
  const choose = (targets: readonly TargetSetting[], device?: string, count?: number): readonly TargetSetting[] =>
    chooseTarget(settings({ targets }), device, count);

  it('puts one from the catalogue in the place of the chosen one, so that looking around leaves no trail', () => {
    const looked = choose(choose(two, 'RTX 3060 12GB'), 'L4');
    assert.deepEqual(looked, [{ device: 'L4', count: 1 }, two[1]]);
    assert.deepEqual(choose(looked, 'RTX 4090'), two);
  });

  it('brings another target forward with its count and loses none', () => {
    assert.deepEqual(choose(two, 'H100 SXM 80GB'), [two[1], two[0]]);
  });

  it('changes the count of the chosen one alone', () => {
    assert.deepEqual(choose(two, undefined, 8), [{ device: 'RTX 4090', count: 8 }, two[1]]);
  });

  it('keeps targets that name nothing, and chooses the first that names a device', () => {
    const lost: TargetSetting = { device: 'RTX 409', count: 1 };
    assert.deepEqual(choose([lost, ...two], undefined, 2), [{ device: 'RTX 4090', count: 2 }, lost, two[1]]);
    assert.deepEqual(choose([lost], 'L4'), [{ device: 'L4', count: 1 }, lost]);
  });
});

describe('notices about the settings', () => {
  it('says what names no device, with names that may be meant', () => {
    const [unknown, ambiguous, ...others] = settingNotices(settings({ targets: [{ device: 'RTX 409', count: 1 }, { device: 'A100', count: 1 }, ...two] }), english); // prettier-ignore
    assert.match(unknown?.text ?? '', /RTX 409/);
    assert.ok(unknown?.target?.candidates.includes('RTX 4090'));
    assert.equal(ambiguous?.target?.index, 1);
    assert.ok((ambiguous?.target?.candidates.length ?? 0) > 1);
    assert.deepEqual(others, []);
  });

  it('says which own devices and precisions cannot be used', () => {
    const notices = settingNotices(settings({ customDevices: [{ name: 'Mine', memoryGiB: 1e6 }], precisions: ['bf16', 'int3'] }), english);
    assert.equal(notices.length, 2);
    assert.match(notices[0]!.text, /Mine/);
    assert.match(notices[1]!.text, /int3/);
  });
});

describe('precisions of the panel', () => {
  it('shows the file in place of the preset that equals it', () => {
    const choice = precisionChoice({ precision: 'bf16', precisions: ['fp32', 'bf16', 'fp8-channel', 'nonsense'] }, sample('Llama-3.1-8B'));
    assert.deepEqual(choice, { precisions: ['fp32', 'checkpoint', 'fp8-channel'], precision: 'checkpoint' });
  });

  it('leads with a quantized file, once', () => {
    const choice = precisionChoice({ precision: 'bf16', precisions: ['bf16'] }, sample('Qwen2.5-7B-Instruct-AWQ'));
    assert.deepEqual(choice, { precisions: ['checkpoint', 'bf16'], precision: 'bf16' });
    const same = precisionChoice({ precision: 'checkpoint', precisions: ['bf16', 'awq-int4-g128'] }, sample('Qwen2.5-7B-Instruct-AWQ'));
    assert.deepEqual(same.precisions, ['checkpoint', 'bf16']);
  });
});
