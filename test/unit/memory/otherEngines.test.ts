import assert from 'node:assert/strict';
import { findDevice, type Analysis, type JsonObject } from '../../../src/engine/index';
import { cacheByLayer } from '../../../src/engine/memory/engines/exllama/cache';
import { exllama } from '../../../src/engine/memory/engines/exllama/exllama';
import { settingsOf as exllamaSettings } from '../../../src/engine/memory/engines/exllama/settings';
import { readFlags } from '../../../src/engine/memory/engines/flags';
import { machineOf } from '../../../src/engine/memory/engines/machine';
import { mlxCacheBytes, slotsOf } from '../../../src/engine/memory/engines/mlx/cache';
import { mlx } from '../../../src/engine/memory/engines/mlx/mlx';
import { RunError, type Engine, type Machine, type Run, type RunMemory } from '../../../src/engine/memory/engines/run';
import { tensorrtLlm } from '../../../src/engine/memory/engines/tensorrtLlm/tensorrtLlm';
import { tgi } from '../../../src/engine/memory/engines/tgi/tgi';
import { phaseBytes } from '../../../src/engine/memory/engines/transformers/activations';
import { settingsOf } from '../../../src/engine/memory/engines/transformers/settings';
import { sglang } from '../../../src/engine/memory/engines/sglang/sglang';
import { vllm } from '../../../src/engine/memory/engines/vllm/vllm';
import { transformers } from '../../../src/engine/memory/engines/transformers/transformers';
import { wholeCacheBytes } from '../../../src/engine/memory/engines/transformers/kept';
import { peakMemory } from '../../../src/engine/memory/trace/peak';
import { deepseekLite, gemma2, gptOss20b, llama8b, modelOf, qwen35 } from './servingModels';

const GiB = 2 ** 30;
const machine = (name: string, count = 1): Machine => {
  const found = findDevice(name);
  return machineOf(found.kind === 'found' ? found.device : assert.fail(), count);
};
const h100 = machine('H100 SXM 80GB');
const m4: Machine = { count: 1, device: undefined, memory: 48 * GiB };

function runOf(
  engine: Engine,
  analysis: Analysis,
  options: JsonObject = {},
  on: Machine = h100,
  weights = 'checkpoint',
  version?: string,
): Run {
  const read = readFlags(engine.flags, options);
  assert.ok('values' in read, JSON.stringify(read));
  return { analysis, weights, engine: engine.id, version, machine: on, options: read.values };
}
const start = (...args: Parameters<typeof runOf>): RunMemory => args[0].memory(runOf(...args));

const all: readonly (readonly [Engine, Machine, string])[] = [
  [transformers, h100, 'checkpoint'],
  [mlx, m4, 'mlx-4bit-g64'],
  [tensorrtLlm, h100, 'checkpoint'],
  [exllama, h100, 'exl3-4.0bpw'],
  [tgi, h100, 'checkpoint'],
];

describe('engines beside vLLM, SGLang and llama.cpp', () => {
  for (const [engine, on, weights] of all) {
    it(`${engine.title}: parts make up the total, terms those of the fullest device, and bands hold them`, () => {
      for (const model of [llama8b, deepseekLite, gemma2, gptOss20b, qwen35]) {
        const { perDevice, terms } = start(engine, model, {}, on, weights);
        for (const { total, weights: held, cache, activations, graphs, nonTorch, buffers } of perDevice)
          assert.equal(total, held + cache + activations + graphs + nonTorch + buffers);
        const most = Math.max(...perDevice.map(({ total }) => total));
        const sum = terms.reduce((whole, { bytes }) => whole + bytes, 0);
        assert.ok(Math.abs(sum - most) <= 2, `${model.modelType}: ${sum} of ${most}`);
        for (const { name, bytes, low, high } of terms) {
          assert.ok(Number.isInteger(bytes) && bytes >= 0, `${model.modelType} ${name}: ${bytes}`);
          assert.ok(low <= bytes && bytes <= high, `${model.modelType} ${name}: ${low} ${bytes} ${high}`);
        }
      }
    });
    it(`${engine.title}: its defaults are flags that it knows, and change nothing when they are given`, () => {
      const run = runOf(engine, llama8b, {}, on, weights);
      const read = readFlags(engine.flags, engine.defaults(run) as JsonObject);
      assert.ok('values' in read, JSON.stringify(read));
      assert.deepEqual(engine.memory({ ...run, options: read.values }).perDevice, engine.memory(run).perDevice);
    });
    it(`${engine.title}: answers without a known memory, and refuses a version that is none`, () => {
      const unknown: Machine = { count: 1, device: undefined, memory: undefined };
      assert.ok((start(engine, llama8b, {}, unknown, weights).perDevice[0]?.weights ?? 0) > 3e9);
      assert.throws(() => start(engine, llama8b, {}, on, weights, 'main'), RunError);
    });
  }

  it('each refuses weights that it does not run, by name', () => {
    const refused = (engine: Engine, weights: string): void =>
      assert.throws(
        () => start(engine, llama8b, {}, h100, weights),
        (error) => error instanceof RunError && error.path === 'weights' && error.message.includes(weights),
      );
    refused(exllama, 'gptq-int4-g128');
    refused(mlx, 'awq-int4-g128');
    refused(transformers, 'mlx-4bit-g64');
    refused(transformers, 'exl2-4.0bpw');
    refused(transformers, 'Q4_K_M');
  });
});

describe('transformers', () => {
  it('holds weights and the cache of all tokens but the last', () => {
    const [device] = start(transformers, llama8b, { 'input-length': 1, 'max-new-tokens': 2048 }).perDevice;
    assert.equal(device?.weights, 8_030_261_248 * 2);
    assert.equal(device?.cache, 131_072 * 2048);
  });

  it('before 4.50 each tensor rounds by itself: 3 MiB a layer of Qwen2.5-14B', () => {
    // 13824 × 5120 × 2 is 135 MiB, of which a segment of 136 is all given out.
    const version = (text: string): number => start(transformers, llama8b, {}, h100, 'checkpoint', text).perDevice[0]?.weights ?? 0;
    // Embedding and head are 1002 MiB, products 112, 32 and 8 MiB: all whole.
    assert.equal(version('4.46.0') - version('5.0.0'), 0);
    const packed = (text: string): number => start(transformers, llama8b, {}, h100, 'bnb-int8', text).perDevice[0]?.weights ?? 0;
    assert.ok(packed('4.46.0') >= packed('5.0.0'));
  });

  it('takes the fuller of prompt and last token, and a prompt in chunks is smaller', () => {
    const total = (options: JsonObject): number => start(transformers, llama8b, options).perDevice[0]?.total ?? 0;
    const whole = total({ 'input-length': 32768 });
    assert.ok(total({ 'input-length': 32768, 'prefill-chunk-size': 2048 }) < whole);
    assert.ok(total({ 'input-length': 32768, 'attn-implementation': 'eager' }) > 2 * whole);
    assert.ok(total({ 'batch-size': 4 }) > total({ 'num-beams': 2 }));
    assert.ok(total({ 'use-cache': false, 'max-new-tokens': 4000 }) < total({ 'max-new-tokens': 4000, 'cache-implementation': 'static' }));
  });

  it('the trace of a few layers is that of all', () => {
    for (const model of [llama8b, gptOss20b, gemma2]) {
      const settings = settingsOf(runOf(transformers, model));
      for (const [mode, tokens] of [
        ['prefill', 3000],
        ['decode', 5000],
      ] as const) {
        const job = { mode, batch: 1, tokens, attention: 'sdpa', logits: 'last', precision: 'bf16', checkpointing: false, lora: null, optimizer: 'adamw', states: 'fp32' } as const; // prettier-ignore
        const whole = peakMemory(model, job);
        if (!whole) continue;
        const cached = wholeCacheBytes(model.inventory, mode === 'decode' ? tokens + 1 : tokens, 1, 'bf16');
        const ours = phaseBytes(model, settings, mode, tokens).bytes;
        const theirs = whole.total - whole.parameters - cached;
        assert.ok(Math.abs(ours / theirs - 1) < 0.02, `${model.modelType} ${mode}: ${ours} ${theirs}`);
      }
    }
  });

  it('device_map puts whole layers on devices in turn, and what fits nowhere on the host', () => {
    const two = start(transformers, llama8b, {}, machine('RTX 4090', 2));
    const [first, second] = two.perDevice;
    assert.ok(first && second && first.weights > 5e9 && second.weights > 5e9);
    assert.equal(first.weights + second.weights, 8_030_261_248 * 2);
    assert.equal(first.cache + second.cache, 131_072 * 4096);
    const small = start(transformers, llama8b, { 'device-map': 'auto' }, machine('RTX 3080 10GB'));
    assert.ok(small.notes.some(({ code, values }) => code === 'weights-on-host' && Number(values['bytes']) > 4e9));
    assert.ok(
      start(transformers, llama8b, {}, machine('RTX 3080 10GB')).notes.some(({ code, refused }) => code === 'does-not-fit' && refused),
    );
  });

  it('bitsandbytes is asked for by its own arguments, once', () => {
    const four = start(transformers, llama8b, { 'load-in-4bit': true, 'bnb-4bit-use-double-quant': true }).perDevice[0];
    assert.ok(four && four.weights < 6e9);
    assert.throws(() => start(transformers, llama8b, { 'load-in-4bit': true }, h100, 'bnb-int8'), RunError);
  });
});

describe('mlx-lm', () => {
  it('buffers grow by 256 tokens, a pass of the prompt at a time', () => {
    assert.equal(slotsOf(2048, 128, 2048), 2304);
    assert.equal(slotsOf(1, 1, 2048), 256);
    assert.equal(slotsOf(100, 100, 2048), 256);
    // Two passes of 2048 and 903 tokens: 2048 + 1024 slots.
    assert.equal(slotsOf(2952, 100, 2048), 3072);
    assert.equal(slotsOf(2952, 200, 2048), 3328);
  });

  it('windows turn in place, --kv-bits packs with a scale and a bias, --max-kv-size bounds', () => {
    const settings = { input: 20_001, newTokens: 100, sequences: 1, chunk: 2048, maxSize: undefined, bits: undefined, groupSize: 64, quantizedFrom: 5000, width: 2 }; // prettier-ignore
    const slots = slotsOf(20_001, 100, 2048);
    assert.equal(mlxCacheBytes(llama8b, settings), 131_072 * slots);
    assert.equal(mlxCacheBytes(llama8b, { ...settings, bits: 8 }), 65_536 * (8.5 / 8) * slots);
    assert.equal(mlxCacheBytes(llama8b, { ...settings, maxSize: 4096 }), 131_072 * 4096);
    // gpt-oss: 12 of 24 layers see 128 tokens; 8 heads of 64.
    assert.equal(mlxCacheBytes(gptOss20b, settings), 12 * 2048 * slots + 12 * 2048 * 128);
  });

  it('weights are those of the files, and the device what Metal may wire', () => {
    const { perDevice, notes } = start(mlx, llama8b, {}, { count: 1, device: undefined, memory: 5 * GiB }, 'mlx-4bit-g64');
    // 4.5 bits of every linear layer and the embedding.
    assert.ok(Math.abs((perDevice[0]?.weights ?? 0) / (8_030_261_248 * (4.5 / 8)) - 1) < 0.001);
    assert.ok(notes.some(({ code, refused }) => code === 'does-not-fit' && refused));
  });
});

describe('TensorRT-LLM and TGI', () => {
  it('TensorRT-LLM gives a share of what is left, TGI leaves a tenth of the device', () => {
    for (const [engine, of] of [
      [tensorrtLlm, 'rest'],
      [tgi, 'device'],
    ] as const) {
      const { perDevice, pool } = start(engine, llama8b);
      const [device] = perDevice;
      assert.ok(device && pool && h100.memory);
      const beside = device.weights + device.activations + device.nonTorch;
      const expected = of === 'rest' ? (h100.memory - beside) * 0.9 : h100.memory * 0.9 - beside;
      assert.ok(Math.abs(device.cache - expected) <= 131_072 * 32, engine.id);
      assert.equal(pool.tokens, Math.round(device.cache / 131_072));
    }
  });

  it('ranks share heads, stages layers, FP8 and NVFP4 halve and quarter the cache', () => {
    const tokens = (options: JsonObject, count = 1): number =>
      start(tensorrtLlm, llama8b, options, machine('H100 SXM 80GB', count)).pool?.tokens ?? 0;
    assert.ok(tokens({ 'kv-cache-dtype': 'fp8' }) / tokens({}) > 1.99);
    assert.ok(tokens({ 'kv-cache-dtype': 'nvfp4' }) / tokens({}) > 3.5);
    assert.ok(tokens({ tp_size: 2 }, 2) > 2 * tokens({}));
    assert.equal(tokens({ 'max-tokens': 1000 }), 1024);
    assert.equal(start(tensorrtLlm, llama8b, { tp_size: 2, pp_size: 2 }, machine('H100 SXM 80GB', 4)).perDevice.length, 4);
    assert.ok(
      start(tensorrtLlm, llama8b, { tp_size: 3 }, machine('H100 SXM 80GB', 4)).notes.some(({ code }) => code === 'refused-attention-heads'),
    );
  });
});

describe('ExLlama', () => {
  const cells = (weights: string, options: JsonObject): number =>
    [...cacheByLayer(llama8b, exllamaSettings(runOf(exllama, llama8b, options, h100, weights))).values()].reduce(
      (sum, { pages }) => sum + pages,
      0,
    );

  it('cache is a whole number of pages; each 32 elements of a quantized one share a scale', () => {
    assert.equal(cells('exl3-4.0bpw', { 'cache-size': 8192 }), 131_072 * 8192);
    assert.equal(cells('exl3-4.0bpw', { 'cache-size': 8193 }), 131_072 * 8448);
    // 4.5 of 16 bits.
    assert.equal(cells('exl3-4.0bpw', { 'cache-size': 8192, 'cache-mode': 'Q4' }), 131_072 * 8192 * (4.5 / 16));
    assert.equal(cells('exl3-4.0bpw', { 'cache-size': 8192, 'cache-mode': '8,6' }), 131_072 * 8192 * (7.5 / 16));
    assert.equal(cells('exl2-4.0bpw', { 'cache-size': 8192, 'cache-mode': 'Q6' }), 131_072 * 8192 * (6.5 / 16));
    assert.throws(() => cells('exl2-4.0bpw', { 'cache-mode': '8,6' }), RunError);
    assert.throws(() => cells('exl3-4.0bpw', { 'cache-mode': 'Q5' }), RunError);
  });

  it('the embedding stays on the host, and ExLlamaV2 keeps the largest matrix unpacked', () => {
    const v2 = start(exllama, llama8b, { 'cache-size': 8192 }, h100, 'exl2-4.0bpw').perDevice[0];
    const v3 = start(exllama, llama8b, { 'cache-size': 8192 }, h100, 'exl3-4.0bpw').perDevice[0];
    // 128,256 × 4,096 × 2 bytes of the head.
    assert.equal(v2?.buffers, 128_256 * 4096 * 2);
    assert.equal(v3?.buffers, 14_336 * 4096 * 2);
    // 6.98 billion in layers at 4 bits, a head of 0.53 billion at 6.
    assert.ok(v3 && v3.weights > 3.85e9 && v3.weights < 4.0e9, String(v3?.weights));
  });

  it('devices are filled in turn, or as gpu_split says', () => {
    const two = machine('RTX 4090', 2);
    const [first, second] = start(exllama, llama8b, { 'cache-size': 8192 }, two, 'exl3-4.0bpw').perDevice;
    assert.ok(first && second && first.weights > 3e9 && second.weights === 0);
    const split = start(exllama, llama8b, { 'cache-size': 8192, 'gpu-split': '3,3' }, two, 'exl3-4.0bpw').perDevice;
    assert.ok(split.every(({ weights, cache }) => weights > 0 && weights + cache <= 3 * GiB));
    assert.ok(start(exllama, llama8b, {}, machine('RTX 3080 10GB'), 'exl3-4.0bpw').notes.some(({ code }) => code === 'does-not-fit'));
  });
});

describe('servers of safetensors', () => {
  for (const [engine, others] of [
    [vllm, ['Q4_K_M', 'Q8_0', 'mlx-4bit-g64', 'exl2-4.0bpw', 'exl3-4.0bpw', 'hqq-int4-g64', 'eetq-int8']],
    [sglang, ['Q4_K_M', 'BF16', 'mlx-4bit-g64', 'exl2-4.0bpw', 'exl3-4.0bpw', 'hqq-int4-g64']],
    [tensorrtLlm, ['Q4_K_M', 'mlx-4bit-g64', 'exl2-4.0bpw', 'exl3-4.0bpw', 'bnb-nf4']],
    [tgi, ['Q4_K_M', 'mlx-4bit-g64', 'exl3-4.0bpw', 'openvino-int8']],
  ] as const)
    it(`${engine.title}: weights of other programs are refused with what it runs, and its own are not`, () => {
      for (const weights of others)
        assert.throws(
          () => start(engine, llama8b, {}, h100, weights),
          (error) => error instanceof RunError && error.code === 'weights-not-for-engine' && /GPTQ, AWQ/.test(error.message),
          weights,
        );
      for (const weights of ['bf16', 'fp8-channel', 'gptq-int4-g128', 'awq-int4-g128'])
        assert.ok((start(engine, llama8b, {}, h100, weights).terms[0]?.bytes ?? 0) > 4 * GiB, weights);
    });
});

describe('what does and does not start', () => {
  it('MLX: files of gpt-oss in MXFP4 are loaded, the preset of others is not', () => {
    const mxfp4 = modelOf({ ...gptOss20b.root, quantization_config: { quant_method: 'mxfp4', modules_to_not_convert: [] } });
    assert.equal(mxfp4.checkpoint.scheme.split('+')[0], 'mxfp4');
    const weights = start(mlx, mxfp4, {}, m4).perDevice[0]?.weights ?? 0;
    assert.ok(weights > 10 * GiB && weights < 16 * GiB);
    assert.throws(() => start(mlx, llama8b, {}, m4, 'mxfp4'), RunError);
  });

  it('Transformers: a device that is over full is refused although weights went to the host', () => {
    const run = start(transformers, llama8b, { 'device-map': 'auto' }, machine('RTX 4060'));
    const [row] = run.perDevice;
    assert.equal(
      run.notes.some(({ code, refused }) => code === 'does-not-fit' && refused),
      row !== undefined && row.usable !== null && row.total > row.usable,
    );
    assert.ok(run.notes.some(({ code }) => code === 'weights-on-host'));
    assert.ok(row && row.usable !== null && row.total > row.usable);
  });
});
