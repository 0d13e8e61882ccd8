import assert from 'node:assert/strict';
import { shownChoices, targetChoices, targetsFrom, withCount, type ShownChoice } from '../../../src/features/commands/targetChoices';
import { answersOf } from '../../../src/features/commands/deviceAnswers';
import type { Estimate } from '../../../src/engine/index';
import type { Settings, TargetSetting } from '../../../src/host/settings';
import { english } from '../../../src/shared/text/translate';
import { device } from '../panel/models';
import { estimateOf, inEnglish, sample } from '../text/support';

const settingsWith = (targets: readonly TargetSetting[], more: Partial<Settings> = {}): Settings => ({
  targets,
  customDevices: [],
  deviceProfiles: [],
  context: 8192,
  contextIsUsual: false,
  batch: 1,
  kvDtype: 'auto',
  precision: 'checkpoint',
  precisions: ['bf16'],
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
  numbers: inEnglish.style,
  ...more,
});

const llama8 = estimateOf(sample('Llama-3.1-8B'));
const llama405 = estimateOf(sample('Llama-3.1-405B'));

/** Titles of the groups with what stands under them. */
function listed(settings: Settings, value: Estimate | undefined): ReadonlyMap<string, readonly ShownChoice[]> {
  return new Map(shownChoices(targetChoices(settings), value, settings, english).map(({ title, items }) => [title, items]));
}
const line = (items: readonly ShownChoice[] | undefined, label: string): string | undefined =>
  items?.find((item) => item.label === label)?.description;

describe('choosing target hardware', () => {
  it('keeps every present target when nothing is changed: doubled, unknown, ambiguous and abbreviated ones too', () => {
    const targets = [
      { device: 'no such card', count: 2 },
      { device: '4090', count: 1 },
      { device: 'RTX 4090', count: 4 },
      { device: 'A100', count: 1 },
      { device: 'Lab box', count: 3 },
    ];
    const choices = targetChoices(settingsWith(targets, { customDevices: [{ name: 'Lab box', memoryGiB: 10 }] }));
    const marked = choices.filter(({ place }) => place !== undefined);
    assert.deepEqual(targetsFrom(marked), targets);
    // However the list hands them back, the first target stays first, and new ones follow.
    const l4 = choices.find((choice) => choice.device?.name === 'L4');
    assert.ok(l4);
    assert.deepEqual(targetsFrom([l4, ...marked].reverse()), [...targets, { device: 'L4', count: 1 }]);
  });

  it('lists a device once: among the targets or among the others', () => {
    const names = targetChoices(settingsWith([{ device: '4090', count: 1 }])).map((choice) => choice.device?.name);
    assert.equal(names.filter((name) => name === 'RTX 4090').length, 1);
    assert.equal(new Set(names).size, names.length);
  });

  it('shows the answer of each device for the model in front, best group first', () => {
    const groups = listed(settingsWith([{ device: 'RTX 4090', count: 1 }]), llama8);
    assert.deepEqual([...groups.keys()], ['targets now', 'fits as it is', 'fits quantized', 'needs several', 'does not fit', 'memory unknown']); // prettier-ignore
    assert.match(line(groups.get('targets now'), 'RTX 4090') ?? '', /^23\.\d\d GiB usable — BF16 to \d+k tokens$/);
    assert.match(line(groups.get('fits as it is'), 'H200 SXM') ?? '', /BF16 to 131,072 tokens, the model's limit$/);
    assert.match(line(groups.get('fits quantized'), 'RTX 3060 12GB') ?? '', /(FP8|INT4) to /);
  });

  it('counts how many are needed, at the file’s precision and at a smaller one that needs fewer', () => {
    const groups = listed(settingsWith([]), llama405);
    assert.match(line(groups.get('needs several'), 'H100 SXM 80GB') ?? '', / — needs 11 at BF16, 3 at INT4$/);
    assert.match(line(groups.get('does not fit'), 'RTX 3060 12GB') ?? '', / — not even 16 of them$/);
  });

  it('answers for as many as are chosen', () => {
    const [one] = targetChoices(settingsWith([{ device: 'H100 SXM 80GB', count: 1 }]));
    assert.ok(one);
    const textOf = (change: number) => shownChoices([withCount(one, change)], llama405, settingsWith([]), english)[0]?.items[0];
    assert.equal(textOf(7)?.label, '8 × H100 SXM 80GB');
    assert.match(textOf(7)?.description ?? '', /^\d{3}\.\d GiB usable — FP8 to /);
    assert.equal(withCount(one, -1).target.count, 1);
    assert.equal(withCount(one, 99).target.count, 16);
  });

  it('says the memory alone while no config is in front, and what names nothing', () => {
    const groups = listed(settingsWith([{ device: 'no such card', count: 1 }]), undefined);
    assert.deepEqual([...groups.keys()], ['targets now', 'all devices']);
    assert.equal(line(groups.get('targets now'), 'no such card'), 'names no single device');
    assert.match(line(groups.get('all devices'), 'RTX 4090') ?? '', /^23\.\d\d GiB usable$/);
  });
});

describe('what devices can do', () => {
  it('tells unknown memory from a bad fit', () => {
    const phone = { ...device('RTX 4090'), name: 'Somebody’s', memoryBytes: null, usable: null };
    const { t, style } = inEnglish;
    assert.deepEqual(answersOf(llama8, [{ device: phone, count: 1 }], t, style), [{ group: 'unknown', text: 'memory unknown' }]);
  });
});
