import assert from 'node:assert/strict';
import { smallestNames } from '../../../src/features/hover/smallest';
import { keyHover, modelHover } from '../../../src/shared/text/hovers';
import { analysisOf, estimateOf, inEnglish, insightsOf, languages, matchesGolden, sample, samples } from './support';

/** A hover taller than this covers the file that it explains. */
const mostLines = 10;

/** Lines that show, with the links that the surface adds; the table of other values stands apart. */
const visibleLines = (hover: string): number => hover.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('|')).length + 1;

describe('hovers', () => {
  for (const { name: language, t, style } of languages) {
    it(`of keys stay short in every sample (${language})`, function () {
      for (const name of samples) {
        const analysis = sample(name);
        for (const insight of insightsOf(analysis)) {
          const hover = keyHover(insight, analysis, true, t, style);
          const place = `${name} ${insight.path.join('.')}\n${hover}`;
          assert.ok(visibleLines(hover) <= mostLines, place);
          assert.doesNotMatch(hover, /\{\d\}|undefined|NaN|\[object/, place);
        }
      }
    });

    it(`read well (${language})`, () => {
      const llama = sample('Llama-3.1-8B');
      const deepseek = sample('DeepSeek-V3');
      const estimate = estimateOf(llama);
      const hovers = [
        ...keysOf(llama, ['num_key_value_heads', 'num_hidden_layers', 'vocab_size', 'torch_dtype', 'rope_scaling.factor']),
        ...keysOf(deepseek, ['n_routed_experts', 'kv_lora_rank', 'quantization_config.quant_method']),
      ].map(({ insight, analysis }) => `${insight.path.join('.')}\n\n${keyHover(insight, analysis, false, t, style)}\n`);
      const model = modelHover(estimate, (precision) => smallestNames(estimate, precision), false, t, style);
      matchesGolden(`hovers.${language}.txt`, [...hovers, `model\n\n${model}\n`].join(`\n${'─'.repeat(20)}\n\n`));
    });
  }

  it('let nothing from a file become markup', () => {
    const evil = '[run](command:workbench.action.quit)|<b>![x](https://a.example/x)';
    const analysis = analysisOf(
      JSON.stringify({
        model_type: evil,
        architectures: [evil],
        hidden_size: 64,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        intermediate_size: 128,
        vocab_size: 100,
        quantization_config: { quant_method: evil, bits: 4 },
      }),
    );
    const { t, style } = inEnglish;
    const hover = modelHover(estimateOf(analysis), () => [], false, t, style);
    const keys = insightsOf(analysis).map((insight) => keyHover(insight, analysis, false, t, style));
    for (const text of [hover, ...keys]) {
      assert.doesNotMatch(text, /(?<!\\)\[run/);
      assert.doesNotMatch(text, /(?<!\\)<b/);
      assert.doesNotMatch(text, /https:\/\//);
      assert.doesNotMatch(text, /quit\)\|/);
    }
    assert.match(hover, /\\\[run\\\]/);
  });
});

const keysOf = (analysis: ReturnType<typeof sample>, keys: readonly string[]) =>
  keys.map((key) => {
    const insight = insightsOf(analysis).find(({ path }) => path.join('.') === key);
    assert.ok(insight, key);
    return { insight, analysis };
  });
