import assert from 'node:assert/strict';
import { engines } from '../../../src/engine/index';
import { columnsOf, lensColumns, lensTexts } from '../../../src/features/codeLens/render';
import { engineReach, engineRun } from '../../../src/shared/engineRun';
import { engineLine } from '../../../src/shared/text/engineRuns';
import { estimateOf, inChinese, inEnglish, languages, sample, samples, stranger, type Language } from '../text/support';

const texts = (name: string, stale: boolean, { t, style }: Language = inEnglish) => lensTexts(estimateOf(sample(name)), stale, t, style);

describe('the line of links above a config', () => {
  for (const language of languages)
    it(`fits a window of 1280 pixels with the side bar open, in every sample (${language.name})`, () => {
      for (const name of samples)
        for (const stale of [false, true]) {
          const line = texts(name, stale, language);
          assert.ok(columnsOf(line) <= lensColumns, `${name}: ${columnsOf(line)} ${Object.values(line).join(' | ')}`);
        }
    });

  it('is written in full where there is room', () => {
    assert.deepEqual(Object.values(texts('Llama-3.1-8B', false)), [
      'Llama · 8.03B params · BF16 14.96 GiB · FP8 8.46 · INT4 5.33',
      'RTX 4090: BF16 to 61k tokens',
      'Why & how to shrink',
    ]);
  });

  it('gives up words first, and figures only where that is not enough', () => {
    assert.deepEqual(Object.values(texts('gemma-3-4b-it', false)), [
      'Gemma 3 · 4.30B = text 3.88B + vision 416.9M · BF16 8.01 GiB · FP8 5.02 · INT4 3.59',
      'RTX 4090: BF16 to its full 131,072',
      'Guide',
    ]);
    assert.equal(texts('Qwen2.5-VL-7B-Instruct', false).model, 'Qwen2.5-VL · 8.29B params · BF16 15.45 GiB · FP8 9.37 · INT4 6.45');
  });

  it('keeps the size of the precision that the target speaks of', () => {
    assert.deepEqual(Object.values(texts('DeepSeek-V3', false)), [
      'DeepSeek-V3 · 671B params, 37.6B active · FP8 641.3 GiB, 626.9 loaded · INT4 327.4',
      'INT4 needs 5 × H100 SXM 80GB',
      'Guide',
    ]);
    for (const language of languages)
      for (const name of samples) {
        const { model, target } = texts(name, false, language);
        const [spoken] = /\b(FP8|INT8|INT4|BF16|FP16|FP32|MXFP4)\b/.exec(target) ?? [];
        assert.ok(spoken && model.includes(`${spoken} `), `${name}: ${model} | ${target}`);
      }
  });

  it('marks every figure of a model type that is not known', () => {
    const unknown = lensTexts(estimateOf(stranger), false, inEnglish.t, inEnglish.style);
    assert.deepEqual(Object.values(unknown), [
      'zzz · ≈334.8M params · BF16 ≈638.6 MiB · FP8 ≈351 · INT4 ≈212.2',
      'RTX 4090: BF16 to ≈241k tokens',
      'Why & how to shrink',
    ]);
  });

  it('tells how far the chosen engine goes in the place of the targets, within the same width', () => {
    const asked = { weights: 'checkpoint', context: 8192, batch: 1, kvDtype: 'auto' } as const;
    for (const { t, style, name: language } of languages)
      for (const name of samples) {
        const value = estimateOf(sample(name));
        for (const engine of engines) {
          const chosen = { engine, version: undefined, options: {} };
          const run = { ...asked, target: value.settings.targets[0] };
          const [answer, reach] = [engineRun(value.analysis, chosen, run), engineReach(value.analysis, chosen, run)];
          const [text, brief] = [false, true].map((short) => engineLine(answer, reach, run.target, asked.context, t, style, short));
          assert.ok(text && brief);
          const line = lensTexts(value, false, t, style, { engine: { text, brief, precision: 'checkpoint' } });
          assert.ok([text, brief].includes(line.target), line.target);
          assert.ok(columnsOf(line) <= lensColumns, `${name} (${language}): ${columnsOf(line)} ${Object.values(line).join(' | ')}`);
        }
      }
  });

  it('says in its last link that the figures are from before an edit, and moves nothing', () => {
    for (const language of [inEnglish, inChinese])
      for (const name of samples) {
        const [fresh, stale] = [false, true].map((old) => texts(name, old, language));
        assert.deepEqual({ ...stale, guide: '' }, { ...fresh, guide: '' });
        assert.match(stale?.guide ?? '', language === inEnglish ? /\((before edit|old)\)$/ : /（(编辑前|旧)）$/);
      }
    assert.equal(texts('gemma-3-4b-it', true).guide, '(old)');
    assert.equal(texts('Llama-3.1-8B', true).guide, 'Why & how to shrink (before edit)');
  });
});
