import assert from 'node:assert/strict';
import { analyze, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';

const chatglm = {
  model_type: 'chatglm',
  architectures: ['ChatGLMModel'],
  hidden_size: 4096,
  inner_hidden_size: 16384,
  num_attention_heads: 32,
  num_layers: 28,
  position_encoding_2d: true,
  torch_dtype: 'float16',
  vocab_size: 130528,
};
const read = (changes: object): Analysis => analyze(toJson({ ...chatglm, ...changes }) as JsonObject) as Analysis;

describe('quantization_bit of ChatGLM', () => {
  it('packs the layers of chatglm-6b-int4 with a scale per row, as its file of 3,893,083,075 bytes with the pickle around it', () => {
    const { checkpoint, parameters } = read({ quantization_bit: 4 });
    assert.equal(checkpoint.scheme, 'chatglm-int4');
    assert.equal(checkpoint.bytes, 3_892_922_112);
    assert.equal(parameters.total, read({}).parameters.total);
  });
  it('means nothing at 0', () => assert.equal(read({ quantization_bit: 0 }).checkpoint.scheme, 'fp16'));
  it('says so when the width is none', () =>
    assert.ok(
      read({ quantization_bit: 5 }).findings.some(
        ({ code, path, values }) => code === 'invalid-value' && path.join('.') === 'quantization_bit' && values['expected'] === '4, 8',
      ),
    ));
});
