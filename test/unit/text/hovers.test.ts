import assert from 'node:assert/strict';
import { smallestNames } from '../../../src/features/hover/smallest';
import { keyHover, modelHover } from '../../../src/shared/text/hovers';
import { insightsFor, type Analysis } from '../../../src/engine/index';
import {
  analysisOf,
  estimateOf,
  inEnglish,
  insightsOf,
  languages,
  matchesGolden,
  sample,
  samples,
  stranger,
  type Language,
} from './support';

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
      const hovers = [
        ...keysOf(llama, ['num_key_value_heads', 'num_hidden_layers', 'vocab_size', 'torch_dtype', 'rope_scaling.factor']),
        ...keysOf(deepseek, ['n_routed_experts', 'kv_lora_rank', 'quantization_config.quant_method']),
        ...keysOf(sample('gemma-3-4b-it'), ['text_config.num_key_value_heads']),
        ...keysOf(sample('t5-large'), ['d_kv']),
        ...keysOf(sample('whisper-large-v3'), ['max_source_positions', 'max_target_positions']),
        ...keysOf(stranger, ['num_hidden_layers']),
      ].map(({ insight, analysis }) => `${insight.path.join('.')}\n\n${keyHover(insight, analysis, false, t, style)}\n`);
      const others = ['DeepSeek-V3', 'gpt-oss-20b', 'bert-base-uncased', 'whisper-large-v3'].map(sample);
      const models = [llama, ...others, stranger].map((analysis) => `model\n\n${wholeHover(analysis, { name: language, t, style })}\n`);
      matchesGolden(`hovers.${language}.txt`, [...hovers, ...models].join(`\n${'─'.repeat(20)}\n\n`));
    });
  }

  it('of a model of unknown type leave no figure without its sign, and say what each stands on', () => {
    const hover = wholeHover(stranger);
    const [header, ...rows] = hover.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('|---'));
    assert.match(header ?? '', /\+\scache\s≈768/);
    assert.equal(rows.length, 4);
    for (const row of rows) {
      const figures = row.split(' | ').slice(1, -1);
      assert.equal(figures.length, 4);
      for (const figure of figures) assert.match(figure, /^≈/, row);
    }
    assert.match(hover.split('\n').at(-1) ?? '', /^parameters: approximate \(model type not known\) · /);
  });

  it('of a model mark what is an estimate, and nothing else', () => {
    const last = (name: string): string => wholeHover(sample(name)).split('\n').at(-1) ?? '';
    assert.equal(last('Llama-3.1-8B'), 'parameters: exact · contexts: with an estimated runtime allowance');
    assert.match(last('bert-base-uncased'), /^parameters: exact · BF16: approximate \(dtype assumed\) · /);
    assert.match(last('DeepSeek-V3'), /^parameters: exact · FP8: by rule \(/);
    assert.match(last('gpt-oss-20b'), /^parameters: exact · MXFP4: by rule \(dtype of the format\) · /);
    const row = (name: string): string => wholeHover(sample(name)).replaceAll('\u00a0', ' ').split('\n')[4] ?? '';
    assert.match(row('Llama-3.1-8B'), /^\| BF16 \| 14\.96 GiB \| 15\.96 GiB \| ≈61k \| 131,072 \|/);
    assert.match(row('bert-base-uncased'), /^\| dtype assumed \(BF16\) \| ≈208\.9 MiB \| 512 \| 512 \|/);
    assert.match(row('DeepSeek-V3'), /^\| FP8 blocks 128×128 \| 626\.9 GiB \| 627\.5 GiB \| — \| — \| 3 × /);
  });

  it('of keys tell how many sequences the cache is for', () => {
    const { t, style } = inEnglish;
    const analysis = sample('Llama-3.1-8B');
    const heads = insightsFor(analysis, { context: 8192, batch: 4, kvDtype: 'auto' }).find(({ key }) => key === 'num_key_value_heads');
    assert.ok(heads);
    assert.match(keyHover(heads, analysis, false, t, style), /8,192 tokens × 4: cache \*\*4\.00 GiB\*\*/);
  });

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

const wholeHover = (analysis: Analysis, { t, style }: Language = inEnglish): string => {
  const estimate = estimateOf(analysis);
  return modelHover(estimate, (precision) => smallestNames(estimate, precision), false, t, style);
};

const keysOf = (analysis: ReturnType<typeof sample>, keys: readonly string[]) =>
  keys.map((key) => {
    const insight = insightsOf(analysis).find(({ path }) => path.join('.') === key);
    assert.ok(insight, key);
    return { insight, analysis };
  });
