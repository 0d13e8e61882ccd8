import assert from 'node:assert/strict';
import fc from 'fast-check';
import { analyze, analyzeText, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';

const llama = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  torch_dtype: 'bfloat16',
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 100,
};
const run = (changes: Record<string, unknown>): Analysis => {
  const result = analyze(toJson({ ...llama, ...changes }) as JsonObject);
  assert.equal(result.kind, 'model');
  return result as Analysis;
};

describe('wrong values', () => {
  const good = run({});
  for (const value of [-1, 1.5, '64', 1e30, 0, true, [64], { a: 1 }, Number.NaN, Infinity])
    it(`reports hidden_size ${JSON.stringify(value)} at its place and goes on with the default`, () => {
      const bad = run({ hidden_size: value });
      const finding = bad.findings.find(({ code }) => code === 'invalid-value');
      assert.ok(finding);
      assert.deepEqual(finding.path, ['hidden_size']);
      assert.equal(finding.values['assumed'], 4096);
      assert.match(String(finding.values['expected']), /^integer 1\.\./);
      assert.equal(bad.basis.kind, 'approximate');
      assert.ok(Number.isSafeInteger(bad.parameters.total) && bad.parameters.total > good.parameters.total);
    });

  it('bounds the number of layers: 1e308 is a finding, not a loop', () => {
    const bad = run({ num_hidden_layers: 1e308 });
    assert.equal(bad.findings.find(({ code }) => code === 'invalid-value')?.path[0], 'num_hidden_layers');
  });

  it('takes null as "not given"', () => {
    const result = run({ num_key_value_heads: null, head_dim: null });
    assert.equal(result.basis.kind, 'exact');
    assert.equal(result.parameters.total, run({ num_key_value_heads: 4, head_dim: 16 }).parameters.total);
  });

  it('names the sizes that a file leaves to the defaults', () => {
    const result = analyze(toJson({ model_type: 'llama', architectures: ['LlamaForCausalLM'] }) as JsonObject);
    assert.equal(result.kind, 'model');
    const finding = result.findings.find(({ code }) => code === 'defaults-assumed');
    assert.match(String(finding?.values['keys']), /hidden_size=4096/);
    assert.equal(finding?.severity, 'information');
  });

  it('says so when totals pass what a number holds exactly', () => {
    const big = run({
      vocab_size: 2 ** 31 - 1,
      hidden_size: 2 ** 31 - 1,
      head_dim: 1,
      intermediate_size: 2 ** 30,
      num_hidden_layers: 10_000,
    });
    assert.equal(big.basis.kind, 'approximate');
    assert.ok(big.findings.some(({ code }) => code === 'inexact-total'));
    assert.ok(Number.isFinite(big.parameters.total));
  });

  it('never throws and never gives a count that is not a whole number, whatever the values', () => {
    const key = fc.constantFrom(...Object.keys(llama), 'head_dim', 'tie_word_embeddings', 'id2label', 'attention_bias', 'dtype');
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), (changes) => {
        const result = analyze(toJson({ ...llama, ...changes }) as JsonObject);
        if (result.kind !== 'model') return;
        for (const figure of [result.parameters.total, result.parameters.active, result.parameters.stored, result.checkpoint.bytes])
          assert.ok(figure >= 0 && (Number.isInteger(figure) || figure > 2 ** 53), String(figure));
      }),
      { numRuns: 300 },
    );
  });

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(200), (junk, at) => {
        const text = JSON.stringify(llama, null, 2);
        analyzeText(text.slice(0, at) + junk + text.slice(at));
        analyzeText(text.slice(0, at));
      }),
      { numRuns: 200 },
    );
  });
});
