/** Short start-up logs in the engines' formats, with figures of our own rules where they must agree (test support). */

const at = (process: string, place: string, text: string): string => `(${process}) INFO 10-23 15:14:01 [${place}] ${text}`;

export const vllmLines: readonly string[] = [
  'INFO 10-23 15:13:58 [__init__.py:216] Automatically detected platform cuda.',
  at('APIServer pid=100', 'api_server.py:1839', 'vLLM API server version 0.11.0'),
  at('APIServer pid=100', 'utils.py:233', "non-default args: {'model_tag': 'org/m', 'api_key': ['s3cret'], 'model': 'org/m', 'max_model_len': 32768, 'gpu_memory_utilization': 0.9, 'max_num_seqs': 256}"),
  at('APIServer pid=100', 'scheduler.py:205', 'Chunked prefill is enabled with max_num_batched_tokens=8192.'),
  at('EngineCore_DP0 pid=200', 'core.py:77', "Initializing a V1 LLM engine (v0.11.0) with config: model='org/m', speculative_config=None, dtype=torch.bfloat16, max_seq_len=32768, tensor_parallel_size=1, pipeline_parallel_size=1, quantization=None, enforce_eager=False, kv_cache_dtype=auto, observability_config=ObservabilityConfig(otlp_traces_endpoint=None), enable_prefix_caching=True"),
  '\u001b[32m(EngineCore_DP0 pid=200)\u001b[0m INFO 10-23 15:14:40 [gpu_model_runner.py:2653] Model loading took 14.9889 GiB and 3.456789 seconds',
  at('EngineCore_DP0 pid=200', 'gpu_worker.py:298', 'Available KV cache memory: 54.80 GiB'),
  at('EngineCore_DP0 pid=200', 'kv_cache_utils.py:1087', 'GPU KV cache size: 448,912 tokens'),
  at('EngineCore_DP0 pid=200', 'kv_cache_utils.py:1091', 'Maximum concurrency for 32,768 tokens per request: 13.70x'),
  `Capturing CUDA graphs (decode, FULL): 100%|███| 67/67 [00:06<00:00, 10.53it/s]${at('EngineCore_DP0 pid=200', 'gpu_model_runner.py:3480', 'Graph capturing finished in 8 secs, took 0.55 GiB')}`,
  at('EngineCore_DP0 pid=200', 'gpu_worker.py:391', 'Free memory on device (78.60/79.19 GiB) on startup. Desired GPU memory utilization is (0.9, 71.27 GiB). Actual usage is 14.99 GiB for weight, 1.26 GiB for peak activation, 0.07 GiB for non-torch memory, and 0.55 GiB for CUDAGraph memory. Replace gpu_memory_utilization config with `--kv-cache-memory=57000000000`.'),
]; // prettier-ignore

const rank = (number: number, text: string): string => `[2025-03-25 16:37:06 TP${number}] ${text}`;

export const sglangLines: readonly string[] = [
  "[2025-03-25 16:36:00] server_args=ServerArgs(model_path='org/m', tokenizer_path='org/m', dtype='auto', quantization=None, context_length=None, mem_fraction_static=0.88, max_running_requests=None, chunked_prefill_size=8192, tp_size=2, disable_cuda_graph=False, cuda_graph_max_bs=160, host='127.0.0.1')",
  rank(1, 'Load weight begin. avail mem=70.00 GB'),
  rank(0, 'Load weight begin. avail mem=78.59 GB'),
  rank(0, 'Load weight end. type=LlamaForCausalLM, dtype=torch.bfloat16, avail mem=63.48 GB, mem usage=15.11 GB.'),
  rank(1, 'KV Cache is allocated. #tokens: 442750, K size: 27.50 GB, V size: 27.50 GB'),
  rank(0, 'KV Cache is allocated. #tokens: 442750, K size: 27.02 GB, V size: 27.02 GB'),
  rank(0, 'Memory pool end. avail mem=8.44 GB'),
  rank(0, 'Capture cuda graph end. Time elapsed: 54.61 s. mem usage=1.93 GB. avail mem=8.16 GB.'),
  rank(0, 'max_total_num_tokens=442750, chunked_prefill_size=8192, max_prefill_tokens=16384, max_running_requests=2049, context_len=131072'),
]; // prettier-ignore

const key = (number: number, name: string, type: string, value: string): string =>
  `llama_model_loader: - kv ${String(number).padStart(3)}: ${name.padStart(40)} ${type.padEnd(16)} = ${value}`;

export const llamaLines: readonly string[] = [
  'ggml_cuda_init: found 1 CUDA devices:',
  '  Device 0: NVIDIA GeForce RTX 4090, compute capability 8.9, VMM: yes',
  'build: 6150 (abcdef) with cc (Ubuntu 13.3.0) for x86_64-linux-gnu',
  'llama_model_load_from_file_impl: using device CUDA0 (NVIDIA GeForce RTX 4090) - 23287 MiB free',
  'llama_model_loader: loaded meta data with 29 key-value pairs and 292 tensors from /models/m.gguf (version GGUF V3 (latest))',
  key(0, 'general.architecture', 'str', 'llama'),
  key(2, 'general.name', 'str', 'Meta Llama 3.1 8B Instruct'),
  key(8, 'llama.block_count', 'u32', '32'),
  key(9, 'llama.context_length', 'u32', '131072'),
  key(10, 'llama.embedding_length', 'u32', '4096'),
  key(11, 'llama.feed_forward_length', 'u32', '14336'),
  key(12, 'llama.attention.head_count', 'u32', '32'),
  key(13, 'llama.attention.head_count_kv', 'u32', '8'),
  key(17, 'general.file_type', 'u32', '15'),
  key(20, 'tokenizer.ggml.tokens', 'arr[str,128256]', '["!", "\\"", ...'),
  'print_info: file type   = Q4_K - Medium',
  'print_info: model params     = 8.03 B',
  'print_info: n_vocab          = 128256',
  'load_tensors: offloaded 33/33 layers to GPU',
  'load_tensors:        CUDA0 model buffer size =  4403.49 MiB',
  'load_tensors:   CPU_Mapped model buffer size =   281.81 MiB',
  'llama_context: constructing llama_context',
  'llama_context: n_seq_max     = 1',
  'llama_context: n_ctx         = 8192',
  'llama_context: n_batch       = 2048',
  'llama_context: n_ubatch      = 512',
  'llama_context: flash_attn    = 0',
  'llama_context: kv_unified    = false',
  'llama_context:  CUDA_Host  output buffer size =     0.49 MiB',
  'llama_kv_cache_unified:      CUDA0 KV buffer size =  1024.00 MiB',
  'llama_kv_cache_unified: size = 1024.00 MiB (  8192 cells,  32 layers,  1/ 1 seqs), K (f16):  512.00 MiB, V (f16):  512.00 MiB',
  'llama_context:      CUDA0 compute buffer size =   564.01 MiB',
  'llama_context:  CUDA_Host compute buffer size =    28.01 MiB',
];

const ollama = (place: string, text: string): string => `time=2026-01-04T04:30:25.709-06:00 level=INFO source=${place} ${text}`;

export const ollamaLines: readonly string[] = [
  ollama('routes.go:1607', 'msg="Listening on 127.0.0.1:11434 (version 0.13.5)"'),
  ollama('types.go:60', 'msg="inference compute" id=GPU-1 library=CUDA compute=8.9 name=CUDA0 description="NVIDIA GeForce RTX 4090" driver=12.4 type=discrete total="23.6 GiB" available="23.2 GiB"'),
  'llama_model_loader: loaded meta data with 29 key-value pairs and 292 tensors from /m/sha256-1 (version GGUF V3 (latest))',
  key(0, 'general.architecture', 'str', 'llama'),
  'print_info: file type   = Q4_0',
  'llama_model_load: vocab only - skipping tensors',
  ollama('server.go:429', 'msg="starting runner" cmd="/usr/bin/ollama runner --model /m/sha256-1 --port 36491"'),
  ollama('runner.go:895', 'msg=load request="{Operation:commit LoraPath:[] Parallel:2 BatchSize:512 FlashAttention:Enabled KvSize:16384 KvCacheType: NumThreads:8 GPULayers:33[ID:GPU-1 Layers:33(0..32)] MultiUserCache:false ProjectorPath: MainGPU:0 UseMmap:false}"'),
  'llama_model_load_from_file_impl: using device CUDA0 (NVIDIA GeForce RTX 4090) (0000:01:00.0) - 23700 MiB free',
  'llama_model_loader: loaded meta data with 29 key-value pairs and 292 tensors from /m/sha256-1 (version GGUF V3 (latest))',
  key(0, 'general.architecture', 'str', 'llama'),
  'print_info: file type   = Q4_0',
  'load_tensors: offloaded 33/33 layers to GPU',
  'load_tensors:        CUDA0 model buffer size =  4155.99 MiB',
  'llama_context: constructing llama_context',
  'llama_context: n_seq_max     = 2',
  'llama_context: n_ctx         = 16384',
  'llama_context: flash_attn    = enabled',
  'llama_kv_cache:      CUDA0 KV buffer size =  2048.00 MiB',
  '[GIN] 2026/02/25 - 18:14:21 | 200 |     154.625µs |    127.0.0.1 | GET      "/api/version"',
]; // prettier-ignore
