/** Start-up logs in the engines' own formats, written from figures that public logs printed (test support). */
import type { JsonObject, JsonValue } from '../../../src/engine/index';
import type { LogRow } from './llamaCppRows';
import type { ServingRow } from './servingRows';

const GiB = 2 ** 30;
const gib = (bytes: number, digits = 2): string => (bytes / GiB).toFixed(digits);

/** As Python prints a value. */
function python(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  // What a flag takes as JSON is printed as what it was read to.
  if (typeof value === 'string') return value.startsWith('{') ? value : `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, each]) => `'${key}': ${python(each)}`)
    .join(', ')}}`;
}

const underscored = (options: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name.replaceAll('-', '_'), value]));

/** vLLM's, of a server with workers; a device that the row names is printed as the kernels' configs name it. */
export function vllmLog({ version, model, options, printed, gpu, machine }: ServingRow): readonly string[] {
  const at = (process: string, place: string, text: string): string => `(${process} pid=4711) INFO 10-23 15:14:30 [${place}] ${text}`;
  const worker = 'Worker_TP0';
  const total = machine.memory;
  const lines = [
    'INFO 10-23 15:14:01 [__init__.py:216] Automatically detected platform cuda.',
    at('APIServer', 'api_server.py:1896', `vLLM API server version ${version}`),
    at('APIServer', 'utils.py:328', `non-default args: ${python({ model_tag: model, model, api_key: ['x'], ...underscored(options) })}`),
    at(
      'EngineCore_DP0',
      'core.py:77',
      `Initializing a V1 LLM engine (v${version}) with config: model='${model}', speculative_config=None, trust_remote_code=False, ` +
        `tensor_parallel_size=${python(options['tensor-parallel-size'] ?? 1)}, device_config=cuda, quantization=None, ` +
        `observability_config=ObservabilityConfig(show_hidden_metrics_for_version=None, otlp_traces_endpoint=None), seed=0, pooler_config=None`,
    ),
    ...(gpu === ''
      ? []
      : [
          at(
            worker,
            'fused_moe.py:886',
            `Using default MoE config. Config file not found at E=8,N=64,device_name=${gpu.replaceAll(' ', '_')}.json`,
          ),
        ]),
    at('Worker_TP1', 'gpu_model_runner.py:2338', 'Model loading took 0.0001 GiB and 3.2 seconds'),
    ...(printed.weights === undefined
      ? []
      : [at(worker, 'gpu_model_runner.py:2338', `Model loading took ${gib(printed.weights, 4)} GiB and 3.2 seconds`)]),
    ...(printed.pool === undefined ? [] : [at(worker, 'gpu_worker.py:298', `Available KV cache memory: ${gib(printed.pool)} GiB`)]),
    ...(printed.tokens === undefined
      ? []
      : [at('EngineCore_DP0', 'kv_cache_utils.py:864', `GPU KV cache size: ${printed.tokens.toLocaleString('en-US')} tokens`)]),
    ...(printed.concurrency === undefined
      ? []
      : [
          at(
            'EngineCore_DP0',
            'kv_cache_utils.py:868',
            `Maximum concurrency for 4,096 tokens per request: ${printed.concurrency.toFixed(2)}x`,
          ),
        ]),
    'Capturing CUDA graphs (decode, FULL): 100%|██████████| 67/67 [00:17<00:00,  3.77it/s]',
    ...(printed.graphs === undefined
      ? []
      : [at(worker, 'gpu_model_runner.py:3118', `Graph capturing finished in 25 secs, took ${gib(printed.graphs)} GiB`)]),
  ];
  const profile = printed.activations === undefined && printed.nonTorch === undefined ? undefined : printed;
  if (profile)
    lines.push(
      at(
        worker,
        'gpu_worker.py:291',
        [
          'Memory profiling takes 14.40 seconds. Total non KV cache memory: 10.22GiB;',
          ...(profile.activations === undefined ? [] : [`torch peak memory increase: ${gib(profile.activations)}GiB;`]),
          ...(profile.nonTorch === undefined ? [] : [`non-torch forward increase memory: ${gib(profile.nonTorch)}GiB;`]),
          'weights memory: 8.80GiB.',
        ].join(' '),
      ),
    );
  if (total !== undefined)
    lines.push(
      at(
        worker,
        'gpu_worker.py:391',
        `Free memory on device (${gib(total - GiB)}/${gib(total)} GiB) on startup. Current kv cache memory in use is 1 bytes.`,
      ),
    );
  return lines;
}

/** SGLang's, of two ranks. */
export function sglangLog({ model, options, printed, gpu, other }: ServingRow): readonly string[] {
  const logged = (key: string): number | undefined => {
    const text = new RegExp(`${key}=([\\d.]+)`).exec(other)?.[1];
    return text === undefined ? undefined : Number(text);
  };
  const at = (text: string, rank = 0): string => `[2026-02-26 16:41:18 TP${rank}] ${text}`;
  const args = Object.entries(underscored(options)).map(([name, value]) => `${name}=${python(value)}`);
  const before = logged('avail_before_load_gb');
  const after = logged('avail_after_load_gb');
  const usage = printed.weights === undefined ? '' : `, mem usage=${gib(printed.weights)} GB`;
  return [
    `[2026-02-26 16:41:00] server_args=ServerArgs(model_path='${model}', tokenizer_mode='auto', ${args.join(', ')}, host='127.0.0.1')`,
    ...(gpu === '' ? [] : [at(`Using default W8A8 kernel config: N=1,K=2,device_name=${gpu.replaceAll(' ', '_')},dtype=fp8_w8a8.json`)]),
    ...(before === undefined
      ? []
      : [at('Load weight begin. avail mem=1.00 GB', 1), at(`Load weight begin. avail mem=${before.toFixed(2)} GB`)]),
    ...(after === undefined ? [] : [at(`Load weight end. type=X, dtype=torch.bfloat16, avail mem=${after.toFixed(2)} GB${usage}.`)]),
    ...(printed.kSize === undefined
      ? []
      : [
          at(
            `KV Cache is allocated. #tokens: ${printed.tokens ?? 1}, K size: ${gib(printed.kSize)} GB, V size: ${gib(printed.vSize ?? 0)} GB`,
          ),
        ]),
    at('Memory pool end. avail mem=9.90 GB'),
    ...(printed.tokens === undefined
      ? []
      : [at(`max_total_num_tokens=${printed.tokens}, chunked_prefill_size=8192, max_prefill_tokens=16384, context_len=32768`)]),
  ];
}

/** llama.cpp's, in the words of 2025 whatever the row's own build is; with Ollama's around them where the row is of it. */
export function llamaLog({ cells, model, kv, recurrent, compute, output }: LogRow, version: string, slots: number): readonly string[] {
  const mib = (value: number): string => value.toFixed(2).padStart(8);
  const buffers = (name: string, kind: string, of: Readonly<Record<string, number>>): readonly string[] =>
    Object.entries(of).map(([backend, size]) => `${name}: ${backend.padStart(10)} ${kind} buffer size = ${mib(size)} MiB`);
  const names = [...new Set([...Object.keys(compute), ...Object.keys(model), ...Object.keys(kv)])].filter((name) =>
    /^(CUDA|Vulkan|ROCm|SYCL|Metal|MTL)\d*$/.test(name),
  );
  const line = (text: string, value: string | undefined): readonly string[] => (value ? [`${text}${value}`] : []);
  const [on, of] = (cells['n_gpu_layers'] ?? '').split('/');
  const isOllama = cells['tool'] === 'ollama';
  const build = /^b?([1-9]\d{3,4})\b/.exec(cells['build'] ?? '')?.[1];
  const at = (place: string, text: string): string => `time=2025-12-03T07:36:49.489Z level=INFO source=${place} ${text}`;
  const flash = ['1', 'enabled'].includes(cells['flash_attn'] ?? '') ? 'Enabled' : cells['flash_attn'] === 'auto' ? 'Auto' : 'Disabled';
  const asked = `--ctx-size ${cells['n_ctx'] ?? ''} --batch-size ${cells['n_ubatch'] || '512'} --threads 8 --parallel ${slots}`;
  return [
    ...(isOllama && build === undefined
      ? [
          at('routes.go:1597', `msg="Listening on 127.0.0.1:11434 (version ${version})"`),
          at('server.go:392', 'msg="starting runner" cmd="/usr/bin/ollama runner --model /models/blobs/sha256-1 --port 54441"'),
          at(
            'runner.go:893',
            `msg=load request="{Operation:commit LoraPath:[] Parallel:${slots} BatchSize:${cells['n_ubatch'] || 512} FlashAttention:${flash} KvSize:${cells['n_ctx'] ?? ''} KvCacheType: NumThreads:8 UseMmap:false}"`,
          ),
        ]
      : []),
    ...(isOllama && build !== undefined
      ? [
          at(
            'server.go:376',
            `msg="starting llama server" cmd="/tmp/ollama1/runners/cuda_v11/ollama_llama_server --model /m/sha256-1 ${asked} --port 43965"`,
          ),
        ]
      : []),
    ...line('build: ', build === undefined ? undefined : `${build} (abc) with cc for x86_64-linux-gnu`),
    ...names.map((name) => `llama_model_load_from_file_impl: using device ${name} (${titleOf(name)}) - 23287 MiB free`),
    'llama_model_loader: loaded meta data with 29 key-value pairs and 291 tensors from model.gguf (version GGUF V3 (latest))',
    ...line('print_info: file type   = ', cells['ftype']),
    ...(of === undefined ? [] : [`load_tensors: offloaded ${on ?? ''}/${of} layers to GPU`]),
    ...buffers('load_tensors', 'model', model),
    'llama_context: constructing llama_context',
    ...line('llama_context: n_seq_max     = ', cells['n_seq_max']),
    ...line('llama_context: n_ctx         = ', cells['n_ctx']),
    ...line('llama_context: n_batch       = ', cells['n_batch']),
    ...line('llama_context: n_ubatch      = ', cells['n_ubatch']),
    ...line('llama_context: flash_attn    = ', cells['flash_attn'] || '0'),
    ...((cells['notes'] ?? '').includes('kv_unified=true') ? ['llama_context: kv_unified    = true'] : []),
    ...buffers('llama_kv_cache_unified', 'KV', kv),
    ...(cells['type_k']
      ? [
          `llama_kv_cache_unified: size =    1.00 MiB (     1 cells,   1 layers,  1 seqs), K (${cells['type_k']}):    1.00 MiB, V (${cells['type_v'] || cells['type_k']}):    1.00 MiB`,
        ]
      : []),
    ...buffers('llama_memory_recurrent', 'RS', recurrent),
    ...buffers('llama_context', ' output', output),
    ...buffers('llama_context', 'compute', compute),
    'main: server is listening on http://127.0.0.1:8080 - starting the main loop',
  ];
}

const titleOf = (name: string): string =>
  /^(Metal|MTL)/.test(name) ? 'Apple M2 Ultra' : name.startsWith('ROCm') ? 'AMD Radeon RX 7900 XTX' : 'NVIDIA GeForce RTX 4090';
