import assert from 'node:assert/strict';
import fc from 'fast-check';
import { modelOfGguf } from '../../../src/engine/memory/logs/ggufConfig';
import { lineSplitter, maxLineLength } from '../../../src/engine/memory/logs/lines';
import { presetOfFileType } from '../../../src/engine/memory/logs/fileTypes';
import { pythonValue } from '../../../src/engine/memory/logs/pythonValue';
import { logReader } from '../../../src/engine/memory/logs/reader';
import type { StartupLog } from '../../../src/engine/memory/logs/startupLog';
import { llamaLines, ollamaLines, sglangLines, vllmLines } from './logLines';

const GiB = 2 ** 30;
const MiB = 2 ** 20;

function startsOf(lines: readonly string[]): readonly StartupLog[] {
  const reader = logReader();
  for (const line of lines) reader.add(line);
  return reader.starts();
}
function startOf(lines: readonly string[]): StartupLog {
  const [start, ...others] = startsOf(lines);
  assert.ok(start && others.length === 0);
  return start;
}
const figuresOf = ({ figures }: StartupLog): Record<string, number> => Object.fromEntries(figures.map(({ name, value }) => [name, value]));

describe('lines of a log', () => {
  it('are the same however the text is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r') })), (pieces) => {
        const splitter = lineSplitter();
        const lines = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
        const whole = pieces.join('').split('\n');
        if (whole.at(-1) === '') whole.pop();
        assert.deepEqual(lines, whole);
      }),
    );
  });
  it('keep the beginning of a line that is too long, and the next line whole', () => {
    const splitter = lineSplitter();
    const [first, second] = [...splitter.push('x'.repeat(maxLineLength)), ...splitter.push(`${'y'.repeat(10)}\nnext\n`)];
    assert.deepEqual([first?.length, first?.includes('y'), second], [maxLineLength, false, 'next']);
  });
});

describe('values as Python prints them', () => {
  for (const [text, value] of [
    ["{'a': 1, 'b': None, 'c': [True, 0.5, 'x\\'y'], 'd': (1, 2)}", { a: 1, b: null, c: [true, 0.5, "x'y"], d: { '1': undefined } }],
    ['{"level":null,"sizes":[512,1],"on":true}', { level: null, sizes: [512, 1], on: true }],
    [
      "Config(model='m', mode=<Mode.FULL: (2, 1)>, inner=Inner(n=3), name=a/b-c)",
      { model: 'm', mode: '<Mode.FULL: (2, 1)>', inner: { n: 3 }, name: 'a/b-c' },
    ],
    ["{'cut': 'off here", { cut: 'off here' }],
  ] as const)
    it(text.slice(0, 40), () => {
      const read = JSON.parse(JSON.stringify(pythonValue(text))) as Record<string, unknown>;
      if ('d' in value) assert.deepEqual({ ...read, d: 0 }, { ...value, d: 0 });
      else assert.deepEqual(read, value);
    });
  it('never throw, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'{}[]()<>\'"\\,:= aN1') }), (text) => void pythonValue(text)));
  });
});

describe('a start-up log of vLLM', () => {
  it('tells version, flags, figures and the device, through prefixes and colours', () => {
    const start = startOf(vllmLines);
    assert.deepEqual([start.engine, start.version, start.statesAllFlags], ['vllm', '0.11.0', true]);
    assert.deepEqual(figuresOf(start), {
      weights: Math.round(14.9889 * GiB),
      pool: Math.round(54.8 * GiB),
      tokens: 448_912,
      concurrency: 13.7,
      graphs: Math.round(0.55 * GiB),
      activations: Math.round(1.26 * GiB),
      nonTorch: Math.round(0.07 * GiB),
    });
    const { options } = start;
    assert.deepEqual(
      [
        options['max-model-len'],
        options['max-num-seqs'],
        options['gpu-memory-utilization'],
        options['max-num-batched-tokens'],
        options['dtype'],
      ],
      ['32768', 256, 0.9, '8192', 'bfloat16'],
    );
    assert.equal(start.devices[0]?.total, Math.round(79.19 * GiB));
    assert.equal(JSON.stringify(start).includes('s3cret'), false, 'keys are no flags of memory, and are not kept');
  });
  it('of several workers is the first rank’s, and the pool the smallest', () => {
    const worker = (rank: string, text: string): string => `(Worker_${rank} pid=1) INFO 10-23 15:14:30 [gpu_worker.py:1] ${text}`;
    const start = startOf([
      worker('PP1_TP0', 'Model loading took 9.50 GiB and 1 seconds'),
      worker('PP0_TP1', 'Model loading took 8.10 GiB and 1 seconds'),
      worker('PP0_TP0', 'Model loading took 8.00 GiB and 1 seconds'),
      worker('PP0_TP0', 'Available KV cache memory: 40.5 GiB'),
      worker('PP1_TP0', 'Available KV cache memory: 39.25 GiB'),
    ]);
    assert.deepEqual(figuresOf(start), { weights: 8 * GiB, pool: 39.25 * GiB });
  });
  it('of newer releases prints weights and the rest in one figure, and zeros at the end are dropped', () => {
    const start = startOf([
      "(EngineCore pid=1) INFO 04-19 15:31:23 [core.py:107] Initializing a V1 LLM engine (v0.28.0) with config: model='m', max_seq_len=4096",
      'Memory profiling takes 2.50 seconds. Total non KV cache memory: 17.5GiB; torch peak memory increase: 1.2GiB; total consumed (from mem_get_info): 16.0GiB; weights memory: 15.3GiB.',
      '(EngineCore pid=1) INFO 04-19 15:32:00 [kv_cache_utils.py:1] GPU KV cache size: 1,347,774 tokens, Maximum concurrency for 262,144 tokens per request: 5.14x',
    ]);
    const activations = start.figures.find(({ name }) => name === 'activations');
    assert.deepEqual([activations?.value, activations?.half], [Math.round(1.2 * GiB), 0.005 * GiB]);
    assert.deepEqual(
      [figuresOf(start)['consumed'], figuresOf(start)['tokens'], figuresOf(start)['concurrency']],
      [16 * GiB, 1_347_774, 5.14],
    );
    assert.deepEqual([start.version, start.options['max-model-len'], start.statesAllFlags], ['0.28.0', '4096', false]);
  });
  it('of two starts is two, and one that broke off before it printed anything is none', () => {
    const again = vllmLines.map((line) => line.replace('14.9889', '15.5000'));
    const broken = vllmLines.slice(0, 3);
    assert.deepEqual(
      startsOf([...vllmLines, ...broken, ...again]).map((start) => figuresOf(start)['weights']),
      [Math.round(14.9889 * GiB), Math.round(15.5 * GiB)],
    );
  });
  it('names flags that are not known here', () => {
    const start = startOf([
      "INFO [utils.py:1] non-default args: {'model_tag': 'm', 'max_modell_len': 5, 'seed': 3}",
      'Model loading took 1.0 GiB and 1 seconds',
    ]);
    assert.deepEqual([start.unknownFlags, start.options], [['max-modell-len'], {}]);
  });
});

describe('a start-up log of SGLang', () => {
  it('tells flags after defaults, what loading took, caches and graphs of the first rank', () => {
    const start = startOf(sglangLines);
    assert.deepEqual(figuresOf(start), {
      weights: Math.round(15.11 * GiB),
      kCache: Math.round(27.02 * GiB),
      vCache: Math.round(27.02 * GiB),
      graphs: Math.round(1.93 * GiB),
      tokens: 442_750,
    });
    assert.deepEqual(
      [
        start.options['tensor-parallel-size'],
        start.options['mem-fraction-static'],
        start.options['disable-cuda-graph'],
        start.devices[0]?.free,
      ],
      [2, 0.88, false, Math.round(78.59 * GiB)],
    );
  });
  it('of older releases has loading by the free memory before and after', () => {
    const [free, after] = [
      '[gpu=0] Load weight begin. avail mem=23.16 GB',
      '[gpu=0] Load weight end. type=X, dtype=torch.bfloat16, avail mem=9.59 GB',
    ];
    assert.deepEqual(figuresOf(startOf([free, after])), { weights: Math.round(23.16 * GiB) - Math.round(9.59 * GiB) });
  });
});

describe('a start-up log of llama.cpp', () => {
  it('tells build, buffers by backend, the context and the file', () => {
    const start = startOf(llamaLines);
    assert.deepEqual(
      [start.engine, start.version, start.model.fileType, start.model.name],
      ['llama.cpp', '6150', 'Q4_K - Medium', 'Meta Llama 3.1 8B Instruct'],
    );
    assert.deepEqual(figuresOf(start), {
      'CUDA0 model': Math.round(4403.49 * MiB),
      'CPU model': Math.round(281.81 * MiB),
      'CUDA_Host output': Math.round(0.49 * MiB),
      'CUDA0 kv': 1024 * MiB,
      'CUDA0 compute': Math.round(564.01 * MiB),
      'CUDA_Host compute': Math.round(28.01 * MiB),
    });
    const { options, devices } = start;
    assert.deepEqual(
      [options['ctx-size'], options['flash-attn'], options['gpu-layers'], options['cache-type-k'], options['device'], devices[0]?.free],
      [8192, 'off', 'all', 'f16', 'CUDA0', 23_287 * MiB],
    );
  });
  it('adds the buffers of windows and of split files, and forgets a context that was made anew', () => {
    const start = startOf([
      'load_tensors:   CPU_Mapped model buffer size =   100.00 MiB',
      'load_tensors:   CPU_Mapped model buffer size =    50.00 MiB',
      'llama_context: constructing llama_context',
      '0.14.624.431 I llama_kv_cache:    Vulkan0 KV buffer size =  9999.00 MiB',
      '~llama_context:    Vulkan0 compute buffer size is 261.0000 MiB, matches expectation of 261.0000 MiB',
      'llama_context: constructing llama_context',
      '0.14.624.431 I llama_kv_cache:    Vulkan0 KV buffer size =   128.00 MiB',
      '0.14.671.460 I llama_kv_cache:    Vulkan0 KV buffer size =  1920.00 MiB',
      '[46231] 0.15.347.151 I sched_reserve:    Vulkan0 compute buffer size =   541.07 MiB',
      'alloc_compute_meta:    Vulkan0 compute buffer size =   777.00 MiB',
    ]);
    assert.deepEqual(figuresOf(start), { 'CPU model': 150 * MiB, 'Vulkan0 kv': 2048 * MiB, 'Vulkan0 compute': Math.round(541.07 * MiB) });
  });
  it('of the names before 2025', () => {
    const start = startOf([
      'main: build = 2824 (4426e298)',
      'llm_load_print_meta: model ftype      = Q8_0',
      'llm_load_tensors: offloaded 20/33 layers to GPU',
      'llm_load_tensors:        CPU buffer size =   315.30 MiB',
      'llm_load_tensors:      CUDA0 buffer size =  4155.99 MiB',
      'llama_new_context_with_model: n_ctx      = 2048',
      'llama_new_context_with_model: flash_attn = 1',
      'llama_kv_cache_init:      CUDA0 KV buffer size =   256.00 MiB',
      'llama_new_context_with_model: KV self size  =  256.00 MiB, K (q8_0):  128.00 MiB, V (q8_0):  128.00 MiB',
    ]);
    assert.deepEqual(Object.keys(figuresOf(start)), ['CPU model', 'CUDA0 model', 'CUDA0 kv']);
    assert.deepEqual(
      [start.version, start.options['gpu-layers'], start.options['flash-attn'], start.options['cache-type-v']],
      ['2824', '20', 'on', 'q8_0'],
    );
  });
  it('takes from the command what the program does not print', () => {
    const start = startOf([
      '$ ./build/bin/llama-server -m m.gguf -ngl 99 -ot "ffn_.*=CPU" -ncmoe 12 --api-key secret -fa',
      'load_tensors:        CUDA0 model buffer size =  4155.99 MiB',
    ]);
    assert.deepEqual(
      [start.options['override-tensor'], start.options['n-cpu-moe'], start.options['api-key'], start.statesAllFlags],
      ['ffn_.*=CPU', 12, undefined, true],
    );
  });
  it('shares layers among unequal devices by what is free, as the loader does', () => {
    const start = startOf([
      'llama_model_load_from_file_impl: using device CUDA0 (NVIDIA GeForce RTX 4090) (0000:01:00.0) - 23000 MiB free',
      'llama_model_load_from_file_impl: using device CUDA1 (NVIDIA GeForce RTX 3060) (0000:02:00.0) - 11500 MiB free',
      'load_tensors:        CUDA0 model buffer size =  2000.00 MiB',
      'load_tensors:        CUDA1 model buffer size =  1000.00 MiB',
    ]);
    assert.deepEqual([start.options['tensor-split'], start.options['device']], [[23_000, 11_500], 'CUDA0,CUDA1']);
  });
});

describe('a start-up log of Ollama', () => {
  it('has its version, its words for the run, and llama.cpp’s buffers', () => {
    const start = startOf(ollamaLines);
    assert.deepEqual([start.engine, start.version], ['ollama', '0.13.5']);
    assert.deepEqual(
      [start.options['num-ctx'], start.options['num-parallel'], start.options['num-batch'], start.options['flash-attention']],
      [8192, 2, 512, true],
    );
    assert.equal(figuresOf(start)['CUDA0 kv'], 2048 * MiB);
  });
  it('of its own engine has the sizes that it prints last', () => {
    const line = (text: string): string => `time=2026-05-20T19:18:01.985-03:00 level=INFO source=device.go:240 ${text}`;
    const start = startOf([
      line('msg="starting runner" cmd="/usr/bin/ollama runner --ollama-engine --model /m --port 1"'),
      line('msg="model weights" device=CUDA0 size="1.4 GiB"'),
      line('msg="model weights" device=CUDA0 size="1.5 GiB"'),
      line('msg="kv cache" device=CUDA0 size="1.6 GiB"'),
    ]);
    assert.deepEqual(figuresOf(start), { 'CUDA0 model': Math.round(1.5 * GiB), 'CUDA0 kv': Math.round(1.6 * GiB) });
    assert.deepEqual(start.traits, ['own-engine']);
  });
});

describe('a model by the metadata of its GGUF file', () => {
  const facts = startOf(llamaLines).model.gguf;
  it('is taken where its parameters are those that the loader counted', () => {
    assert.ok(facts);
    const model = modelOfGguf(facts);
    assert.deepEqual([model?.modelType, model?.parameters.total], ['llama', 8_030_261_248]);
  });
  it('is not taken where they are not, or where the architecture needs its config', () => {
    assert.ok(facts);
    assert.equal(modelOfGguf({ ...facts, parameters: { value: 7.24e9, half: 5e6 } }), undefined);
    assert.equal(modelOfGguf({ ...facts, parameters: undefined }), undefined);
    assert.equal(modelOfGguf({ ...facts, metadata: new Map([...facts.metadata, ['general.architecture', 'mamba']]) }), undefined);
  });
  it('has its file type by the loader’s words', () => {
    const types = [
      'Q4_K - Medium',
      'Q4_0',
      'Q3_K - Large',
      'IQ4_XS - 4.25 bpw',
      'all F32 (guessed)',
      'MXFP4 MoE',
      'Q2_K - Medium',
      'BF16',
      'something else',
    ];
    assert.deepEqual(types.map(presetOfFileType), ['Q4_K_M', 'Q4_0', 'Q3_K_L', 'IQ4_XS', 'F32', 'MXFP4_MOE', 'Q2_K', 'BF16', undefined]);
  });
});

describe('lines that are not known', () => {
  const all = [...vllmLines, ...sglangLines, ...llamaLines, ...ollamaLines];
  const words = [...new Set(all.flatMap((line) => line.split(/(?<=[\s=(:])/)))];

  it('are skipped, wherever they stand', () => {
    const noise = fc.string({ unit: 'grapheme', maxLength: 80 }).map((text) => text.replace(/[\n\r]/g, ' '));
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 30 }), (others) => {
        const mixed = vllmLines.flatMap((line, at) => [line, others[at] ?? '']);
        assert.deepEqual(startsOf(mixed), startsOf(vllmLines));
      }),
    );
  });
  it('never throw, made of the engines’ own words in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.constantFrom(...words), { maxLength: 12 }), { maxLength: 12 }), (lines) => {
        for (const { figures } of startsOf(lines.map((line) => line.join(''))))
          for (const { value, half } of figures) assert.ok(Number.isFinite(value) && half >= 0);
      }),
      { numRuns: 300 },
    );
  });
});
