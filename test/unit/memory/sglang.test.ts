import assert from 'node:assert/strict';
import { findDevice, type Analysis, type JsonObject } from '../../../src/engine/index';
import { parseFlags, readFlags } from '../../../src/engine/memory/engines/flags';
import { RunError, type Machine, type RunMemory } from '../../../src/engine/memory/engines/run';
import { tokenPool } from '../../../src/engine/memory/engines/sglang/pool';
import { settingsOf, type Settings } from '../../../src/engine/memory/engines/sglang/settings';
import { sglang } from '../../../src/engine/memory/engines/sglang/sglang';
import { deepseekLite, gemma2, gptOss20b, llama8b, modelOf, qwen35 } from './servingModels';

const GiB = 2 ** 30;
const found = findDevice('H200 SXM');
const h200: Machine = { count: 8, device: found.kind === 'found' ? found.device : assert.fail(), memory: Math.round(139.72 * GiB) };
const all = { from: 0, to: 1e6, first: true, last: true };

const values = (options: JsonObject) => {
  const read = readFlags(sglang.flags, options);
  assert.ok('values' in read);
  return read.values;
};
const settings = (model: Analysis, options: JsonObject = {}, version = '0.5.6', machine = h200): Settings =>
  settingsOf(model, version, machine, values(options));
const start = (model: Analysis, options: JsonObject = {}, version = '0.5.6', machine = h200): RunMemory =>
  sglang.memory({ analysis: model, weights: 'checkpoint', engine: 'sglang', version, machine, options: values(options) });

describe("SGLang's pool", () => {
  const tokens = (model: Analysis, bytes: number, options: JsonObject = {}): number =>
    tokenPool(model, settings(model, options), all, bytes).tokens;

  it('is what is free after loading but for the share that is left alone, as printed', () => {
    // sgl-project/sglang#6753: 124.23 GiB of 139.20 are free; 871,371 tokens, and 53.18 GiB each of keys and values.
    const pool = tokenPool(llama8b, settings(llama8b), all, (124.23 - 139.2 * (1 - 0.8717961202189594)) * GiB);
    assert.ok(Math.abs(pool.tokens / 871371 - 1) < 0.0005);
    assert.ok(Math.abs(pool.keys / GiB - 53.18) < 0.02 && pool.keys === pool.values);
  });

  it('counts heads of a rank, latent caches whole, and bytes of the type', () => {
    assert.equal(tokens(llama8b, 131072 * 1000), 1000);
    assert.equal(tokens(llama8b, 131072 * 1000, { tp: 2 }), 2000);
    assert.equal(tokens(llama8b, 131072 * 1000, { 'kv-cache-dtype': 'fp8_e4m3' }), 2000);
    assert.equal(tokens(deepseekLite, 31104 * 1000, { tp: 8 }), 1000);
    assert.equal(tokens(llama8b, 131072 * 1000, { 'page-size': 128 }), 896);
    assert.equal(tokens(llama8b, 131072 * 1000, { 'max-total-tokens': 10 }), 10);
  });

  it('layers with a window have a pool of their own where the class has, at a ratio', () => {
    const pool = tokenPool(gptOss20b, settings(gptOss20b), all, 24 * 2048 * 9000);
    // 12 layers of each kind: 24 × 9000 slots are shared at 1 to 0.8.
    assert.deepEqual([pool.tokens, pool.windowTokens], [10000, 8000]);
    assert.equal(tokenPool(gemma2, settings(gemma2), all, 1e9).windowTokens, undefined);
  });

  it('recurrent state takes nine parts to ten of keys and values, or as many sequences as may run', () => {
    const whole = 19 * GiB;
    const shared = tokenPool(qwen35, settings(qwen35), all, whole);
    assert.ok(Math.abs(shared.state / (9 * GiB) - 1) < 1e-6);
    const slots = tokenPool(qwen35, settings(qwen35, { 'max-mamba-cache-size': 10 }), all, whole);
    assert.equal(slots.state, 10 * 48 * (48 * 128 * 128 * 4 + 3 * 10240 * 2));
  });
});

describe("SGLang's share of the memory", () => {
  const fraction = (version: string, options: JsonObject = {}, machine = h200): number =>
    settings(llama8b, options, version, machine).memoryFraction;

  it('follows the version: ranks alone, the device, what prefill and graphs are taken to need', () => {
    assert.equal(fraction('0.4.3'), 0.88);
    assert.equal(fraction('0.4.3', { tp: 8 }), 0.81);
    // 139.72 GiB less 12.5.
    assert.equal(fraction('0.4.9'), 0.911);
    // 512 + 12288 + 512 + 128 MiB.
    assert.equal(fraction('0.5.6'), 0.906);
    assert.equal(fraction('0.5.6', { 'mem-fraction-static': 0.7 }), 0.7);
  });

  it('leaves ten GiB on large devices, and more for draft models', () => {
    const h100 = { ...h200, memory: 79 * GiB };
    assert.equal(fraction('0.5.6', { 'chunked-prefill-size': 2048, 'cuda-graph-max-bs': 1 }, h100), 0.873);
    assert.equal(fraction('0.5.6', { 'speculative-algorithm': 'EAGLE' }, h100), 0.809);
  });

  it('sizes of a step follow the memory', () => {
    const sizes = (gib: number, tp = 1): readonly number[] => {
      const { chunk, graphBatch } = settings(llama8b, { tp }, '0.5.6', { count: 8, device: undefined, memory: gib * GiB });
      return [chunk, graphBatch];
    };
    assert.deepEqual(sizes(16), [2048, 8]);
    assert.deepEqual(sizes(24), [2048, 24]);
    assert.deepEqual(sizes(24, 4), [2048, 80]);
    assert.deepEqual(sizes(48), [4096, 32]);
    assert.deepEqual(sizes(80, 8), [8192, 512]);
    assert.deepEqual(sizes(180), [16384, 512]);
  });
});

describe('a start of SGLang', () => {
  it('terms, devices and the pool agree', () => {
    const run = start(llama8b, { tp: 2 });
    assert.equal(run.perDevice.length, 2);
    for (const { total, weights, cache, activations, graphs, nonTorch, buffers } of run.perDevice)
      assert.equal(total, weights + cache + activations + graphs + nonTorch + buffers);
    for (const { bytes, low, high } of run.terms) assert.ok(low <= bytes && bytes <= high);
    const cache = run.terms.filter(({ kind }) => kind === 'cache').reduce((sum, { bytes }) => sum + bytes, 0);
    assert.ok(Math.abs(cache - (run.perDevice[0]?.cache ?? 0)) <= 2);
  });

  it('says how many requests may run, and why it would not start', () => {
    const notes = start(llama8b, { tp: 3 }).notes;
    assert.ok(notes.some(({ code, refused }) => code === 'refused-attention-heads' && refused));
    assert.equal(
      start(llama8b, { 'context-length': 8192 }).notes.find(({ code }) => code === 'max-running-requests')?.values['requests'],
      4096,
    );
  });

  it('layers of the model that guess tokens are counted, and not said to be left out', () => {
    const model = modelOf({
      ...deepseekLite.root,
      model_type: 'deepseek_v3',
      architectures: ['DeepseekV3ForCausalLM'],
      num_nextn_predict_layers: 1,
    });
    const run = (options: JsonObject): RunMemory => start(model, options);
    const eagle = run({ 'speculative-algorithm': 'EAGLE' });
    assert.ok((eagle.perDevice[0]?.weights ?? 0) > (run({}).perDevice[0]?.weights ?? 0));
    assert.ok(!eagle.notes.some(({ code }) => code === 'draft-model-not-counted'));
    assert.ok(start(llama8b, { 'speculative-algorithm': 'EAGLE' }).notes.some(({ code }) => code === 'draft-model-not-counted'));
  });

  it('replicas of attention hold attention and embedding whole, and share the rest', () => {
    const weightsOf = (options: JsonObject): number => start(deepseekLite, options).perDevice[0]?.weights ?? 0;
    const plain = weightsOf({ tp: 8 });
    const spread = weightsOf({ tp: 8, dp: 8, 'enable-dp-attention': true });
    // Of each layer q_proj and o_proj, kv_b_proj twice (the second time as its factors), and of the model the embedding.
    const cut = 27 * (16 * 192 * 2048 + 16 * 128 * 2048 + 2 * 16 * 256 * 512) + 102400 * 2048;
    assert.ok(Math.abs((spread - plain) / ((7 / 8) * cut * 2) - 1) < 0.01);
    assert.equal(weightsOf({ tp: 8, dp: 1, 'enable-dp-attention': true }), plain);
    const head = weightsOf({ tp: 8, dp: 8, 'enable-dp-attention': true, 'enable-dp-lm-head': true }) - spread;
    assert.ok(Math.abs(head / ((7 / 8) * 102400 * 2048 * 2) - 1) < 0.01);
    const codes = start(deepseekLite, { tp: 8, dp: 3, 'enable-dp-attention': true }).notes.map(({ code }) => code);
    assert.ok(codes.includes('refused-attention-replicas'));
  });

  it('without memory there is no pool; an unknown version or flag is an error', () => {
    assert.equal(start(llama8b, {}, '0.5.6', { count: 1, device: undefined, memory: undefined }).pool, null);
    assert.throws(() => start(llama8b, {}, 'main'), RunError);
    assert.ok('problem' in parseFlags(sglang.flags, ['--no-such-flag', '1']));
    assert.ok(
      'values' in parseFlags(sglang.flags, ['--tp', '2', '--trust-remote-code', '--mem-fraction-static', '0.8', '--host', '0.0.0.0']),
    );
  });

  it('versions whose pool may follow the graphs are said to be newer than the rules', () => {
    assert.ok(start(llama8b, {}, '0.5.23').notes.some(({ code }) => code === 'version-newer-than-rules'));
  });
});
