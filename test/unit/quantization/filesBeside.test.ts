import assert from 'node:assert/strict';
import { analyze, estimate, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';
import { llama31Of8B, llama32Of3B } from './models';

function analyzed(config: object): Analysis {
  const result = analyze(toJson(config) as JsonObject);
  assert.ok(result.kind === 'model');
  return result;
}
const basisOf = (config: object) => analyzed(config).checkpoint.basis;
const loadedBasis = (config: object) =>
  estimate(analyzed(config), { context: 1, batch: 1, kvDtype: 'auto', targets: [], precisions: ['checkpoint'] }).weights[0]?.basis;

describe('what files may hold beside the model', () => {
  it('a head that is tied, which some publishers store a second time', () => {
    assert.deepEqual(basisOf(llama32Of3B), { kind: 'rule', reasons: ['tied-head-once'] });
    assert.equal(basisOf({ ...llama32Of3B, tie_word_embeddings: false }).kind, 'exact');
  });

  it('tables that transformers saved up to a release', () => {
    const kindBy = (transformers_version: string, config: object = llama31Of8B): readonly string[] =>
      basisOf({ ...config, transformers_version }).reasons;
    for (const old of ['4.28.1', '4.31.0.dev0', '4.32.0.dev0', '3.5.1']) assert.deepEqual(kindBy(old), ['buffers-of-older-writers'], old);
    for (const later of ['4.32.0', '4.43.0.dev0', '5.0.0']) assert.deepEqual(kindBy(later), [], later);
    assert.deepEqual(basisOf(llama31Of8B).reasons, []);
    assert.deepEqual(kindBy('4.31.0', { model_type: 'gpt_neox', torch_dtype: 'float16' }), []);
    assert.deepEqual(basisOf({ model_type: 'gpt2', torch_dtype: 'float32' }).reasons, ['tied-head-once', 'buffers-of-older-writers']);
  });

  it('changes nothing of what is loaded', () => {
    assert.equal(loadedBasis(llama32Of3B)?.kind, 'exact');
    assert.equal(loadedBasis({ ...llama31Of8B, transformers_version: '4.28.1' })?.kind, 'exact');
  });
});
