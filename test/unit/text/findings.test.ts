import assert from 'node:assert/strict';
import { printParseErrorCode } from 'jsonc-parser';
import { analyzeText, type Finding } from '../../../src/engine/index';
import { findingText } from '../../../src/shared/text/findings';
import { expectedText, kindText, knownAssumptions, patternProblemText, syntaxProblemText } from '../../../src/shared/text/findingValues';
import { membersOf, valuesOf } from './engineCodes';
import { inChinese, inEnglish, languages, matchesGolden } from './support';

/** What the engine states with each code, as it could. */
const examples: Readonly<Record<string, Finding['values']>> = {
  'text-too-large': { limit: 33_554_432, found: 40_000_000 },
  'nested-too-deep': { limit: 128 },
  'empty-text': {},
  'not-an-object': {},
  'syntax-error': { problem: 'CommaExpected' },
  'comment-in-json': {},
  'trailing-comma': {},
  'non-finite-number': { literal: 'NaN' },
  'duplicate-key': { key: 'hidden_size' },
  'invalid-value': { expected: 'integer 1..2147483647', found: 'wide', assumed: 4096 },
  'defaults-assumed': { keys: 'hidden_size=4096, vocab_size=32000', count: 2 },
  'unknown-model-type': { modelType: 'llama5' },
  'not-a-decoder': { modelType: 'pix2text', kind: 'encoder-decoder' },
  'shape-incomplete': { missing: 'hidden_size, num_hidden_layers' },
  'unknown-architecture': { className: 'LlamaForPoetry', assumed: 'ForCausalLM', modelType: 'llama' },
  'architectures-missing': { assumed: 'ForCausalLM' },
  'not-divisible': { key: 'hidden_size', value: 4097, divisor: 'num_attention_heads', by: 32 },
  'experts-per-token': { used: 9, experts: 8 },
  'odd-rotary-width': { width: 81 },
  'state-heads-width': { heads: 64, width: 64, inner: 5120 },
  'padding-outside-vocabulary': { token: 32_000, vocabulary: 32_000 },
  'layer-list-length': { key: 'layer_types', length: 23, expected: 24 },
  'undeclared-window': { key: 'sliding_window', title: 'Llama' },
  'text-too-large-to-mend': { limit: 8_388_608, found: 30_000_000 },
  'unusable-value': { expected: 'number 0..1000000000000', found: 'x' },
  'type-by-class': { modelType: 'kimi_k2', assumed: 'deepseek_v3' },
  'layer-type-unknown': { entry: 'wide_attention', assumed: 'full_attention' },
  'dtype-assumed': { assumed: 'bf16' },
  'dtype-unknown': { found: 'float12', assumed: 'bf16' },
  'dtype-float32': { bytes: 4_000_000_000 },
  'compute-only': { precision: 'tf32', storedAs: 'fp32', mantissaBits: 10 },
  'edits-not-heeded': { presets: 'Q4_K_M, Q8_0' },
  'context-exceeds-model': { context: 200_000, limit: 131_072 },
  'inexact-total': {},
  'quantization-unknown': { method: 'newquant', bits: 4 },
  'quantization-incomplete': { key: 'bits', assumed: 4 },
  'quantization-no-rows': { assumed: 'bf16' },
  'quantization-skipped': {},
  'quantization-contradiction': {
    file: 'hf_quant_config.json',
    scheme: 'nvfp4',
    bytes: 43_000_000_000,
    taken: 'config.json',
    takenScheme: 'fp8-tensor',
    takenBytes: 72_000_000_000,
  },
  'layers-not-loaded': { parameters: 13_463_426_048, bytes: 15_424_227_552, counted: true },
  'quantization-pattern': { pattern: '(a+)+$', problem: 'unsupported' },
  assumption: { assumption: 'feed-forward-width', value: 16_384 },
};

const finding = (code: string, values: Finding['values']): Finding => ({
  code: code as Finding['code'],
  severity: 'warning',
  path: [],
  values,
});
const readable = /^[^\s{}].*[.。]$/su;

describe('findings', () => {
  const codes = membersOf('FindingCode');

  it('have an example here for every code of the engine', () => {
    assert.deepEqual([...codes].sort(), Object.keys(examples).sort());
  });

  it('are sentences, in both languages', () => {
    const lines = codes.flatMap((code) => {
      const texts = languages.map(({ t, style }) => findingText(finding(code, examples[code] ?? {}), t, style));
      for (const text of texts) {
        assert.match(text, readable, code);
        assert.doesNotMatch(text, /\{\d\}|nothing|undefined|无[,;，；。]/, code);
      }
      assert.notEqual(texts[0], texts[1]);
      return [code, ...texts.map((text) => `  ${text}`)];
    });
    matchesGolden('findings.txt', `${lines.join('\n')}\n`);
  });

  it('say in words what should have stood there', () => {
    const expected = (text: string): readonly string[] => languages.map(({ t, style }) => expectedText(text, t, style));
    assert.deepEqual(expected('integer 1..2147483647'), ['a whole number from 1 to 2,147,483,647', '1 到 2,147,483,647 的整数']);
    assert.deepEqual(expected('integer 1..10000'), ['a whole number from 1 to 10,000', '1 到 10,000 的整数']);
    assert.deepEqual(expected('integer 0..31'), ['a whole number from 0 to 31', '0 到 31 的整数']);
    assert.deepEqual(expected('number 0..1000000000000'), ['a number from 0 to 1,000,000,000,000', '0 到 1,000,000,000,000 的数值']);
    assert.deepEqual(expected('number 0..0.5'), ['a number from 0 to 0.50', '0 到 0.50 的数值']);
    assert.deepEqual(expected('integer 1..2147483647 or "auto"'), [
      'a whole number from 1 to 2,147,483,647 or "auto"',
      '1 到 2,147,483,647 的整数或 "auto"',
    ]);
    assert.deepEqual(expected('true or false'), ['true or false', 'true 或 false']);
    assert.deepEqual(expected('list'), ['a list', '列表']);
  });

  it('say so for what the engine finds in a real file', () => {
    const config = {
      model_type: 'llama',
      architectures: 'LlamaForCausalLM',
      hidden_size: 'wide',
      num_hidden_layers: -3,
      tie_word_embeddings: [],
      quantization_config: { quant_method: 'gptq', bits: 99, group_size: 128 },
    };
    const texts = analyzeText(JSON.stringify(config)).result.findings.map((each) => findingText(each, inEnglish.t, inEnglish.style));
    for (const wanted of [
      'Expected a whole number from 1 to 2,147,483,647, found "wide"; figures assume 4,096.',
      'Expected a whole number from 1 to 10,000, found -3; figures assume 32.',
      'Expected true or false, found a list; figures assume false.',
      'Expected a whole number from 2 to 8, found 99; figures assume 4.',
      'Expected a list of class names, found something else; figures assume ForCausalLM.',
    ])
      assert.ok(texts.includes(wanted), `${wanted}\n${texts.join('\n')}`);
  });

  it('translate every kind of value that the engine names', () => {
    const kinds = valuesOf('expected').filter((kind) => kind !== '' && !/^(integer|number) /.test(kind));
    assert.ok(kinds.length > 0);
    for (const kind of [...kinds, 'true or false', 'text', 'list', 'object']) assert.notEqual(kindText(kind, inChinese.t), kind);
  });

  it('translate every problem of a rule and of the syntax', () => {
    const problems = [...membersOf('PatternProblem'), 'too-slow', 'too-many-modules'];
    assert.ok(problems.length >= 6);
    for (const problem of problems) assert.notEqual(patternProblemText(problem, inEnglish.t), problem);
    // 10 to 16 are the scanner's; the parser's own begin with 1 (InvalidSymbol).
    for (let code = 1; code <= 16; code++) {
      const problem = printParseErrorCode(code);
      // The engine reports comments as findings of their own.
      if (problem === 'InvalidCommentToken') continue;
      assert.notEqual(syntaxProblemText(problem, inEnglish.t), problem);
    }
  });

  it('have a sentence for everything that an estimate assumes', () => {
    const assumptions = [...membersOf('Assumption'), ...valuesOf('assumption')];
    assert.ok(assumptions.length > 10);
    const lines = [...new Set(assumptions)].flatMap((assumption) => {
      assert.ok(knownAssumptions.includes(assumption), assumption);
      const texts = languages.map(({ t, style }) => findingText(finding('assumption', { assumption, value: 7 }), t, style));
      for (const text of texts) assert.match(text, readable, assumption);
      return [assumption, ...texts.map((text) => `  ${text}`)];
    });
    matchesGolden('assumptions.txt', `${lines.join('\n')}\n`);
    const withoutActivation = finding('assumption', { assumption: 'gated-feed-forward', value: null });
    assert.equal(
      findingText(withoutActivation, inEnglish.t, inEnglish.style),
      'The feed-forward network is taken to have a gate: three matrices.',
    );
    assert.equal(
      findingText(finding('assumption', { assumption: 'num_experts_per_tok=64' }), inEnglish.t, inEnglish.style),
      'num_experts_per_tok is missing and has no default; figures assume 64.',
    );
  });
});
