import assert from 'node:assert/strict';
import { analyze, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';

const read = (config: Record<string, unknown>): Analysis => {
  const result = analyze(toJson(config) as JsonObject);
  assert.equal(result.kind, 'model');
  return result as Analysis;
};
const total = (config: Record<string, unknown>): number => read(config).parameters.total;

describe('the labels of a classifier', () => {
  const bert = { model_type: 'bert', architectures: ['BertForSequenceClassification'], num_hidden_layers: 1 };
  const names = { id2label: { 0: 'a', 1: 'b', 2: 'c', 3: 'd' } };
  it('are as many as num_labels says, else as there are names, else two', () => {
    // Counts of transformers 5.23 for these configs.
    assert.equal(total({ ...bert, ...names, num_labels: 2 }), 31_517_186);
    assert.equal(total({ ...bert, ...names }), 31_518_724);
    assert.equal(total(bert), 31_517_186);
  });
});

describe('the number of layers of T5 under its other name', () => {
  const t5 = { model_type: 't5', architectures: ['T5ForConditionalGeneration'] };
  it('is the encoder’s alone', () => {
    assert.equal(total({ ...t5, num_hidden_layers: 2 }), 47_919_616);
    assert.equal(total({ ...t5, num_hidden_layers: 2, num_layers: 3 }), 35_332_096);
  });
});

describe('a model type that is not known', () => {
  const shape = { hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 128, vocab_size: 100 };
  it('is counted like the type whose class the file names, and says so', () => {
    const { parameters, basis, findings } = read({ ...shape, model_type: 'mine', architectures: ['LlamaForCausalLM'] });
    assert.equal(parameters.total, total({ ...shape, model_type: 'llama', architectures: ['LlamaForCausalLM'] }));
    assert.deepEqual(basis, { kind: 'approximate', reasons: ['type-by-class'] });
    assert.deepEqual(
      findings.filter(({ code }) => code === 'type-by-class').map(({ values }) => values),
      [{ modelType: 'mine', assumed: 'llama' }],
    );
  });
  it('is no other type because its class begins with that one’s name', () => {
    const { basis } = read({ ...shape, model_type: 'llama9', architectures: ['Llama9ForCausalLM'] });
    assert.ok(!basis.reasons.includes('type-by-class'));
  });
});
