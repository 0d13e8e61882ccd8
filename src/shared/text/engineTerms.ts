/** What an engine's terms, flags and refusals mean, in words. */
import {
  engines,
  formatBytes,
  formatNumber,
  type EngineId,
  type Flag,
  type FlagKind,
  type FlagValue,
  type MemoryTerm,
  type NumberStyle,
  type RunMemory,
  type TermStep,
} from '../../engine/index';
import type { EngineProblem } from '../engineRun';
import type { Translate } from './translate';

/** Why a run, or the settings of one, cannot be answered. */
export function engineProblemText(
  { code, engine, subject, message, values = {} }: EngineProblem,
  t: Translate,
  style: NumberStyle,
): string {
  const title = engine?.title ?? '';
  const value = (key: string): string => String(values[key] ?? '');
  switch (code) {
    case 'engine-unknown':
      return t('No serving engine is called "{0}"; there are {1}.', subject, engines.map(({ id }) => id).join(', '));
    case 'options-kind':
      return t('vramLens.engineOptions takes an object of flags, such as {0}.', '{ "max-model-len": 8192 }');
    case 'version-unknown':
      return engine?.id === 'lm-studio'
        ? t(
            '"{0}" is no version of the llama.cpp in LM Studio, which are written like {1}; its own number says nothing of it.',
            subject,
            value('form'),
          )
        : t(
            '"{0}" is no version of {1}, which are written like {2}; the newest that is known is {3}.',
            subject,
            title,
            value('form'),
            engine?.newest ?? '',
          );
    case 'device-not-for-engine':
      return t('{0} does not run on {1}.', title, value('device'));
    case 'device-by-plugin':
      return t('{0} runs on {1} by {2}, whose memory no rule here is of.', title, value('device'), value('plugin'));
    case 'device-too-old':
      return t('{0} needs compute capability {1}; {2} has {3}.', title, value('needs'), value('device'), value('has'));
    case 'cache-type-version':
      return t('{0} {1} has no cache of type {2}.', title, value('version'), value('type'));
    case 'cache-type-latent':
      return t('A cache of type {0} is for sparse latent attention, which {1} has not.', value('type'), value('model'));
    case 'cache-type-plain':
      return t('A cache of type {0} is not for latent attention.', value('type'));
    case 'cache-type-device':
      return t('{0} {1} does not read a cache of type {2} on {3}.', title, value('version'), value('type'), value('device'));
    case 'lora-rank-version':
      return t('{0} {1} takes no rank of 1 for adapters; 8 is the least.', title, value('version'));
    case 'flag-json':
      return t('{0} takes a JSON object.', subject);
    case 'overrides-no-model':
      return t('With {0} the config is no longer that of a model.', subject);
    case 'overrides-replace-part':
      return t('{0} {1} replaces all of {2}, and then does not start.', title, value('version'), value('part'));
    case 'rows-not-split':
      return t('llama.cpp {0} does not split rows on devices of {1}; it refuses --split-mode row.', value('version'), value('kind'));
    case 'lora-host-few':
      return t('--max-cpu-loras {0} is less than --max-loras {1}.', value('host'), value('count'));
    case 'max-memory-value':
      return t('max-memory takes an object of devices and their bytes, such as {0}.', '{"0": "10GiB"}');
    case 'draft-version':
      return t('{0} {1} has no drafts that are models of their own.', title, value('version'));
    case 'model-not-for-engine':
      return t('{0} does not run {1}.', title, value('model'));
    case 'model-runs-elsewhere':
      return t('{0} does not run {1}; {2} does.', title, value('model'), value('other'));
    case 'weights-format':
      return t('{0} loads GGUF files: choose a precision of theirs, such as Q4_K_M.', title);
    case 'weights-not-for-engine':
      return t('{0} does not run weights of this format; choose another precision.', title);
    case 'flag-unknown':
      return [t('{0} has no flag "{1}".', title, subject), nearText(message, t)].filter((part) => part !== '').join(' ');
    case 'flag-value':
      return flagText(engine?.flags ?? {}, subject, message, t, style) ?? `${title}: ${message}`;
    default:
      return title === '' ? message : `${title}: ${message}`;
  }
}

function nearText(message: string, t: Translate): string {
  const near = /did you mean ([^?]+)\?/.exec(message)?.[1];
  return near === undefined ? '' : t('Did you mean {0}?', near);
}

/** What a flag takes; `undefined` where the message says something else. */
function flagText(
  flags: Readonly<Record<string, Flag>>,
  written: string,
  message: string,
  t: Translate,
  style: NumberStyle,
): string | undefined {
  if (message.endsWith('is given twice')) return t('{0} is given twice.', written);
  const bare = written.replace(/^--?/, '').replaceAll('_', '-');
  const flag = flags[bare] ?? Object.values(flags).find(({ aliases }) => aliases?.includes(bare));
  return flag && flag.value.kind !== 'text' && message.includes(' takes ') ? `${written}: ${kindText(flag.value, t, style)}` : undefined;
}

/** "a whole number from 1 to 256". */
export function kindText(kind: FlagKind, t: Translate, style: NumberStyle): string {
  const number = (value: number): string => formatNumber(value, Number.isInteger(value) ? 0 : 2, style);
  switch (kind.kind) {
    case 'integer':
      return t('a whole number from {0} to {1}', number(kind.min), number(kind.max));
    case 'number':
      return t('a number from {0} to {1}', number(kind.min), number(kind.max));
    case 'switch':
      return t('on or off');
    case 'text':
      return t('a text');
    case 'choice':
      return t('one of {0}', kind.choices.join(', '));
    case 'numbers':
      return t('numbers with commas between');
  }
}

/** As it is written on a command line. */
export const flagValueText = (value: FlagValue): string =>
  Array.isArray(value) ? value.join(',') : typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value as string | number);

/** A version as its makers number it; LM Studio's rules go by the llama.cpp in it. */
export const versionText = (id: EngineId, version: string): string => (id === 'lm-studio' ? `llama.cpp ${version}` : version);

/** In what an engine differs from the others, and why. */
export function differenceText(id: EngineId, t: Translate): string {
  switch (id) {
    case 'vllm':
      return t(
        'Takes a set share of the device when it starts: a profiling run shows what weights and one full step need, and the cache gets all the rest.',
      );
    case 'sglang':
      return t('Profiles nothing: a set share goes to weights and cache, and activations and graphs must do with what is left.');
    case 'llama.cpp':
      return t(
        'Takes no more than the context needs, cell by cell, and one compute buffer that its allocator lays out; the embedding of tokens stays in host memory.',
      );
    case 'ollama':
      return t("Starts llama.cpp with small batches and, unless it is told one, a context that follows the devices' memory.");
    case 'lm-studio':
      return t('Starts llama.cpp with small batches and one cache that all predictions share; what it adds of its own is not published.');
    case 'tensorrt-llm':
      return t(
        'Runs one full step first, and gives keys and values a share of what its peak left free, where vLLM takes its share of the whole device.',
      );
    case 'mlx':
      return t(
        'Shares memory with the system up to what Metal may wire; keys and values grow by 256 tokens at a time, and only a step of the prompt is under way at once.',
      );
    case 'transformers':
      return t(
        'Keeps no pool: the cache grows with the tokens, and the whole prompt passes at once unless it is told otherwise, so that long prompts decide the peak.',
      );
    case 'exllama':
      return t(
        'Takes everything while loading: EXL2 or EXL3 weights without the embedding, a cache of fixed size at 2 to 16 bits, and buffers for one chunk of a prompt.',
      );
    case 'tgi':
      return t(
        'Reads one full prompt when it starts and turns what is then free into single-token pages, but for a tenth of the device that it leaves alone.',
      );
    default:
      return '';
  }
}

type Say = (t: Translate) => string;

/** Terms of engines that call them by name; llama.cpp's buffers are named by backend and part. */
const termSentences: Readonly<Record<string, Say>> = {
  'model-weights': (t) => t('Every tensor as the engine holds it on one device: cut, fused and padded as its layers do.'),
  'draft-model': (t) => t('The draft of speculative decoding: a model of its own, or a head that shares the embedding.'),
  'draft-cache': (t) => t("Keys and values of the draft's layers for every token of the pool."),
  'lora-adapters': (t) => t('Room for as many adapters as are loaded at once, at the highest rank.'),
  'peak-activation': (t) =>
    t('What the profiling run meets at most: a forward pass over a full step, or the sampler over the logits of all its sequences.'),
  activations: (t) => t('A forward pass over one chunk of a prefill. Nothing is set aside for it: it must do with what the pool leaves.'),
  'non-torch': (t) => t("Memory that PyTorch does not manage: libraries' own buffers, and those of communication between devices."),
  context: (t) => t('Gone before anything is loaded: the context of CUDA, its libraries, communication between devices.'),
  loading: (t) => t('What loading leaves behind beside the tensors: libraries, and blocks that the allocator keeps.'),
  'cuda-graphs': (t) => t('Graphs of the decode step, captured for every batch size: fitted to logs, as no code says their size.'),
  'request-state': (t) =>
    t(
      "What vLLM's second model runner keeps for every sequence that may run: counts of each word for penalties, and masks for grammars. Before 0.27 the pool leaves no room for it.",
    ),
  'kv-cache': (t) => t('What is left for keys and values, in whole blocks.'),
  'k-cache': (t) => t('The half of the pool that holds keys.'),
  'v-cache': (t) => t('The half of the pool that holds values.'),
  'mamba-cache': (t) => t('States of recurrent layers, a fixed size per sequence.'),
  model: (t) => t('The tensors that llama.cpp puts there, at their types in the file.'),
  kv: (t) => t('Keys and values of every cell, for all sequences together.'),
  recurrent: (t) => t('States of recurrent layers, a fixed size per sequence.'),
  compute: (t) => t("Scratch memory of the graph, as ggml's own allocator lays out one full batch."),
  output: (t) => t('Logits and embeddings of as many sequences as run at once.'),
  'cublas-workspace': (t) => t('A workspace that PyTorch gives cuBLAS at its first product.'),
};

const freePool: Say = (t) => t('What the first full step leaves free, as far as the engine takes it, for keys and values.');
const asked: Say = (t) => t('Keys and values, as many as are asked for.');

/** Terms that one engine has under the name of another's. */
const ownSentences: Partial<Readonly<Record<EngineId, Readonly<Record<string, Say>>>>> = {
  sglang: {
    'cuda-graphs': (t) => t('What SGLang sets aside for graphs: 2 MiB for each sequence of the largest captured batch.'),
  },
  'tensorrt-llm': { 'kv-cache': freePool },
  tgi: { 'kv-cache': freePool },
  mlx: {
    'model-weights': (t) => t('The tensors of the files as they are.'),
    'kv-cache': (t) => t('Buffers of keys and values, which grow by steps of 256 tokens; those of a window turn in place.'),
    'peak-activation': (t) => t('Outputs of a layer, and of operations that were sent ahead and are not done.'),
  },
  transformers: {
    'model-weights': (t) => t('Every tensor by itself, as the file stores it or at the dtype that is asked for.'),
    'kv-cache': asked,
    'peak-activation': (t) => t('What lives beside weights and cache at the fullest moment, traced tensor by tensor.'),
    'gptq-kernel': (t) => t('One layer at 16 bits, which kernels for 4-bit GPTQ unpack weights to.'),
  },
  exllama: {
    'model-weights': (t) => t('The layers and the head as the file stores them; the embedding of tokens stays in host memory.'),
    'kv-cache': asked,
    scratch: (t) => t('Buffers that are made once: for products of a chunk, and for one matrix at 16 bits.'),
    chunk: (t) => t('What one chunk of a prompt allocates for the time of a layer.'),
  },
};

const lastWord = (name: string): string => name.slice(name.lastIndexOf(' ') + 1);

/** What a term is. */
export const termText = (engine: EngineId, { name }: MemoryTerm, t: Translate): string =>
  (ownSentences[engine]?.[name] ?? termSentences[name] ?? termSentences[lastWord(name)])?.(t) ?? name;

const vllmSources: Readonly<Record<string, string>> = {
  'model-weights': 'vllm/model_executor/layers/linear.py, vocab_parallel_embedding.py, fused_moe/layer.py',
  'peak-activation': 'vllm/v1/worker/gpu_model_runner.py (profile_run), vllm/v1/sample/ops/topk_topp_sampler.py',
  'request-state': 'vllm/v1/worker/gpu/sample/penalties.py, vllm/v1/worker/gpu/structured_outputs.py',
  'kv-cache': 'vllm/v1/worker/gpu_worker.py (determine_available_memory), vllm/v1/core/kv_cache_utils.py',
};
const sglangSources: Readonly<Record<string, string>> = {
  'model-weights': 'python/sglang/srt/layers/linear.py, vocab_parallel_embedding.py',
  'k-cache': 'python/sglang/srt/model_executor/model_runner.py (profile_max_num_token)',
  'v-cache': 'python/sglang/srt/model_executor/model_runner.py (profile_max_num_token)',
  'kv-cache': 'python/sglang/srt/model_executor/model_runner.py (profile_max_num_token)',
  activations: 'python/sglang/srt/server_args.py',
  'cuda-graphs': 'python/sglang/srt/server_args.py',
};
const llamaSources: Readonly<Record<string, string>> = {
  model: 'llama.cpp: src/llama-model.cpp (load_tensors)',
  kv: 'llama.cpp: src/llama-kv-cache.cpp',
  recurrent: 'llama.cpp: src/llama-memory-recurrent.cpp',
  compute: 'llama.cpp: src/llama-graph.cpp; ggml/src/ggml-alloc.c, ggml-backend.cpp',
  output: 'llama.cpp: src/llama-context.cpp (output_reserve)',
};

const otherSources: Partial<Readonly<Record<EngineId, Readonly<Record<string, string>>>>> = {
  'tensorrt-llm': { 'kv-cache': 'tensorrt_llm/_torch/pyexecutor/_util.py (KvCacheCreator)' },
  tgi: { 'kv-cache': 'server/text_generation_server/models/flash_causal_lm.py (warmup)' },
  mlx: { 'kv-cache': 'mlx_lm/models/cache.py', 'peak-activation': 'mlx/transforms.cpp; mlx_lm/generate.py' },
  transformers: {
    'model-weights': 'src/transformers/modeling_utils.py; c10/cuda/CUDACachingAllocator.cpp',
    'kv-cache': 'src/transformers/cache_utils.py',
    'cublas-workspace': 'aten/src/ATen/cuda/CublasHandlePool.cpp',
  },
  exllama: {
    'kv-cache': 'exllamav3/cache/fp16.py, quant.py; exllamav2/cache.py',
    scratch: 'exllamav2/mlp.py, attn.py, linear.py; exllamav3/modules/quant/exl3.py',
  },
};

/** Where the rule of a term stands; empty for what only logs say. */
export function termSource(engine: EngineId, { name }: MemoryTerm): string {
  const sources = otherSources[engine] ?? (engine === 'vllm' ? vllmSources : engine === 'sglang' ? sglangSources : llamaSources);
  return sources[name] ?? sources[lastWord(name)] ?? '';
}

const stepNames: Readonly<Record<string, Say>> = {
  'device-memory': (t) => t('memory that the driver reports'),
  'share-of-device': (t) => t('the share of it'),
  'set-aside': (t) => t('set aside for activations and graphs'),
  'forward-pass': (t) => t('forward pass'),
  sampler: (t) => t('sampler'),
  'expert-buffers': (t) => t('buffers of the experts'),
  'tower-outputs': (t) => t('outputs of the vision or audio tower'),
  'cublas-workspace': (t) => t("cuBLAS's workspace"),
  'share-of-the-rest': (t) => t('the share of what is left'),
};

/** A line of a term's reckoning: "− 14.99 GiB  model-weights". */
export function stepText({ code, value, unit, op }: TermStep, t: Translate, style: NumberStyle): string {
  const name = Object.hasOwn(stepNames, code) ? (stepNames[code]?.(t) ?? code) : code;
  const text = unit === 'bytes' ? formatBytes(value, style) : formatNumber(value, unit === 'share' ? 3 : 0, style);
  if (op === 'given') return `${name} = ${unit === 'share' ? text.replace(/0+$/, '') : text}`;
  return op === 'max' ? `max ${text}  ${name}` : `${op} ${text}  ${name}`;
}

/** How a term comes about, a step per line, down to its bytes. */
export function termFormula(term: MemoryTerm, { pool }: RunMemory, t: Translate, style: NumberStyle): readonly string[] {
  const steps = (term.steps ?? []).map((step) => stepText(step, t, style));
  const cells = pool?.tokens ?? 0;
  const each = cells > 0 ? term.bytes / cells : 0;
  const whole = `${formatNumber(term.bytes, 0, style)} B`;
  const perCell =
    term.name.endsWith(' kv') && Number.isInteger(each)
      ? [t('{0} cells × {1} B = {2}', formatNumber(cells, 0, style), formatNumber(each, 0, style), whole)]
      : [`= ${formatBytes(term.bytes, style)} = ${whole}`];
  return [...steps, ...perCell];
}
