import assert from 'node:assert/strict';
import { estimate, measuredDevice, type DeviceProfile, type Target } from '../../../src/engine/index';
import { lensColumns, lensTexts, columnsOf } from '../../../src/features/codeLens/render';
import { answersOf } from '../../../src/features/commands/deviceAnswers';
import { engineReach, engineRun, readEngine, type RunAsked } from '../../../src/shared/engineRun';
import { engineLine } from '../../../src/shared/text/engineRuns';
import { modelHover } from '../../../src/shared/text/hovers';
import { markdownReport } from '../../../src/shared/text/report';
import { inEnglish, languages, samples } from '../text/support';
import { contentFor, device, sample } from './models';

const GiB = 2 ** 30;
const llama = sample('Llama-3.1-8B');
const plain: Target = { device: device('RTX 4090'), count: 1 };
const profile: DeviceProfile = {
  profile: 1,
  device: 'RTX 4090',
  engine: 'vllm',
  version: '0.11.0',
  ranks: 1,
  memory: 22 * GiB,
  nonTorch: { bytes: GiB, half: 0 },
  graphs: { bytes: GiB / 2, half: 0, model: 'llama', parameters: llama.parameters.total },
  log: 'a|b.log',
  date: '2026-03-01',
};
const measured = (...profiles: readonly DeviceProfile[]): Target => ({ ...plain, device: measuredDevice(plain.device, profiles) });
const settings = { context: 8192, batch: 1, kvDtype: 'auto', precisions: ['checkpoint', 'fp8-channel', 'awq-int4-g128'] } as const;
const vllm = (version: string) => ({ engine: 'vllm', engineVersion: version, engineOptions: {} });

describe('what was measured here', () => {
  for (const { name, t, style } of languages)
    it(`is said wherever its figures are shown (${name})`, () => {
      const here = t('measured here');
      const own = measured(profile);
      const value = estimate(llama, { ...settings, targets: [own] });
      const unmeasured = estimate(llama, { ...settings, targets: [plain] });
      const saying = (texts: readonly string[], isSaid: boolean): void => {
        for (const text of texts) assert.equal(text.includes(here), isSaid, text);
      };
      const lens = lensTexts(value, false, t, style);
      assert.ok(columnsOf(lens) <= lensColumns, String(columnsOf(lens)));
      const hover = modelHover(value, () => [], false, t, style);
      saying([lens.target, hover, markdownReport('config.json', value, t, style)], true);
      assert.match(hover, /a\\\|b\.log/);
      saying([...answersOf(value, [own], t, style).map(({ text }) => text)], true);
      const before = [lensTexts(unmeasured, false, t, style).target, modelHover(unmeasured, () => [], false, t, style)];
      saying([...before, ...answersOf(unmeasured, [plain], t, style).map(({ text }) => text)], false);

      const content = contentFor(llama, { targets: [own], serving: vllm('0.11.0'), comparing: true, t, style });
      const { memory, precisions, engine } = content;
      assert.equal(memory.usable, 22 * GiB);
      assert.equal(memory.measured?.text, here);
      saying([...precisions.targets, ...(memory.measured?.how.notes ?? []), ...(engine.run?.measured?.how.notes ?? [])], true);
      const dividing = ['vllm', 'sglang', 'tensorrt-llm', 'tgi'];
      for (const row of engine.comparison ?? []) {
        assert.equal(row.measured, row.problem === '' && dividing.includes(row.id) ? here : '', row.id);
        if (row.problem === '') saying([row.words.join(' ').toLowerCase()], true);
      }
      const none = contentFor(llama, { serving: vllm('0.11.0'), comparing: true, t, style });
      assert.deepEqual([none.memory.measured, none.engine.run?.measured], [null, null]);
      saying([JSON.stringify(none)], false);
    });

  it('leaves the line of links short enough for a narrow window, in every sample', () => {
    const h100 = device('H100 SXM 80GB');
    const targets = [measured(profile), { device: measuredDevice(h100, [{ ...profile, device: h100.name, memory: 79 * GiB }]), count: 1 }];
    for (const name of samples)
      for (const { t, style } of languages) {
        const line = lensTexts(estimate(sample(name), { ...settings, targets }), false, t, style);
        assert.ok(columnsOf(line) <= lensColumns, `${name}: ${columnsOf(line)} ${Object.values(line).join(' | ')}`);
        assert.ok(line.target.includes(t('measured here')) || columnsOf(line) > lensColumns - 16, line.target);
      }
  });

  const asked = (target: Target): RunAsked => ({ target, weights: 'checkpoint', context: 8192, batch: 1, kvDtype: 'auto' });
  const { t, style } = inEnglish;

  /** The line and the terms of a run. */
  function runOn(target: Target, version: string) {
    const chosen = readEngine(vllm(version));
    assert.ok(chosen.kind === 'chosen');
    const run = engineRun(llama, chosen, asked(target));
    const reach = engineReach(llama, chosen, asked(target));
    const own = (run.memory?.terms ?? []).filter(({ basis }) => basis.reasons.includes('measured-here')).map(({ name }) => name);
    const notes = (run.memory?.notes ?? []).map(({ code }) => code).filter((code) => code.startsWith('profile'));
    return { line: engineLine(run, reach, target, 8192, t, style), own, notes, reach, memory: run.memory };
  }

  it('replaces figures of the same engine, version and number of ranks alone', () => {
    assert.deepEqual(runOn(measured(profile), '0.11.0').own, ['non-torch', 'cuda-graphs']);
    assert.deepEqual(runOn(measured(profile), '0.11.0').notes, ['profile-applied']);
    for (const [other, version] of [
      [profile, '0.10.0'],
      [{ ...profile, ranks: 2 }, '0.11.0'],
      [{ ...profile, engine: 'sglang' as const }, '0.11.0'],
    ] as const) {
      const { own, notes, memory } = runOn(measured(other), version);
      assert.deepEqual([own, notes], [[], ['profile-applied', 'profile-other-runs']]);
      assert.equal(memory?.perDevice[0]?.usable, 22 * GiB, 'its memory holds for any engine');
    }
    const others = runOn(measured({ ...profile, memory: null, ranks: 2 }), '0.11.0');
    assert.deepEqual([others.own, others.notes, others.line.includes('measured')], [[], ['profile-other-runs'], false]);
    const graphs = runOn(measured({ ...profile, graphs: { bytes: 1, half: 0, model: 'qwen2', parameters: 1 } }), '0.11.0');
    assert.deepEqual([graphs.own, graphs.notes], [['non-torch'], ['profile-applied', 'profile-other-model']]);
  });
  it('changes how far an engine goes, which its line says', () => {
    const [before, after] = [runOn(plain, '0.11.0'), runOn(measured(profile), '0.11.0')];
    assert.ok((after.memory?.pool?.tokens ?? 0) < (before.memory?.pool?.tokens ?? 0));
    assert.match(after.line, /^vLLM on RTX 4090 \(measured here\): /);
    assert.match(before.line, /^vLLM on RTX 4090: /);
    const own = runOn(measured({ ...profile, memory: null }), '0.11.0');
    assert.match(own.line, /\(measured here\)/);
  });
  it('is of the profile that says most, of several', () => {
    const others = [
      { ...profile, version: '0.12.0', nonTorch: { bytes: 2 * GiB, half: 0 } },
      profile,
      { ...profile, engine: 'sglang' as const, memory: 21 * GiB },
    ];
    const { own, memory } = runOn(measured(...others), '0.11.0');
    assert.deepEqual(own, ['non-torch', 'cuda-graphs']);
    assert.equal(memory?.perDevice[0]?.nonTorch, GiB);
    assert.equal(measured(...others).device.usable?.bytes, 21 * GiB, 'the latest memory');
  });
});
