import assert from 'node:assert/strict';
import { answerRun, findEngine, readRequest, findDevice, type Analysis, type JsonObject } from '../../../src/engine/index';
import { sample } from '../panel/models';
import { llama8b, modelOf } from './servingModels';

const gemma = sample('gemma-3-4b-it');

function ask(name: string, options: JsonObject, model: Analysis = llama8b, version?: string) {
  const engine = findEngine(name);
  assert.ok(engine);
  return answerRun(model, { engine, version, device: undefined, count: 1, memory: 79 * 2 ** 30, weights: 'checkpoint', options });
}
const memoryOf = (...args: Parameters<typeof ask>) => {
  const answer = ask(...args);
  assert.ok('memory' in answer, JSON.stringify(answer));
  return answer.memory;
};
const problemOf = (...args: Parameters<typeof ask>): string => {
  const answer = ask(...args);
  assert.ok('problem' in answer);
  return answer.problem.code;
};

describe('overrides of the config', () => {
  const length = { 'max-model-len': 4096 };

  it('are followed: the run is that of the config with these values', () => {
    const fewer = modelOf({ ...llama8b.root, num_hidden_layers: 4 });
    const changed = memoryOf('vllm', { ...length, 'hf-overrides': { num_hidden_layers: 4 } });
    assert.deepEqual(changed.perDevice, memoryOf('vllm', length, fewer).perDevice);
    assert.ok(changed.notes.some(({ code, values }) => code === 'overrides-followed' && values['keys'] === 'num_hidden_layers'));
    const asText = memoryOf('sglang', { 'json-model-override-args': '{"num_hidden_layers": 4}' });
    assert.deepEqual(asText.perDevice, memoryOf('sglang', {}, fewer).perDevice);
    assert.deepEqual(memoryOf('vllm', { ...length, 'hf-overrides': '{}' }), memoryOf('vllm', length));
  });

  it('of a part change what they name in it, since 0.11; before, the part was replaced and nothing started', () => {
    const overrides = { ...length, 'hf-overrides': { text_config: { num_hidden_layers: 4 } } };
    const text = gemma.root['text_config'] as JsonObject;
    const fewer = modelOf({ ...gemma.root, text_config: { ...text, num_hidden_layers: 4 } });
    assert.deepEqual(memoryOf('vllm', overrides, gemma).perDevice, memoryOf('vllm', length, fewer).perDevice);
    assert.equal(problemOf('vllm', overrides, gemma, '0.10.2'), 'overrides-replace-part');
  });

  it('may stretch the context', () => {
    const beyond = { 'max-model-len': 200_000 };
    const yarn = {
      rope_scaling: { rope_type: 'yarn', factor: 2, original_max_position_embeddings: 131_072 },
      max_position_embeddings: 262_144,
    };
    const refused = (options: JsonObject): boolean => memoryOf('vllm', options).notes.some(({ code }) => code === 'context-beyond-limit');
    assert.equal(refused(beyond), true);
    assert.equal(refused({ ...beyond, 'hf-overrides': yarn }), false);
    const older = memoryOf('vllm', { ...beyond, 'rope-scaling': yarn.rope_scaling }, llama8b, '0.10.2');
    assert.ok(!older.notes.some(({ code }) => code === 'context-beyond-limit'));
    assert.deepEqual(memoryOf('vllm', { ...length, 'rope-scaling': '{}' }), memoryOf('vllm', length));
  });

  it('that are no JSON object, or no model any more, are errors', () => {
    assert.equal(problemOf('vllm', { 'hf-overrides': '{num_hidden_layers: 4}' }), 'flag-json');
    assert.equal(problemOf('vllm', { 'hf-overrides': '[4]' }), 'flag-json');
    assert.equal(problemOf('sglang', { 'json-model-override-args': 'x' }), 'flag-json');
    assert.equal(problemOf('vllm', { 'speculative-config': '{' }), 'flag-json');
    assert.equal(problemOf('vllm', { 'hf-overrides': { model_type: null, architectures: null, hidden_size: null } }), 'overrides-no-model');
    assert.doesNotThrow(() => ask('vllm', { 'hf-overrides': '{"__proto__": {"x": 1}, "constructor": 2}' }));
  });
});

describe('sequences longer than an engine takes', () => {
  const withLengths = (name: string, options: JsonObject, lengths: readonly number[], weights = 'checkpoint') => {
    const request = readRequest(
      { config: llama8b.root, engine: name, device: 'H100 SXM 80GB', weights, options, lengths: [...lengths] },
      findDevice,
    );
    assert.ok(request.kind === 'run');
    return answerRun(llama8b, request.run);
  };
  const refused = (answer: ReturnType<typeof withLengths>): boolean => 'problem' in answer && answer.problem.code === 'lengths-beyond';

  it('are refused by name: past what it is started with, or what the model was made for', () => {
    for (const name of ['vllm', 'sglang', 'tensorrt-llm', 'tgi']) {
      assert.ok(refused(withLengths(name, {}, [200_000])), name);
      assert.ok(!refused(withLengths(name, {}, [100_000])), name);
    }
    assert.ok(refused(withLengths('vllm', { 'max-model-len': 8192 }, [1000, 8193])));
    const slots = withLengths('llama.cpp', { 'ctx-size': 262_144, parallel: 1 }, [200_000], 'Q4_K_M');
    assert.ok('memory' in slots && slots.batch?.fits === false);
    assert.ok(refused(withLengths('exllama', { 'max-seq-len': 8192 }, [9000], 'exl3-4.0bpw')));
  });

  it('of programs that refuse none, it is said that the model was not made for them', () => {
    const answer = withLengths('transformers', {}, [200_000]);
    assert.ok('memory' in answer && answer.memory.notes.some(({ code }) => code === 'lengths-beyond-model'));
  });
});
