import { deepEqual, equal } from 'node:assert/strict';
import { analyze, listTensors, toJson, type Analysis, type JsonObject, type TensorList } from '../../src/engine/index';
import { published } from './published';
import { publishedTypes } from './requiredTypes';

function analyzed(keys: Readonly<Record<string, unknown>>): Analysis {
  const result = analyze(toJson(keys) as JsonObject);
  if (result.kind !== 'model') throw new Error(`${result.kind}: ${JSON.stringify(result.findings)}`);
  return result;
}

const sorted = (list: TensorList): TensorList => [...list].sort(([a], [b]) => a.localeCompare(b));

describe('published sizes of types that the reference library does not build', () => {
  it('are there for each of them', () => {
    deepEqual([...new Set(published.map(({ keys }) => keys['model_type']))].sort(), [...publishedTypes].sort());
  });

  for (const { name, source, keys, totalBytes, parameters, tensors } of published)
    it(`${name} (${source})`, () => {
      const analysis = analyzed(keys);
      equal(analysis.basis.kind, 'exact');
      if (totalBytes !== undefined) equal(analysis.checkpoint.bytes, totalBytes, 'bytes of all tensors');
      if (parameters !== undefined) equal(analysis.parameters.total, parameters, 'parameters');
      if (tensors !== undefined) {
        const own = [...listTensors(analysis.inventory, 'parameters'), ...listTensors(analysis.inventory, 'buffers')];
        deepEqual(sorted(own), sorted(tensors));
      }
    });

  it('ChatGLM-6B, whose first files hold the tied head again and the norms at 32 bits (THUDM/chatglm-6b, index file)', () => {
    const { parameters, checkpoint } = analyzed({
      ...{ model_type: 'chatglm', architectures: ['ChatGLMModel'], position_encoding_2d: true, inner_hidden_size: 16384 },
      ...{ hidden_size: 4096, num_attention_heads: 32, num_layers: 28, max_sequence_length: 2048, vocab_size: 150528 },
      torch_dtype: 'float16',
    });
    const head = 150528 * 4096 * 2;
    const wideNorms = (parameters.byComponent.norm ?? 0) * 2;
    equal(checkpoint.bytes + head + wideNorms, 13_744_473_856);
  });
});
