import assert from 'node:assert/strict';
import type { Analysis, JsonObject } from '../../../src/engine/index';
import { readFlags, parseFlags } from '../../../src/engine/memory/engines/flags';
import { RunError, type Machine, type RunMemory } from '../../../src/engine/memory/engines/run';
import { activationsOf } from '../../../src/engine/memory/engines/vllm/activations';
import { blocksPerSequence, planCache, poolFigures } from '../../../src/engine/memory/engines/vllm/cachePlan';
import { cacheSpecs } from '../../../src/engine/memory/engines/vllm/cacheSpecs';
import { lengthOf, settingsOf, type Settings } from '../../../src/engine/memory/engines/vllm/settings';
import { atLeast } from '../../../src/engine/memory/engines/versions';
import { vllm } from '../../../src/engine/memory/engines/vllm/vllm';
import { deepseekLite, gemma2, gemma3, gptOss20b, llama8b, modelOf, qwen35, qwen4b, qwenMoe, scout } from './servingModels';
import { findDevice } from '../../../src/engine/index';

const GiB = 2 ** 30;
const found = findDevice('H100 SXM 80GB');
const h100: Machine = { count: 8, device: found.kind === 'found' ? found.device : assert.fail(), memory: Math.round(79.19 * GiB) };
const all = { from: 0, to: 1e6, first: true, last: true };

const settings = (model: Analysis, options: JsonObject = {}, version = '0.19.0', machine = h100): Settings => {
  const read = readFlags(vllm.flags, options);
  assert.ok('values' in read);
  return settingsOf(model, version, machine, read.values);
};
const start = (model: Analysis, options: JsonObject = {}, version = '0.19.0', machine = h100): RunMemory => {
  const read = readFlags(vllm.flags, options);
  assert.ok('values' in read);
  return vllm.memory({ analysis: model, weights: 'checkpoint', engine: 'vllm', version, machine, options: read.values });
};
const planOf = (model: Analysis, options: JsonObject = {}, version = '0.19.0') => {
  const set = settings(model, options, version);
  return { plan: planCache(cacheSpecs(model, set, 'checkpoint').layers, set), set };
};
/** Bytes of a token as the log's tokens count them. */
const perToken = (model: Analysis, options: JsonObject = {}): number => {
  const { plan, set } = planOf(model, options);
  const blocks = 7 * 48 * 1000;
  return (blocks * plan.bytesPerBlock(all)) / poolFigures(plan, blocks, set).tokens;
};

describe("vLLM's runner", () => {
  it('classes that generate are not taken for pooling ones, whatever their names end in', () => {
    const pools = (architecture: string): boolean => settings({ ...llama8b, architecture }).pooling;
    for (const name of ['ChatGLMModel', 'AquilaModel', 'GPT2LMHeadModel', 'InternVLChatModel', 'LlamaForCausalLM'])
      assert.equal(pools(name), false, name);
    for (const name of ['BertModel', 'Qwen3Model', 'XLMRobertaForSequenceClassification']) assert.equal(pools(name), true, name);
  });
});

describe("vLLM's longest context", () => {
  const small: Machine = { ...h100, count: 1, memory: 24 * GiB };
  const refusals = ({ notes }: RunMemory): readonly string[] => notes.filter(({ refused }) => refused).map(({ code }) => code);

  it('beyond the limit of the model is refused', () => {
    assert.deepEqual(refusals(start(llama8b, { 'max-model-len': 200_000 })), ['context-beyond-limit']);
    assert.deepEqual(refusals(start(llama8b, { 'max-model-len': 131_072 })), []);
  });

  it('fits by itself where -1 or auto is asked for', () => {
    assert.deepEqual(refusals(start(llama8b, {}, '0.19.0', small)), ['context-does-not-fit']);
    for (const length of [-1, 'auto']) {
      const run = start(llama8b, { 'max-model-len': length }, '0.19.0', small);
      assert.deepEqual(refusals(run), []);
      const context = Number(run.notes.find(({ code }) => code === 'context-fitted')?.values['context']);
      assert.ok(context > 1000 && context < 131_072);
      assert.ok((run.pool?.maxConcurrency ?? 0) >= 1 && (run.pool?.maxConcurrency ?? 0) < 1.01);
    }
    assert.deepEqual(refusals(start(llama8b, { 'max-model-len': -1 }, '0.19.0', { ...small, memory: 10 * GiB })), ['context-does-not-fit']);
  });

  it('is stretched by the factor of the positions, of YaRN as the version has it', () => {
    const yarn = modelOf({ ...llama8b.root, rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 131_072 } });
    assert.deepEqual(refusals(start(yarn, { 'max-model-len': 400_000 })), []);
    assert.deepEqual(refusals(start(yarn, { 'max-model-len': 400_000 }, '0.30.0')), ['context-beyond-limit']);
    const linear = modelOf({ ...llama8b.root, rope_scaling: { type: 'linear', factor: 2 } });
    assert.equal(settings(linear, {}, '0.30.0').maxModelLen, 262_144);
    const llama3 = modelOf({ ...llama8b.root, rope_scaling: { rope_type: 'llama3', factor: 8, original_max_position_embeddings: 8192 } });
    assert.equal(settings(llama3).maxModelLen, 131_072);
    assert.deepEqual(refusals(start(modelOf({ ...llama8b.root, model_max_length: 300_000 }), { 'max-model-len': 200_000 })), []);
  });

  it('reads switches that are turned off', () => {
    assert.equal(settings(llama8b, { 'no-enable-prefix-caching': true }).prefixCaching, false);
    assert.equal(settings(llama8b, { 'no-enable-prefix-caching': false }).prefixCaching, true);
    assert.ok('problem' in readFlags(vllm.flags, { 'no-max-model-len': true }));
  });
});

describe("vLLM's cache", () => {
  it('a token takes what public logs and sources say', () => {
    assert.equal(perToken(llama8b), 131072);
    assert.equal(perToken(llama8b, { tp: 2 }), 65536);
    assert.equal(perToken(llama8b, { 'kv-cache-dtype': 'fp8' }), 65536);
    assert.equal(perToken(deepseekLite), 31104);
    assert.equal(perToken(deepseekLite, { tp: 2 }), 31104);
    assert.equal(perToken(qwenMoe), 98304);
    assert.equal(perToken(gptOss20b, { tp: 2 }), 24576);
    assert.equal(perToken(gemma3(62, 16, 128, 5376)), 573440);
  });

  it('layers of unlike needs stand in groups of as many layers', () => {
    const groups = (model: Analysis): number => planOf(model).plan.groups.length;
    assert.equal(groups(llama8b), 1);
    assert.equal(groups(gemma2), 2);
    assert.equal(groups(gptOss20b), 2);
    assert.equal(groups(scout), 4);
    assert.equal(groups(gemma3(48, 8, 256, 3840)), 6);
    assert.equal(groups(gemma3(34, 4, 256, 2560)), 7);
    assert.equal(groups(gemma3(62, 16, 128, 5376)), 7);
  });

  it('a block spans 16 tokens in each group, and a part of that over all', () => {
    const tokens = (model: Analysis): number => {
      const { plan, set } = planOf(model);
      return poolFigures(plan, 84000, set).tokens / 84000;
    };
    assert.equal(tokens(gemma2), 8);
    assert.equal(tokens(gptOss20b), 8);
    assert.equal(tokens(scout), 4);
  });

  it('without its hybrid manager, windows are kept like full attention', () => {
    const { plan } = planOf(gemma2, { 'disable-hybrid-kv-cache-manager': true });
    assert.equal(plan.groups.length, 1);
    assert.equal(plan.bytesPerBlock(all), 16 * 42 * 2 * 8 * 256 * 2);
  });

  it('few more layers of one kind than of another pad the smaller group, from 0.12 on', () => {
    const layers = [...Array(13).keys()].map((layer) => ({ layer, spec: { kind: 'full' as const, blockSize: 16, page: 1024 } }));
    const windows = [...Array(12).keys()].map((layer) => ({
      layer: layer + 13,
      spec: { kind: 'sliding' as const, blockSize: 16, page: 1024, span: 128 },
    }));
    const groups = (version: string): number => planCache([...layers, ...windows], settings(llama8b, {}, version)).groups.length;
    assert.equal(groups('0.11.0'), 3);
    assert.equal(groups('0.12.0'), 2);
  });

  it('attention beside a recurrent state has blocks as large as the state', () => {
    const block = (options: JsonObject): number | undefined =>
      cacheSpecs(qwen35, settings(qwen35, options), 'checkpoint').layers.find(({ spec }) => spec.kind === 'full')?.spec.blockSize;
    assert.equal(block({}), 784);
    assert.equal(block({ tp: 4 }), 784);
    assert.equal(block({ 'speculative-config': '{"method": "mtp", "num_speculative_tokens": 3}' }), 800);
    assert.equal(block({ 'kv-cache-dtype': 'fp8', 'speculative-config': '{"method": "mtp", "num_speculative_tokens": 3}' }), 1600);
  });

  it('Qwen 3.5 27B on four ranks: 7 GiB are 114,464 tokens, as printed', () => {
    const run = start(qwen35, { tp: 4, 'max-model-len': 32768, 'kv-cache-memory-bytes': String(7 * GiB) });
    assert.equal(run.pool?.tokens, 114464);
  });

  it('a sequence takes a window and what is under way of it, and one block for its place', () => {
    const { plan, set } = planOf(gemma2, { 'max-model-len': 8192, 'max-num-batched-tokens': 2048 });
    // 8192 / 16 blocks of full attention; 4095 + 2048 tokens of a window in 384 blocks, and one.
    assert.equal(blocksPerSequence(plan.groups, set), 512 + 385);
  });

  it('context parallelism multiplies the tokens of a block', () => {
    const { plan, set } = planOf(deepseekLite, { tp: 4, 'decode-context-parallel-size': 4 });
    assert.equal(poolFigures(plan, 1000, set).tokens, 64000);
  });
});

describe("vLLM's activations", () => {
  const rows = 1024;

  it('sorting logits takes 38 bytes each, filtering them in place 14 and one row a multiprocessor', () => {
    const peak = (version: string): number => activationsOf(qwen4b, settings(qwen4b, {}, version), all).peak;
    const words = 151936;
    const other = 8192 * 2560 * 2 + 2 * rows * 2560 * 2 + 32 * 2 ** 20;
    assert.equal(peak('0.10.2'), 38 * rows * words + other);
    assert.equal(peak('0.19.0'), 14 * rows * words + 132 * words * 4 + other);
  });

  it('agree with what logs print: 5.59 GiB in 0.10.2, 1.89 in 0.19', () => {
    assert.ok(Math.abs(activationsOf(qwen4b, settings(qwen4b, {}, '0.10.2'), all).peak / GiB - 5.59) < 0.01);
    assert.ok(Math.abs(activationsOf(llama8b, settings(llama8b), all).peak / GiB - 1.89) < 0.01);
  });

  it('few sequences leave the forward pass; a stage that is not the last samples nothing', () => {
    const few = activationsOf(qwen4b, settings(qwen4b, { 'max-num-seqs': 8 }), all);
    assert.ok(few.forward > few.sampler);
    assert.equal(activationsOf(llama8b, settings(llama8b), { ...all, last: false }).sampler, 0);
  });
});

describe("vLLM's settings", () => {
  it('follow the version and the device', () => {
    assert.equal(settings(llama8b).utilization, 0.9);
    assert.equal(settings(llama8b, {}, '0.20.0').utilization, 0.92);
    assert.deepEqual([settings(llama8b).maxNumBatchedTokens, settings(llama8b).maxNumSeqs], [8192, 1024]);
    const small = settings(llama8b, {}, '0.19.0', { count: 1, device: undefined, memory: 24 * GiB });
    assert.deepEqual([small.maxNumBatchedTokens, small.maxNumSeqs], [2048, 256]);
    const large = settings(llama8b, {}, '0.33.0', { count: 1, device: undefined, memory: 178 * GiB });
    assert.equal(large.maxNumBatchedTokens, 16384);
    assert.equal(settings(llama8b).captureSizes.length, 51);
    assert.equal(settings(llama8b).captureSizes.at(-1), 512);
    assert.deepEqual(settings(llama8b, { 'enforce-eager': true }).captureSizes, []);
  });

  it('lengths may have a suffix: small ones are powers of ten', () => {
    assert.equal(lengthOf('8k', 'max-model-len'), 8000);
    assert.equal(lengthOf('8K', 'max-model-len'), 8192);
    assert.equal(lengthOf('25.6k', 'max-model-len'), 25600);
    assert.equal(lengthOf('auto', 'max-model-len'), undefined);
    assert.throws(() => lengthOf('many', 'max-model-len'), RunError);
  });

  it('versions compare by their numbers', () => {
    assert.ok(atLeast('0.19.2rc1.dev206+g95995bbef', '0.19.1'));
    assert.ok(!atLeast('0.9.2', '0.10'));
    assert.ok(atLeast('0.20', '0.20.0'));
  });
});

describe("vLLM's flags", () => {
  it('have the names, short forms and switches of the command line', () => {
    const read = parseFlags(vllm.flags, [
      '-tp',
      '2',
      '--max_model_len',
      '8k',
      '--enforce-eager',
      '--gpu-memory-utilization=0.8',
      '--trust-remote-code',
    ]);
    assert.deepEqual(read, {
      values: {
        'tensor-parallel-size': 2,
        'max-model-len': '8k',
        'enforce-eager': true,
        'gpu-memory-utilization': 0.8,
        'trust-remote-code': true,
      },
    });
  });

  it('an unknown one is named, JSON that is none too', () => {
    const read = parseFlags(vllm.flags, ['--max-model-length', '8']);
    assert.ok('problem' in read && read.problem.flag === '--max-model-length');
    assert.throws(() => start(llama8b, { 'speculative-config': '{' }), /JSON/);
  });
});

describe('a start of vLLM', () => {
  it('terms, devices and the pool agree', () => {
    const run = start(llama8b, { tp: 2, pp: 2, 'gpu-memory-utilization': 0.95, 'max-model-len': 8192 });
    assert.equal(run.perDevice.length, 4);
    for (const { total, weights, cache, activations, graphs, nonTorch, buffers } of run.perDevice)
      assert.equal(total, weights + cache + activations + graphs + nonTorch + buffers);
    for (const { bytes, low, high } of run.terms) assert.ok(low <= bytes && bytes <= high);
    assert.deepEqual(run.terms.map(({ name }) => name), ['model-weights', 'peak-activation', 'non-torch', 'cuda-graphs', 'kv-cache']); // prettier-ignore
  });

  it('Llama 3.1 8B on an H100 of 79.19 GiB: 476,000 tokens within one in a thousand, 14.99 GiB of weights', () => {
    const run = start(llama8b, { 'gpu-memory-utilization': 0.95, 'max-model-len': 8192 });
    assert.ok(Math.abs((run.pool?.tokens ?? 0) / 476000 - 1) < 0.001);
    assert.ok(Math.abs((run.perDevice[0]?.weights ?? 0) / GiB - 14.9889) < 0.0005);
  });

  it('without memory there is no pool, and nothing is made up', () => {
    const run = start(llama8b, {}, '0.19.0', { count: 1, device: undefined, memory: undefined });
    assert.equal(run.pool, null);
    assert.equal(run.perDevice[0]?.usable, null);
  });

  it('says why it would not start', () => {
    const codes = (options: JsonObject): readonly string[] =>
      start(llama8b, options)
        .notes.filter(({ refused }) => refused)
        .map(({ code }) => code);
    assert.deepEqual(codes({ tp: 3 }), ['refused-attention-heads']);
    assert.deepEqual(codes({ tp: 16 }), ['more-ranks-than-devices']);
    assert.deepEqual(codes({ 'kv-cache-memory-bytes': '1G', 'max-model-len': 131072 }), ['context-does-not-fit']);
  });

  it('adapters, offload and overrides are heeded', () => {
    const plain = start(llama8b);
    assert.ok(start(llama8b, { 'enable-lora': true, 'max-lora-rank': 64 }).terms.some(({ name }) => name === 'lora-adapters'));
    assert.equal((plain.perDevice[0]?.weights ?? 0) - (start(llama8b, { 'cpu-offload-gb': 4 }).perDevice[0]?.weights ?? 0), 4 * GiB);
    assert.equal(start(llama8b, { 'num-gpu-blocks-override': 100 }).pool?.tokens, 1600);
    const fp8 = start(llama8b, { quantization: 'fp8' }).perDevice[0]?.weights ?? 0;
    assert.ok(Math.abs(fp8 / GiB - 8.49) < 0.01);
  });

  it('experts in MXFP4 are as wide as the kernel of the device wants them', () => {
    const weights = (name: string): number => {
      const device = findDevice(name);
      assert.ok(device.kind === 'found');
      return start(gptOss20b, {}, '0.19.0', { count: 1, device: device.device, memory: 80 * GiB }).perDevice[0]?.weights ?? 0;
    };
    // 24 layers of 3 × 32 × 2880 × 2880 elements at 4.25 bits, and those padded to 2944 × 3072.
    const experts = (inner: number, hidden: number): number => 24 * 3 * 32 * inner * hidden * (4.25 / 8);
    const more = weights('A100 SXM 80GB') - weights('H100 SXM 80GB');
    assert.ok(Math.abs(more / (experts(2944, 3072) - experts(2880, 2880)) - 1) < 0.01, String(more));
  });

  it('replicas share the experts of a mixture, and hold the rest each', () => {
    const one = start(qwenMoe, { tp: 2 }).perDevice[0]?.weights ?? 0;
    const two = start(qwenMoe, { tp: 2, dp: 2 });
    assert.equal(two.perDevice.length, 4);
    const experts = 48 * 128 * 3 * 768 * 2048 * 2;
    assert.ok(Math.abs(one - (two.perDevice[0]?.weights ?? 0) - experts / 4) < 1e7);
  });

  it('a draft model of its own is said not to be counted', () => {
    const codes = start(llama8b, { 'speculative-config': '{"method": "eagle3", "model": "x", "num_speculative_tokens": 3}' }).notes.map(
      ({ code }) => code,
    );
    assert.ok(codes.includes('draft-model-not-counted'));
  });

  it('graphs are taken from the pool from 0.20 on', () => {
    const cache = (version: string, eager: boolean): number =>
      start(llama8b, { 'enforce-eager': eager, 'gpu-memory-utilization': 0.9 }, version).pool?.bytes ?? 0;
    assert.equal(cache('0.19.0', false), cache('0.19.0', true));
    assert.ok(cache('0.20.0', false) < cache('0.20.0', true));
  });

  it('more ranks than any start has are refused before they are counted', () => {
    assert.throws(() => start(llama8b, { tp: 1024, pp: 1024 }), /ranks/);
  });

  it('an unknown version or preset is an error that names its place', () => {
    assert.throws(() => start(llama8b, {}, 'newest'), (error: unknown) => error instanceof RunError && error.path === 'engineVersion'); // prettier-ignore
    assert.throws(
      () => vllm.memory({ analysis: llama8b, weights: 'q9', engine: 'vllm', version: '0.19.0', machine: h100, options: {} }),
      (error: unknown) => error instanceof RunError && error.path === 'weights',
    );
  });
});
