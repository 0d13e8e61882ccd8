import assert from 'node:assert/strict';
import { modelLine, parametersText } from '../../../src/shared/text/summary';
import { estimateOf, inChinese, inEnglish, languages, matchesGolden, sample, samples } from './support';

const inBoth = (name: string): readonly string[] => languages.map(({ t, style }) => parametersText(sample(name), t, style));

describe('the line of a model', () => {
  it('says what is active where a token does not pass through every expert', () => {
    assert.deepEqual(inBoth('Mixtral-8x7B'), ['46.7B params, 12.9B active', '46.7B 参数，12.9B 激活']);
  });

  it('tells the parts of a composite, which add up to the total as shown', () => {
    assert.deepEqual(inBoth('gemma-3-4b-it'), ['4.30B = text 3.88B + vision 416.9M', '4.30B = 文本 3.88B + 视觉 416.9M']);
  });

  it('marks what is an estimate', () => {
    const { t, style } = inEnglish;
    const analysis = sample('Llama-3.1-8B');
    assert.equal(parametersText(analysis, t, style), '8.03B params');
    const estimated = { ...analysis, basis: { kind: 'approximate', reasons: [] } } as const;
    assert.equal(parametersText(estimated, t, style), '≈8.03B params');
    const mixture = { ...sample('Mixtral-8x7B'), basis: estimated.basis };
    assert.equal(parametersText(mixture, inChinese.t, inChinese.style), '≈46.7B 参数，≈12.9B 激活');
  });

  it('reads well in the samples', () => {
    const lines = samples.flatMap((name) => {
      const value = estimateOf(sample(name));
      const others = value.weights.filter(({ precision }) => ['bf16', 'fp8-channel', 'awq-int4-g128'].includes(precision));
      return [name, ...languages.map(({ t, style }) => `  ${modelLine(value.analysis, others, t, style)}`)];
    });
    matchesGolden('lines.txt', `${lines.join('\n')}\n`);
  });
});
