import assert from 'node:assert/strict';
import { analyze, findDevice, type Analysis, type JsonObject } from '../../../src/engine/index';
import { parseFlags, readFlags } from '../../../src/engine/memory/engines/flags';
import { llamaCpp, lmStudio, ollama } from '../../../src/engine/memory/engines/llamaCpp/engines';
import { computeMemory, computeOf, layersToBuild, type Parts } from '../../../src/engine/memory/engines/llamaCpp/compute';
import { backendsOf } from '../../../src/engine/memory/engines/llamaCpp/backends';
import { cacheMemory } from '../../../src/engine/memory/engines/llamaCpp/cache';
import { modelFile } from '../../../src/engine/memory/engines/llamaCpp/file';
import { place } from '../../../src/engine/memory/engines/llamaCpp/placement';
import { settingsOf } from '../../../src/engine/memory/engines/llamaCpp/settings';
import { modelShape } from '../../../src/engine/memory/engines/llamaCpp/shape';
import { versionOf } from '../../../src/engine/memory/engines/llamaCpp/versions';
import { machineOf } from '../../../src/engine/memory/engines/machine';
import { RunError, type Engine, type Run, type RunMemory } from '../../../src/engine/memory/engines/run';

const MiB = 2 ** 20;

const analysisOf = (root: JsonObject): Analysis => {
  const result = analyze(root);
  assert.equal(result.kind, 'model');
  return result as Analysis;
};

const llama3: JsonObject = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  torch_dtype: 'bfloat16',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 8192,
  tie_word_embeddings: false,
};
const gptOss: JsonObject = {
  model_type: 'gpt_oss',
  architectures: ['GptOssForCausalLM'],
  torch_dtype: 'bfloat16',
  hidden_size: 2880,
  intermediate_size: 2880,
  num_hidden_layers: 24,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  head_dim: 64,
  num_local_experts: 32,
  num_experts_per_tok: 4,
  vocab_size: 201088,
  quantization_config: {
    quant_method: 'mxfp4',
    modules_to_not_convert: ['model.layers.*.self_attn', 'model.layers.*.mlp.router', 'model.embed_tokens', 'lm_head'],
  },
};

const qwen35: JsonObject = {
  model_type: 'qwen3_5_text',
  architectures: ['Qwen3_5ForCausalLM'],
  dtype: 'bfloat16',
  hidden_size: 1024,
  intermediate_size: 3584,
  num_hidden_layers: 24,
  num_attention_heads: 8,
  num_key_value_heads: 2,
  head_dim: 256,
  linear_num_value_heads: 16,
  vocab_size: 151936,
};

const start = (
  engine: Engine,
  root: JsonObject,
  more: Partial<Run> & { readonly flags?: JsonObject; readonly count?: number } = {},
): RunMemory => {
  const read = readFlags(engine.flags, more.flags ?? {});
  assert.ok('values' in read, JSON.stringify(read));
  return engine.memory({
    analysis: analysisOf(root),
    weights: 'Q4_K_M',
    engine: engine.id,
    version: undefined,
    machine: { count: more.count ?? 1, device: undefined, memory: undefined },
    options: read.values,
    ...more,
  });
};

const mebibytes = ({ buffers }: RunMemory, name: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(buffers?.[name] ?? {})
      .filter(([, bytes]) => bytes > 0)
      .map(([part, bytes]) => [part, (bytes / MiB - 1e-9).toFixed(2)]),
  );

describe('llama.cpp: buffers of a run', () => {
  it('are what llama.cpp prints for Llama 3 8B on one device (b2824, a public log)', () => {
    const memory = start(llamaCpp, llama3, { version: 'b2824', flags: { c: 8192, ngl: 33 } });
    assert.deepEqual(mebibytes(memory, 'CUDA0'), { model: '4403.49', kv: '1024.00', compute: '560.00' });
    assert.deepEqual(mebibytes(memory, 'CPU'), { model: '281.81' });
    assert.deepEqual(mebibytes(memory, 'CUDA_Host'), { compute: '24.01', output: '0.49' });
  });

  it('are what it prints for four devices, whose splits run one behind the other', () => {
    const memory = start(llamaCpp, llama3, { version: 'b2834', flags: { c: 8192, ngl: 99 }, count: 4 });
    assert.deepEqual(
      ['CUDA0', 'CUDA1', 'CUDA2', 'CUDA3'].map((name) => mebibytes(memory, name)),
      [
        { model: '1130.62', kv: '288.00', compute: '640.01' },
        { model: '982.66', kv: '256.00', compute: '640.01' },
        { model: '982.66', kv: '256.00', compute: '640.01' },
        { model: '1307.55', kv: '224.00', compute: '640.02' },
      ],
    );
    assert.deepEqual(mebibytes(memory, 'CUDA_Host'), { compute: '72.02', output: '0.49' });
  });

  it('keep the window of sliding layers alone: gpt-oss (b8193, a public log)', () => {
    const memory = start(llamaCpp, gptOss, {
      version: 'b8193',
      weights: 'checkpoint',
      flags: { 'ctx-size': 32768, 'ubatch-size': 2048, parallel: 1, 'flash-attn': 'on' },
    });
    // 12 layers × 32,768 cells × 2 × 512 × 2 B, and 12 × 2,304 cells (128 + 2,048, in steps of 256).
    assert.deepEqual(mebibytes(memory, 'CUDA0'), { model: '12036.68', kv: '822.00', compute: '1593.50' });
    assert.equal(mebibytes(memory, 'CUDA_Host')['compute'], '319.09');
  });

  it('give the cache its two types apart, and refuse quantized values without flash attention', () => {
    const flags = { c: 8192, ctk: 'q8_0', ctv: 'f16', fa: 'on', np: 1 };
    const kv = start(llamaCpp, llama3, { version: 'b8133', flags }).buffers?.['CUDA0']?.kv;
    assert.equal(kv, 32 * 8192 * 1024 * (34 / 32 + 2));
    assert.throws(() => start(llamaCpp, llama3, { version: 'b8133', flags: { ctv: 'q8_0', fa: 'off' } }), RunError);
  });

  it('share one cache among the slots of a server, or give each its own stream', () => {
    const shared = start(llamaCpp, llama3, { version: 'b8133', flags: { c: 8192 } });
    assert.equal(shared.buffers?.['CUDA0']?.kv, 1024 * MiB);
    // Four sequences' logits: 4 × 128,256 × 4 bytes.
    assert.equal(shared.buffers?.['CUDA_Host']?.output, 4 * 128256 * 4);
    assert.equal(shared.pool?.maxConcurrency, 1);
    const streams = start(llamaCpp, llama3, { version: 'b8133', flags: { c: 8192, np: 3 } });
    // 8,192 / 3 in steps of 256 are 2,816 each.
    assert.equal(streams.buffers?.['CUDA0']?.kv, 32 * 3 * 2816 * 2 * 1024 * 2);
    assert.equal(streams.pool?.maxConcurrency, 3);
    // A slot takes no more than the 8,192 tokens that the model was trained for.
    const atOnce = (flags: JsonObject, version?: string) => start(llamaCpp, llama3, { version, flags }).pool?.maxConcurrency;
    assert.equal(atOnce({ c: 20480 }), 2.5);
    assert.equal(atOnce({ c: 131072 }), 4);
    assert.equal(atOnce({ c: 8192, np: 4 }, 'b5331'), 4);
    assert.equal(start(lmStudio, llama3).pool?.maxConcurrency, 1);
  });

  it('put layers by their shares, and experts by name', () => {
    const shares = start(llamaCpp, llama3, { version: 'b5331', flags: { ngl: 99, ts: [3, 1] }, count: 2 });
    // 33 layers with the output: those below 3/4 · 33 = 24.75 on the first device.
    assert.equal(shares.buffers?.['CUDA0']?.kv, 25 * 4096 * 2 * 1024 * 2);
    const kept = (flags: JsonObject): number => start(llamaCpp, gptOss, { weights: 'checkpoint', flags }).buffers?.['CPU']?.model ?? 0;
    const all = kept({ 'cpu-moe': true });
    assert.equal(kept({ ot: '\\.ffn_(up|down|gate)_exps\\.=CPU' }), all);
    assert.ok(kept({ 'n-cpu-moe': 12 }) > kept({}) && kept({ 'n-cpu-moe': 12 }) < all);
    assert.throws(() => kept({ ot: 'exps=CUDA7' }), /override-tensor/);
  });

  it('are refused for a split by tensors, which has no rule, and for a main device that is not there', () => {
    const onTwo = (flags: JsonObject): RunMemory => start(llamaCpp, llama3, { flags, count: 2 });
    assert.throws(() => onTwo({ sm: 'tensor' }), { code: 'flag-value', path: 'split-mode' });
    assert.throws(() => onTwo({ sm: 'none', mg: 2 }), { code: 'flag-value', path: 'main-gpu' });
    assert.deepEqual(Object.keys(onTwo({ sm: 'none', mg: 1 }).buffers ?? {}).sort(), ['CPU', 'CUDA1', 'CUDA_Host']);
  });

  it('name rows that lie on several devices as they are printed, and count them where they lie', () => {
    const run = (flags: JsonObject, version: string): RunMemory =>
      start(llamaCpp, llama3, { version, count: 2, flags: { c: 8192, ngl: 99, ...flags } });
    const layers = run({}, 'b5331');
    const rows = run({ sm: 'row', ts: [3, 1] }, 'b5331');
    assert.deepEqual(Object.keys(rows.buffers ?? {}).sort(), ['CPU', 'CUDA0', 'CUDA0_Split', 'CUDA1', 'CUDA1_Split', 'CUDA_Host']);
    const weights = ({ buffers }: RunMemory): number =>
      Object.entries(buffers ?? {}).reduce((sum, [name, { model }]) => sum + (/^CUDA(\d|_Split)/.test(name) ? model : 0), 0);
    // What is aligned in one is not in the other.
    assert.ok(Math.abs(weights(rows) - weights(layers)) < 2 * MiB);
    assert.deepEqual(rows.perDevice.map(({ device }) => device).sort(), ['CPU', 'CUDA0', 'CUDA1', 'CUDA_Host']);
    const [first = 0, second = 0] = ['CUDA0', 'CUDA1'].map((name) => rows.perDevice.find(({ device }) => device === name)?.weights);
    assert.ok(Math.abs(first / second - 3) < 0.01, String(first / second));
    assert.equal(first + second, weights(rows));
    // As two public logs of a fork from before then have it: rows in one buffer, all else on the main device.
    const { buffers: older = {} } = run({ sm: 'row' }, 'b3600');
    assert.ok((older['CUDA_Split']?.model ?? 0) > 1000 * (older['CUDA0']?.model ?? 0));
    assert.equal(older['CUDA0']?.kv, 1024 * MiB);
  });

  it('round rows to the tiles of the kernels, and are refused where no such buffer is left', () => {
    const run = (version: string, on: string, flags: JsonObject): RunMemory => {
      const found = findDevice(on);
      const machine = machineOf(found.kind === 'found' ? found.device : assert.fail(), 2);
      return start(llamaCpp, llama3, { version, machine, flags: { c: 8192, ngl: 99, sm: 'row', ...flags } });
    };
    // Queries at Q4_K: 4,096 rows of 2,304 bytes, of which 0.3 are 1,228 and 1,152 in whole tiles of 128.
    const part = (on: string): number => run('b8133', on, { ts: [3, 7] }).perDevice.find(({ device }) => device === 'CUDA0')?.weights ?? 0;
    assert.ok(part('P40') > part('RTX 4090'));
    assert.throws(() => run('v0.5.0', 'RTX 4090', {}), { code: 'rows-not-split' });
  });

  it('load a tied embedding twice where the output is on a device', () => {
    const tied = { ...llama3, tie_word_embeddings: true };
    const embedding = 128256 * (4096 / 256) * 210;
    assert.equal(start(llamaCpp, tied).buffers?.['CPU']?.model, embedding);
    const onCpu = start(llamaCpp, tied, { flags: { ngl: 0 } }).buffers?.['CPU']?.model ?? 0;
    const onDevice = start(llamaCpp, tied).buffers?.['CUDA0']?.model ?? 0;
    assert.ok(Math.abs(onDevice - onCpu) < 128 * 300);
  });

  it('are the same whether a few layers of each sort are built or all', () => {
    for (const [root, count, flags] of [
      [llama3, 1, {}],
      [llama3, 3, {}],
      [gptOss, 1, {}],
      [qwen35, 2, {}],
      [llama3, 8, {}],
      [gptOss, 7, {}],
      [llama3, 5, { 'tensor-split': [3, 1, 1, 2, 1] }],
    ] as const) {
      const run: Run = {
        analysis: analysisOf(root),
        weights: root === gptOss ? 'checkpoint' : 'Q4_K_M',
        engine: 'llama.cpp',
        version: 'b8133',
        machine: { count, device: undefined, memory: undefined },
        options: { 'ctx-size': 16384, ...flags },
      };
      const version = versionOf(run.version);
      const file = modelFile(run.analysis, run.weights, {});
      const shape = modelShape(run.analysis, file);
      const settings = settingsOf(run, shape, version, 'server');
      const backends = backendsOf(run.machine, undefined, version);
      const placement = place(file, backends, settings, version);
      const cache = cacheMemory(shape, placement, backends, settings, version);
      const parts: Parts = { file, shape, settings, version, backends, placement, cache };
      const few = layersToBuild(parts).layers;
      assert.ok(few.length < shape.depth, `${few.length} layers`);
      const all = Array.from({ length: shape.depth }, (_, at) => at);
      assert.deepEqual(computeMemory(parts), computeOf(parts, all));
    }
  });

  it('sum up to the devices’ totals, each term within its band', () => {
    const memory = start(llamaCpp, gptOss, { weights: 'checkpoint' });
    for (const { low, bytes, high } of memory.terms) assert.ok(low <= bytes && bytes <= high);
    const terms = memory.terms.reduce((sum, { bytes }) => sum + bytes, 0);
    assert.equal(
      memory.perDevice.reduce((sum, { total }) => sum + total, 0),
      terms,
    );
  });

  it('bear the names of the backend', () => {
    const names = (device: string, version?: string): string[] => {
      const found = findDevice(device);
      assert.ok(found.kind === 'found');
      return Object.keys(
        start(llamaCpp, llama3, { version, machine: { count: 1, device: found.device, memory: undefined } }).buffers ?? {},
      );
    };
    assert.deepEqual(names('M2 Max 64GB', 'b6050').sort(), ['CPU', 'Metal']);
    assert.deepEqual(names('MI300X').sort(), ['CPU', 'ROCm0', 'ROCm_Host']);
    assert.deepEqual(Object.keys(start(llamaCpp, llama3, { flags: { device: 'Vulkan1' } }).buffers ?? {}).sort(), [
      'CPU',
      'Vulkan1',
      'Vulkan_Host',
    ]);
  });

  it('are refused for weights that no GGUF file holds, and for versions that are none', () => {
    assert.throws(() => start(llamaCpp, llama3, { weights: 'gptq-4bit' }), RunError);
    assert.throws(() => start(llamaCpp, llama3, { version: 'newest' }), RunError);
  });

  it('read short names and words of the command line', () => {
    const read = parseFlags(llamaCpp.flags, ['-c', '4096', '-ngl', '99', '-fa', 'on', '--no-mmap', '-np', '2', '-t', '8']);
    assert.ok('values' in read);
    assert.deepEqual(read.values, { 'ctx-size': 4096, 'gpu-layers': '99', 'flash-attn': 'on', 'no-mmap': true, parallel: 2, threads: 8 });
    assert.ok('problem' in parseFlags(llamaCpp.flags, ['--tensor-parallel-size', '2']));
  });
});

describe('Ollama and LM Studio', () => {
  it('have their own defaults of context, by version and by memory', () => {
    const longer = { ...llama3, max_position_embeddings: 262144 };
    const cells = (version: string, memory: number): number =>
      start(ollama, longer, { version, machine: { count: 1, device: undefined, memory } }).pool?.tokens ?? 0;
    const gib = 2 ** 30;
    assert.equal(cells('0.5.8', 80 * gib), 2048);
    assert.equal(cells('0.12.3', 80 * gib), 4096);
    assert.equal(cells('0.19.0', 16 * gib), 4096);
    assert.equal(cells('0.19.0', 24 * gib), 32768);
    assert.equal(cells('0.19.0', 80 * gib), 262144);
  });

  it('start Ollama with no longer a context than the model was trained for, since 0.9.3', () => {
    const memory = (version: string, flags: JsonObject): RunMemory => start(ollama, llama3, { version, flags });
    const shortened = memory('0.12.3', { num_ctx: 32768, num_parallel: 2 });
    assert.equal(shortened.pool?.tokens, 2 * 8192);
    assert.deepEqual(
      shortened.notes.map(({ code, values }) => [code, values]),
      [['ollama-context-trained', { asked: 32768, context: 8192 }]],
    );
    assert.equal(memory('0.9.2', { num_ctx: 32768 }).pool?.tokens, 32768);
    assert.deepEqual(memory('0.12.3', { num_ctx: 8192 }).notes, []);
  });

  it('take Ollama’s names: context and requests at once multiply', () => {
    const flags = { num_ctx: 4096, OLLAMA_NUM_PARALLEL: 2, OLLAMA_KV_CACHE_TYPE: 'q8_0', OLLAMA_FLASH_ATTENTION: true };
    const memory = start(ollama, llama3, { version: '0.12.3', flags });
    assert.equal(memory.pool?.tokens, 8192);
    assert.equal(memory.buffers?.['CUDA0']?.kv, 32 * 8192 * 2048 * (34 / 32));
  });

  it('have the buffers of a log of Ollama 0.13.5 with 12 layers on the device', () => {
    const qwen: JsonObject = {
      model_type: 'qwen2',
      architectures: ['Qwen2ForCausalLM'],
      torch_dtype: 'bfloat16',
      hidden_size: 3584,
      intermediate_size: 18944,
      num_hidden_layers: 28,
      num_attention_heads: 28,
      num_key_value_heads: 4,
      vocab_size: 152064,
      max_position_embeddings: 32768,
      tie_word_embeddings: false,
    };
    const memory = start(ollama, qwen, { version: '0.13.5', flags: { num_ctx: 4096, num_gpu: 12 } });
    assert.deepEqual(mebibytes(memory, 'CUDA0'), { model: '1620.74', kv: '96.00', compute: '737.36' });
    assert.deepEqual(mebibytes(memory, 'CPU'), { model: '2839.71', kv: '128.00', output: '0.59' });
  });

  it('say that LM Studio is answered as llama.cpp', () => {
    const memory = start(lmStudio, llama3, { flags: { contextLength: 8192, parallel: 1 } });
    assert.equal(memory.buffers?.['CUDA0']?.kv, 1024 * MiB);
    assert.deepEqual(
      memory.notes.map(({ code }) => code),
      ['lm-studio-as-llama'],
    );
  });
});
