import assert from 'node:assert/strict';
import type { Analysis, Hint } from '../../../src/engine/index';
import { hintText, longestHint } from '../../../src/shared/text/hints';
import { inChinese, inEnglish, insightsOf, languages, matchesGolden, publishedConfigs, sample, samples, type Language } from './support';

/** Every hint that would be cut off, or shown empty. */
function unreadable(name: string, analysis: Analysis): readonly string[] {
  return insightsOf(analysis).flatMap(({ hint, basis, path }) =>
    languages.flatMap(({ t, style }) =>
      (['binary', 'decimal'] as const).flatMap((memory) => {
        const text = hint && hintText(hint, basis, t, { ...style, memory });
        const readable = text === undefined || (text.trim() !== '' && text.length <= longestHint && !text.endsWith('…'));
        return readable ? [] : [`${name} ${path.join('.')}: ${text}`];
      }),
    ),
  );
}

describe('hints', () => {
  it('fit on their line in every sample, in both languages and units', () => {
    assert.deepEqual(
      samples.flatMap((name) => unreadable(name, sample(name))),
      [],
    );
  });

  it('fit on their line in every published config', function () {
    const published = publishedConfigs();
    if (!published) {
      console.log('hints of published configs: skipped (no ../shared/truth/configs)');
      return this.skip();
    }
    assert.ok(published.length > 50, `only ${published.length} configs`);
    assert.deepEqual(
      published.flatMap(({ file, analysis }) => unreadable(file, analysis)),
      [],
    );
  });

  it('read well in the samples', () => {
    const lines = samples.flatMap((name) => [
      name,
      ...insightsOf(sample(name)).flatMap(({ hint, basis, path }) => {
        const [en, zh] = languages.map(({ t, style }) => hint && hintText(hint, basis, t, style));
        return en === undefined ? [] : [`  ${path.join('.').padEnd(44)} ${en.padEnd(longestHint)}  ${zh}`];
      }),
      '',
    ]);
    matchesGolden('hints.txt', lines.join('\n'));
  });

  it('that are estimates carry one sign, and are cut rather than too long', () => {
    const basis = { kind: 'approximate', reasons: [] } as const;
    const share = { parameters: 1.5e9, ratio: 0.25 };
    assert.equal(hintText({ kind: 'attention', share }, basis, inEnglish.t, inEnglish.style), '≈ attention 1.50B · 25 %');
    assert.equal(hintText({ kind: 'attention', share }, basis, inChinese.t, inChinese.style), '≈ 注意力 1.50B · 25 %');
    const types: Hint = {
      kind: 'layerTypes',
      types: ['a', 'b', 'c', 'd'].map((type) => ({ type: `${type}-kind-of-layer_attention`, layers: 9 })),
    };
    assert.equal(hintText(types, basis, inEnglish.t, inEnglish.style), '≈ 9 a-kind-of-layer · 9 b-kind-of-layer …');
  });

  it('of a text that was edited since say so at their end, and keep the figure where it was', () => {
    const exact = { kind: 'exact', reasons: [] } as const;
    const stale = (hint: Hint, { t, style }: Language): string => hintText(hint, exact, t, style, true) ?? '';
    const rope = (from: number, to: number, bytes: number): Hint => ({
      kind: 'rope',
      from: { tokens: from, bytes: bytes / 16 },
      to: { tokens: to, bytes },
    });
    assert.equal(stale(rope(8192, 131072, 2 ** 34), inEnglish), '8,192 → 131,072: KV 1.00 → 16.00 GiB (old)');
    assert.equal(stale(rope(8192, 131072, 2 ** 34), inChinese), '8,192 → 131,072: KV 1.00 → 16.00 GiB（旧）');
    assert.equal(stale(rope(14096, 163840, 2 ** 33), inEnglish), '14,096 → 163,840: KV 512 MiB → 8.00 … (old)');
    for (const name of samples)
      for (const { hint, basis, path } of insightsOf(sample(name)))
        for (const { t, style } of languages) {
          const [fresh, marked] = hint ? [false, true].map((old) => hintText(hint, basis, t, style, old)) : [];
          if (fresh === undefined || marked === undefined) continue;
          assert.ok(marked.length <= longestHint, `${name} ${path.join('.')}: ${marked}`);
          if (!marked.includes('…')) assert.ok(marked.startsWith(fresh) && marked !== fresh, marked);
        }
  });

  it('say what a token costs at the context where full windows make it less, and what the cache stays at', () => {
    const exact = { kind: 'exact', reasons: [] } as const;
    const kib = 1024;
    const textOf = (growth: number, tokens: number, { t, style }: Language, heads = 8): string | undefined => {
      const chosen = { tokens, bytes: 2 ** 28 };
      return hintText({ kind: 'keyValue', heads, kvHeads: 4, bytesPerToken: 136 * kib, growth, chosen }, exact, t, style);
    };
    assert.deepEqual(
      [136 * kib, 20 * kib, 0].map((growth) => textOf(growth, 8192, inEnglish)),
      ['KV 136 KiB/token · ½ of 8 heads', 'KV 20 KiB/token at 8,192 · ½ of 8 heads', 'KV stays at 256 MiB · ½ of 8 heads'],
    );
    assert.equal(textOf(20 * kib, 8192, inChinese), '8,192 时 KV 20 KiB/token · 8 个头的 ½');
    assert.equal(textOf(20.5 * kib, 1_048_576, inEnglish, 128), 'KV 20.5 KiB/token at 1,048,576', 'the share goes before a figure is cut');
  });

  it('tell sorts of layers apart only where they read apart, and three sorts by their ends', () => {
    const sorts = (...sizes: readonly (readonly [copies: number, parameters: number])[]): Hint => ({
      kind: 'layers',
      sorts: sizes.map(([copies, parameters]) => ({ copies, parameters, last: 0 })),
      parameters: sizes.reduce((sum, [copies, each]) => sum + copies * each, 0),
    });
    const textIn = (hint: Hint) => hintText(hint, { kind: 'exact', reasons: [] }, inEnglish.t, inEnglish.style);
    assert.equal(textIn(sorts([23, 12.6e6], [1, 12.6e6 + 512])), '12.6M each · 302.4M');
    assert.equal(textIn(sorts([23, 12.6e6], [23, 16.8e6], [1, 12.6e6 + 512], [1, 16.8e6 + 512])), '24 × 12.6M + 24 × 16.8M · 705.6M');
    assert.equal(textIn(sorts([14, 4e8], [14, 1.2e9], [4, 5e8])), '400M to 1.20B each · 24.4B');
  });

  it('name the kinds of layers in the reader’s language, and a kind without a name as the file does', () => {
    const types = ['sliding_attention', 'full_attention', 'conv', 'odd_attention'].map((type, index) => ({ type, layers: 9 - index }));
    const textIn = ({ t, style }: Language) => hintText({ kind: 'layerTypes', types }, { kind: 'exact', reasons: [] }, t, style);
    assert.deepEqual([inEnglish, inChinese].map(textIn), [
      '9 sliding · 8 full · 7 convolution · 6 odd',
      '9 滑动窗口 · 8 全注意力 · 7 卷积 · 6 odd',
    ]);
  });

  it('show no markup or control characters of layer types', () => {
    const types: Hint = { kind: 'layerTypes', types: [{ type: '[x](command:y)\u202e$(zap)', layers: 2 }] };
    assert.equal(hintText(types, { kind: 'exact', reasons: [] }, inEnglish.t, inEnglish.style), '2 xcommandyzap');
  });
});
