import assert from 'node:assert/strict';
import { answerRun, draftOf, findDevice, findEngine, readRequest, type JsonObject, type RunMemory } from '../../../src/engine/index';
import { sglang } from '../../../src/engine/memory/engines/sglang/sglang';
import { deepseekLite, llama8b } from './servingModels';

const llama1b: JsonObject = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 2048,
  intermediate_size: 8192,
  num_hidden_layers: 16,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 64,
  vocab_size: 128256,
  max_position_embeddings: 131072,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
};
/** yuhuili/EAGLE3-LLaMA3.1-Instruct-8B. */
const eagle3: JsonObject = {
  ...(llama8b.root as object),
  architectures: ['LlamaForCausalLMEagle3'],
  num_hidden_layers: 1,
  draft_vocab_size: 32000,
};
/** yuhuili/EAGLE-LLaMA3.1-Instruct-8B. */
const eagle: JsonObject = { ...(llama8b.root as object), architectures: ['EagleLlamaForCausalLM'], num_hidden_layers: 1 };

function ask(name: string, options: JsonObject, draft?: JsonObject, version?: string, weights = 'checkpoint', count = 1) {
  const engine = findEngine(name);
  const found = findDevice('H100 SXM 80GB');
  assert.ok(engine && found.kind === 'found');
  const read = draft && draftOf(draft, weights);
  return answerRun(llama8b, {
    engine,
    version,
    device: found.device,
    count,
    memory: undefined,
    weights,
    options,
    ...(read && { draft: read }),
  });
}
function memoryOf(...args: Parameters<typeof ask>): RunMemory {
  const answer = ask(...args);
  assert.ok('memory' in answer, JSON.stringify(answer));
  return answer.memory;
}
const termOf = ({ terms }: RunMemory, name: string): number => terms.find((term) => term.name === name)?.bytes ?? 0;
const codes = ({ notes }: RunMemory): readonly string[] => notes.map(({ code }) => code);
const config = (more: JsonObject): JsonObject => ({ 'max-model-len': 8192, 'speculative-config': { num_speculative_tokens: 3, ...more } });
/** Bytes of one token, over 16 tokens of a block. */
const perToken = (run: RunMemory): number => (run.perDevice[0]?.cache ?? 0) / ((run.pool?.maxConcurrency ?? 1) * 8192);

describe('a draft that is a model of its own', () => {
  it('takes its weights and layers of the same pool in vLLM', () => {
    const options = config({ model: 'meta-llama/Llama-3.2-1B' });
    const without = memoryOf('vllm', options, undefined, '0.19.0');
    const drafted = memoryOf('vllm', options, llama1b, '0.19.0');
    assert.ok(codes(without).includes('draft-model-not-counted'));
    assert.ok(!codes(drafted).includes('draft-model-not-counted'));
    // 1,235,814,400 parameters at 16 bits, the tied head counted once.
    assert.ok(Math.abs(termOf(drafted, 'draft-model') / (1_235_814_400 * 2) - 1) < 0.01, String(termOf(drafted, 'draft-model')));
    // 32 layers of 2 × 8 × 128 and 16 of 2 × 8 × 64 at 16 bits.
    assert.ok(Math.abs(perToken(drafted) - (131_072 + 32_768)) < 50, String(perToken(drafted)));
    assert.ok((drafted.pool?.bytes ?? 0) < (without.pool?.bytes ?? 0));
  });

  it('is refused by a vLLM that has none, without an engine that asks for it, and where it is not followed', () => {
    const code = (...args: Parameters<typeof ask>): string => {
      const answer = ask(...args);
      return 'problem' in answer ? answer.problem.code : 'answered';
    };
    assert.equal(code('vllm', config({ model: 'x/y' }), llama1b, '0.12.0'), 'draft-version');
    assert.equal(code('vllm', {}, llama1b), 'draft-unused');
    assert.equal(code('vllm', config({ method: 'ngram' }), llama1b), 'draft-unused');
    assert.equal(code('vllm', config({ method: 'medusa', model: 'x/y' }), llama1b), 'draft-method');
    assert.equal(code('tgi', {}, llama1b), 'draft-not-followed');
  });

  it('is spread over ranks like the model, or as it says', () => {
    const two = (more: JsonObject) =>
      termOf(
        memoryOf('vllm', { ...config({ model: 'x/y', ...more }), 'tensor-parallel-size': 2 }, llama1b, '0.19.0', 'checkpoint', 2),
        'draft-model',
      );
    assert.ok(two({}) < 0.6 * two({ draft_tensor_parallel_size: 1 }));
  });
});

describe('a draft that is a head on the model', () => {
  const layer = 4096 * (4096 * 2 + 1024 * 2 + 3 * 14336);

  it('EAGLE: a layer and the matrix before it', () => {
    const run = memoryOf('vllm', config({ method: 'eagle', model: 'x/y' }), eagle, '0.19.0');
    const expected = 2 * (layer + 2 * 4096 * 4096);
    assert.ok(Math.abs(termOf(run, 'draft-model') / expected - 1) < 0.01, `${termOf(run, 'draft-model')} of ${expected}`);
    assert.ok(Math.abs(perToken(run) - (131_072 + 4096)) < 50);
  });

  it('EAGLE-3: attention over both inputs, three hidden vectors, and a head of its own words', () => {
    const run = memoryOf('vllm', config({ model: 'yuhuili/EAGLE3-LLaMA3.1-Instruct-8B' }), eagle3, '0.19.0');
    const expected = 2 * (layer + 4096 * (4096 + 2 * 1024) + 3 * 4096 * 4096 + 32000 * 4096) + 8 * 32000;
    assert.ok(Math.abs(termOf(run, 'draft-model') / expected - 1) < 0.01, `${termOf(run, 'draft-model')} of ${expected}`);
  });

  it('in SGLang has a pool of its own beside that of the model', () => {
    const options = { 'speculative-algorithm': 'EAGLE3', 'speculative-draft-model-path': 'x/y', 'speculative-num-draft-tokens': 4 };
    const without = memoryOf('sglang', options);
    const drafted = memoryOf('sglang', options, eagle3);
    assert.deepEqual(drafted.pool, without.pool);
    const tokens = drafted.pool?.tokens ?? 0;
    assert.equal(termOf(drafted, 'draft-cache'), (tokens + 1) * 4096);
    const [a, b] = [without.perDevice[0]?.total ?? 0, drafted.perDevice[0]?.total ?? 0];
    assert.equal(b - a, termOf(drafted, 'draft-cache') + termOf(drafted, 'draft-model'));
    assert.equal(sglang.flags['speculative-draft-model-path']?.idle, undefined);
  });
});

describe('a request with a draft', () => {
  const request = (more: JsonObject) =>
    readRequest({ config: llama8b.root, engine: 'vllm', device: 'H100 SXM 80GB', options: config({ model: 'x/y' }), ...more }, findDevice);

  it('carries its config, and says what is wrong with it', () => {
    const good = request({ draft: llama1b });
    assert.ok(good.kind === 'run' && good.run.draft?.weights === 'checkpoint');
    for (const bad of [{ draft: 5 }, { draft: {} }, { draft: llama1b, draftWeights: 'Q9' }, { draftWeights: 'bf16' }])
      assert.equal(request(bad as JsonObject).kind, 'problem', JSON.stringify(bad).slice(0, 60));
  });

  it('of latent attention counts the draft in pages of its own size', () => {
    const engine = findEngine('vllm');
    const read = draftOf({ ...(deepseekLite.root as object), num_hidden_layers: 1 }, 'checkpoint');
    assert.ok(engine && read);
    const answer = answerRun(deepseekLite, {
      engine,
      version: '0.19.0',
      device: undefined,
      count: 1,
      memory: 80 * 2 ** 30,
      weights: 'checkpoint',
      options: config({ method: 'eagle', model: 'x/y' }),
      draft: read,
    });
    assert.ok('memory' in answer && (answer.memory.pool?.tokens ?? 0) > 0);
  });
});

describe("llama.cpp's draft", () => {
  const gguf = (options: JsonObject, version: string, draft?: JsonObject): RunMemory => {
    const engine = findEngine('llama.cpp');
    const found = findDevice('RTX 4090');
    assert.ok(engine && found.kind === 'found');
    const read = draft && draftOf(draft, 'Q8_0');
    const answer = answerRun(llama8b, {
      engine,
      version,
      device: found.device,
      count: 1,
      memory: undefined,
      weights: 'Q4_K_M',
      options,
      ...(read && { draft: read }),
    });
    assert.ok('memory' in answer, JSON.stringify(answer));
    return answer.memory;
  };
  const drafted = { 'model-draft': 'draft.gguf', 'ctx-size': 16384, parallel: 2, 'gpu-layers': 'all', 'gpu-layers-draft': 'all' };

  it('has a context for each slot, and one for all in newer versions', () => {
    const kv = (version: string): number => gguf(drafted, version, llama1b).terms.find(({ name }) => name === 'CUDA0 draft kv')?.bytes ?? 0;
    // 16 layers of 2 × 8 × 64 at F16.
    assert.equal(kv('b8000'), 2 * 8192 * 32_768);
    assert.equal(kv('v0.5.0'), 16384 * 32_768);
  });

  it('stands in the same buffers beside the model, and is said to be left out where its config is not given', () => {
    const without = gguf(drafted, 'v0.5.0');
    const run = gguf(drafted, 'v0.5.0', llama1b);
    assert.ok(codes(without).includes('draft-model-not-counted') && !codes(run).includes('draft-model-not-counted'));
    const draftModel = run.terms.find(({ name }) => name === 'CUDA0 draft model')?.bytes ?? 0;
    assert.equal((run.buffers?.['CUDA0']?.model ?? 0) - (without.buffers?.['CUDA0']?.model ?? 0), draftModel);
    assert.ok(draftModel > 1e9 && draftModel < 1.4e9);
    for (const { total, weights, cache, activations, graphs, nonTorch, buffers } of run.perDevice)
      assert.equal(total, weights + cache + activations + graphs + nonTorch + buffers);
  });
});
