import assert from 'node:assert/strict';
import { analyze, answerRun, engines, findDevice, toJson, type Analysis, type JsonObject, type RunMemory } from '../../../src/engine/index';

const GiB = 2 ** 30;
const dense = { model_type: 'llama', num_hidden_layers: 4, hidden_size: 512, num_attention_heads: 8, num_key_value_heads: 4, vocab_size: 1000, intermediate_size: 1024, max_position_embeddings: 4096, tie_word_embeddings: false, torch_dtype: 'bfloat16' } as const; // prettier-ignore
const sparse = { model_type: 'qwen3_moe', num_hidden_layers: 4, hidden_size: 512, num_attention_heads: 8, num_key_value_heads: 4, head_dim: 64, vocab_size: 1000, moe_intermediate_size: 256, num_experts: 16, num_experts_per_tok: 2, max_position_embeddings: 4096, tie_word_embeddings: false, torch_dtype: 'bfloat16' } as const; // prettier-ignore

function start(id: string, config: object, options: object, count = 1): RunMemory {
  const engine = engines.find((each) => each.id === id);
  const found = findDevice('RTX 4090');
  const analysis = analyze(toJson(config) as JsonObject);
  assert.ok(engine && found.kind === 'found' && analysis.kind === 'model');
  const answer = answerRun(analysis as Analysis, {
    engine,
    version: undefined,
    device: found.device,
    count,
    memory: undefined,
    weights: 'checkpoint',
    options: toJson(options) as JsonObject,
  });
  assert.ok('memory' in answer, JSON.stringify(answer));
  return answer.memory;
}

describe('what stays in host memory', () => {
  it('is nothing unless it is asked for', () => {
    for (const id of ['vllm', 'sglang', 'llama.cpp']) assert.equal(start(id, dense, {}).host, undefined, id);
  });

  it('of vLLM and SGLang is what they are told, up to all of it, and is read over the bus', () => {
    for (const id of ['vllm', 'sglang']) {
      const part = start(id, dense, { 'cpu-offload-gb': 0.005 }).host;
      assert.deepEqual([part?.weights, part?.readPerStep, part?.over], [Math.round(0.005 * GiB), Math.round(0.005 * GiB), 'bus'], id);
      const two = start(id, dense, { 'cpu-offload-gb': 0.001, 'tensor-parallel-size': 2 }, 2).host;
      assert.equal(two?.weights, Math.round(2 * 0.001 * GiB), id);
      const all = start(id, dense, { 'cpu-offload-gb': 10 }).host;
      assert.ok((all?.weights ?? Infinity) < 0.1 * GiB, id);
    }
  });

  it('takes at least the time that the link needs', () => {
    const { host } = start('vllm', dense, { 'cpu-offload-gb': 0.005 });
    // 16 lanes of 16 GT/s with 128 of 130 bits: 31.5 GB/s.
    assert.ok(Math.abs((host?.seconds['PCIe 4.0 x16'] ?? 0) - (0.005 * GiB) / 31.508e9) < 1e-8);
  });

  it('holds the blocks that vLLM puts aside', () => assert.equal(start('vllm', dense, { 'kv-offloading-size': 3 }).host?.cache, 3 * GiB));

  it('of llama.cpp are experts, of which a token reads the chosen ones', () => {
    const expert = 3 * 512 * 256 * 2;
    const all = start('llama.cpp', sparse, { 'cpu-moe': true }).host;
    assert.deepEqual([all?.weights, all?.readPerStep, all?.over], [4 * 16 * expert, 4 * 2 * expert, 'memory']);
    const one = start('llama.cpp', sparse, { 'n-cpu-moe': 1 }).host;
    assert.equal(one?.weights, 16 * expert);
    const named = start('llama.cpp', sparse, { 'override-tensor': 'ffn_down_exps=CPU' }).host;
    assert.equal(named?.weights, (4 * 16 * expert) / 3);
  });

  it('of llama.cpp is the cache where it is kept from the devices', () => {
    const { host } = start('llama.cpp', dense, { 'no-kv-offload': true, 'ctx-size': 1024, parallel: 1 });
    assert.deepEqual([host?.weights, host?.cache], [0, 1024 * 4 * 2 * 256 * 2]);
  });
});

describe('adapters that are served along', () => {
  /** Rank × (inputs + outputs) of the seven linear layers of a block. */
  const whole = 512 * 2 + (512 + 256) * 2 + 512 * 2 + (512 + 1024) * 3;

  const adapters = (options: object, count = 1): number =>
    start('sglang', dense, { 'enable-lora': true, ...options }, count).terms.find(({ name }) => name === 'lora-adapters')?.bytes ?? 0;

  it('take stacked buffers in SGLang, eight of the largest rank', () => {
    assert.equal(adapters({ 'max-lora-rank': 16 }), 8 * 16 * whole * 4 * 2);
    assert.equal(adapters({ 'max-lora-rank': 16, 'max-loras-per-batch': 2 }), 2 * 16 * whole * 4 * 2);
    for (const named of ['q_proj v_proj', '["q_proj", "v_proj"]'])
      assert.equal(adapters({ 'max-lora-rank': 16, 'lora-target-modules': named }), 8 * 16 * (1024 + 768) * 4 * 2, named);
    assert.equal(adapters({ 'max-lora-rank': 16, 'lora-target-modules': '{}' }), 8 * 16 * whole * 4 * 2);
    assert.equal(
      start('sglang', dense, { 'lora-paths': '[]', 'max-lora-rank': 16 }).terms.filter(({ name }) => name === 'lora-adapters').length,
      0,
    );
  });

  it('are cut along the outputs, or along the inputs of what is cut there', () => {
    const half = 512 + 256 + (512 + 128) * 2 + (256 + 512) + (512 + 512) * 2 + (512 + 512);
    assert.equal(adapters({ 'max-lora-rank': 16, 'tensor-parallel-size': 2 }, 2), 8 * 16 * half * 4 * 2);
  });

  it('leave the pool less', () => {
    const tokens = (options: object): number => start('sglang', dense, options).pool?.tokens ?? 0;
    assert.ok(tokens({ 'enable-lora': true, 'max-lora-rank': 256 }) < tokens({}));
  });

  it('are not counted where their rank is not known, and that is said', () => {
    assert.equal(adapters({}), 0);
    assert.ok(start('sglang', dense, { 'lora-paths': 'x=y' }).notes.some(({ code }) => code === 'adapter-rank-unknown'));
  });
});
