import type { JsonObject, JsonValue } from '../../config/json';
import { llamaFlags } from '../engines/llamaCpp/flags';
import { ollama } from '../engines/llamaCpp/ollama';
import { commandOptions, llamaCommand } from './llamaCommand';
import { numberOf, printedBytes, printedCount } from './lines';
import { Figures, knownFlags, Starts, type EngineReader, type GgufFacts, type LogDevice, type StartupLog } from './startupLog';

const telling =
  /llama|ggml|load_tensors|print_info|buffer size|KV|build|flash_attn|n_ctx|n_batch|n_ubatch|n_seq_max|kv_unified|SWA|sched_reserve|Device \d|using device|offloaded|msg=|resolve_fused_ops/;

/** Keys of the metadata that are kept: those of the model's shape, not of its tokenizer. */
const keptKey =
  /^(?:general\.(?:architecture|name|file_type|size_label)|[\w-]+\.(?:[a-z_]+|attention\.[a-z_]+|ssm\.[a-z_]+|rope\.(?:dimension_count|scaling\.type)))$/;
const mostKeys = 200;

const mostDevices = 64;

/** Figures of one context, which a new context replaces. */
const ofContext = / (?:kv|recurrent|compute|output)$/;

/** The kind of a buffer, as the terms of a run call it. */
const kinds: Readonly<Record<string, string>> = { model: 'model', KV: 'kv', RS: 'recurrent', compute: 'compute', output: 'output' };

interface State {
  readonly metadata: Map<string, string>;
  tensors: number | undefined;
  vocabulary: number | undefined;
  parameters: ReturnType<typeof printedCount>;
  fileType: string | undefined;
  layers: readonly [number, number] | undefined;
  command: readonly string[] | undefined;
  ollamaEngine: boolean;
  /** What Ollama asks of its runner, and what llama_context has, by the name of the flag. */
  request: Record<string, JsonValue>;
  context: Record<string, JsonValue>;
  readonly figures: Figures;
  readonly traits: Set<string>;
}

const begin = (): State => ({
  metadata: new Map(),
  tensors: undefined,
  vocabulary: undefined,
  parameters: undefined,
  fileType: undefined,
  layers: undefined,
  command: undefined,
  ollamaEngine: false,
  request: {},
  context: {},
  figures: new Figures(),
  traits: new Set(),
});

/** What holds for all starts of a log. */
interface Program {
  build: string | undefined;
  ollama: string | undefined;
  isOllama: boolean;
  readonly devices: Map<string, LogDevice>;
  readonly titles: string[];
}

/**
 * Lines of llama.cpp's loader and contexts (src/llama-model-loader.cpp, llama-model.cpp, llama-context.cpp, llama-kv-cache.cpp,
 * ggml-cuda.cu and the like, b1700 to v0.5.0), also as Ollama passes them on, with Ollama's own (server/routes.go, llm/server.go,
 * runner/llamarunner/runner.go, ml/device.go, 0.1 to 0.31).
 */
export function llamaReader(): EngineReader {
  const program: Program = { build: undefined, ollama: undefined, isOllama: false, devices: new Map(), titles: [] };
  const starts = new Starts(begin());
  const next = (): void => {
    const { command, ollamaEngine, request } = starts.current;
    starts.begin({ ...begin(), ollamaEngine, command, request });
  };

  return {
    add(line) {
      if (!telling.test(line)) return;
      const command = llamaCommand(line);
      if (command) {
        if (!starts.current.figures.isEmpty) next();
        starts.current.command = command;
        starts.current.ollamaEngine = command.includes('--ollama-engine');
      }
      if (line.includes('llama_model_loader: loaded meta data')) {
        if (!starts.current.figures.isEmpty || starts.current.metadata.size > 0) next();
        starts.current.tensors = numberOf(/and (\d+) tensors/.exec(line)?.[1]);
      }
      const state = starts.current;
      readProgram(program, line);
      readModel(state, line);
      readContext(state, line);
      readBuffers(state, line);
      if (line.includes('msg=')) readOllama(state, program, line);
    },
    starts: () => starts.all().map((start) => startOf(start, program)),
  };
}

function readProgram(program: Program, line: string): void {
  const build =
    /(?:^|[\s:|])(?:build|build_info|version|main: build)(?: info)? {0,8}[:=|]? ?(?:build ?= ?)?(v\d+\.\d+\.\d+|b?\d{4,6})\b/.exec(
      line,
    )?.[1];
  if (build !== undefined && /llama|build|version: \d+ \(/.test(line)) program.build ??= build;
  const device = /Device (\d+): ([^,]{1,120}),/.exec(line);
  if (device?.[2] !== undefined) program.titles[Math.min(Number(device[1]), mostDevices)] = device[2].trim();
  const [, id, title, free] = /using device ([A-Za-z]+\d*) \((.{1,120}?)\)(?: \([^)]{0,60}\)){0,3} - (\d+) MiB free/.exec(line) ?? [];
  if (id !== undefined && title !== undefined && program.devices.size < mostDevices)
    program.devices.set(id, { id, title, free: Number(free) * 2 ** 20 });
}

function readModel(state: State, line: string): void {
  const [, key, type, value] = /llama_model_loader: - kv +\d+: +(\S+) +(\S+) += (.*)$/.exec(line) ?? [];
  if (key !== undefined && type !== undefined && value !== undefined) {
    if (keptKey.test(key) && state.metadata.size < mostKeys) state.metadata.set(key, value.trim());
    if (key === 'tokenizer.ggml.tokens') state.vocabulary ??= numberOf(/arr\[str,(\d+)\]/.exec(line)?.[1]);
    return;
  }
  const fileType = /(?:print_info: file type|llm_load_print_meta: model ftype) +=? ?(.+)$/.exec(line)?.[1];
  if (fileType !== undefined) state.fileType = fileType.replace(/^= /, '').trim();
  const vocabulary = /(?:print_info|llm_load_print_meta): n_vocab +=? ?(\d+)/.exec(line)?.[1];
  if (vocabulary !== undefined) state.vocabulary = Number(vocabulary);
  const [, parameters, scale = ''] = /model params += ([\d.]+) ([KMBT])\b/.exec(line) ?? [];
  const factor = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 }[scale];
  const count = printedCount(parameters);
  if (count && factor !== undefined) state.parameters = { value: count.value * factor, half: count.half * factor };
  const [, on, of] = /offloaded (\d+)\/(\d+) layers to GPU/.exec(line) ?? [];
  if (on !== undefined) state.layers = [Number(on), Number(of)];
}

/** Keys of llama_context, and the flag of each. */
const contextKeys: Readonly<Record<string, string>> = {
  n_ctx: 'ctx-size',
  n_batch: 'batch-size',
  n_ubatch: 'ubatch-size',
  n_seq_max: 'parallel',
  kv_unified: 'kv-unified',
};

function readContext(state: State, line: string): void {
  const begins = line.includes('constructing llama_context') || /llama_new_context_with_model: n_ctx +=/.test(line);
  if (begins) {
    state.figures.drop(ofContext);
    state.context = {};
  }
  const [, key, value] =
    /(?:llama_context|llama_new_context_with_model|llama_init_from_model): (n_ctx|n_batch|n_ubatch|n_seq_max|kv_unified|flash_attn) += (\S+)/.exec(
      line,
    ) ?? [];
  if (key !== undefined && value !== undefined) {
    const flag = contextKeys[key];
    if (flag !== undefined) state.context[flag] = value;
    else state.context['flash-attn'] = flashOf(value);
  }
  if (/[Ff]lash [Aa]ttention was auto, set to (enabled|disabled)/.test(line))
    state.context['flash-attn'] = line.includes('set to enabled') ? 'on' : 'off';
  if (/resolve_fused_ops: Flash Attention (enabled|disabled)/.test(line))
    state.context['flash-attn'] = line.includes('enabled') ? 'on' : 'off';
  if (line.includes('full-size SWA cache')) state.context['swa-full'] = true;
  if (/KV self size|kv_cache|size =/.test(line)) {
    const type = (side: string): string | undefined => new RegExp(`\\b${side} \\(([a-z0-9_]{1,12})\\):`).exec(line)?.[1];
    const [keys, values] = [type('K'), type('V')];
    if (keys !== undefined) state.context['cache-type-k'] = keys;
    if (values !== undefined) state.context['cache-type-v'] = values;
  }
  if (/kv_size = \d+, offload = 0/.test(line)) state.context['no-kv-offload'] = true;
  if (/\bclip_(?:model_loader|ctx|init)|load_hparams: model size/.test(line)) state.traits.add('projector');
}

const flashOf = (value: string): string =>
  value === '1' || value === 'enabled' ? 'on' : value === '0' || value === 'disabled' ? 'off' : 'auto';

/** Buffers of towers are printed alike, by other functions. */
const ofTower = /alloc_compute_meta|reserve_compute_meta|clip_|mtmd/;

function readBuffers(state: State, line: string): void {
  const [, name, kind, number, unit] =
    /([\w.-]{1,40}) +(model |KV |RS |compute |output )?buffer size += +([\d.]+) (MiB|KiB|GiB|B)\b/.exec(line) ?? [];
  if (name === undefined || ofTower.test(line)) return;
  // Before the refactoring of 2025 weights had no word of their own; so had the recurrent state, a cache as any.
  const word = kind?.trim() ?? (/llm_load_tensors/.test(line) ? 'model' : undefined);
  const part = word === undefined ? undefined : kinds[word];
  if (part === undefined) return;
  const backend = name.replace(/_Mapped$/, '');
  if (/_REPACK|_AARCH64|_HBM|AMX/.test(backend)) state.traits.add('repacked');
  const printed = printedBytes(number, unit);
  const figure = `${backend} ${part}`;
  // Files in parts, windows and full layers each print a buffer; compute buffers are printed anew when they change.
  if (part === 'compute' || part === 'output') state.figures.last(figure, 'bytes', printed);
  else state.figures.add(figure, 'bytes', printed);
}

const ownFigures: Readonly<Record<string, string>> = { 'model weights': 'model', 'kv cache': 'kv', 'compute graph': 'compute' };

function readOllama(state: State, program: Program, line: string): void {
  const version = /Listening on \S+ \(version (\d+\.\d+\.\d+\S*)\)/.exec(line)?.[1];
  if (version !== undefined) program.ollama = version;
  if (version !== undefined || /\bsource=\w+\.go:/.test(line)) program.isOllama = true;
  if (line.includes('msg="inference compute"') && !line.includes('library=cpu') && program.titles.length < mostDevices) {
    const title = /description="([^"]{1,120})"/.exec(line)?.[1] ?? /name="([^"]{1,120})"/.exec(line)?.[1];
    if (title !== undefined && !program.titles.includes(title)) program.titles.push(title);
  }
  const request = /msg=load request="\{([^"]*)\}"/.exec(line)?.[1];
  if (request !== undefined && !request.includes('Operation:close')) readLoad(state, request);
  // Ollama's own engine has no buffers of llama.cpp; each try prints its sizes, and the last is the one that is loaded.
  const [, what, device, number, unit] =
    /msg="(model weights|kv cache|compute graph)" device=(\S+) size="([\d.]+) (B|KiB|MiB|GiB)"/.exec(line) ?? [];
  const part = what === undefined ? undefined : ownFigures[what];
  if (part !== undefined && state.ollamaEngine) {
    state.traits.add('own-engine');
    state.figures.last(`${device} ${part}`, 'bytes', printedBytes(number, unit));
  }
}

/** "Parallel:1 BatchSize:512 FlashAttention:Enabled KvSize:4096 KvCacheType: … UseMmap:false". */
function readLoad(state: State, request: string): void {
  const value = (key: string): string | undefined => new RegExp(`\\b${key}:(\\S+)`).exec(request)?.[1];
  const set = (flag: string, found: JsonValue | undefined): void => {
    if (found !== undefined) state.request[flag] = found;
  };
  set('parallel', value('Parallel'));
  set('ubatch-size', value('BatchSize'));
  set('ctx-size', value('KvSize'));
  const flash = value('FlashAttention')?.toLowerCase();
  if (flash !== undefined) set('flash-attn', flash === 'enabled' || flash === 'true' ? 'on' : flash === 'auto' ? 'auto' : 'off');
  const type = /\bKvCacheType:([a-z0-9_]+)/.exec(request)?.[1];
  if (type !== undefined) {
    set('cache-type-k', type);
    set('cache-type-v', type);
  }
}

const isDevice = (name: string): boolean => /^(CUDA|ROCm|HIP|Vulkan|SYCL|Metal|MTL|MUSA|CANN)\d*$/.test(name);

function startOf(state: State, program: Program): StartupLog {
  const { figures, context, layers, traits } = state;
  const list = figures.list();
  const used = [...new Set(list.map(({ name }) => name.split(' ')[0] ?? ''))].filter(isDevice).sort();
  const devices = used.map((id, at): LogDevice => {
    const own = program.devices.get(id);
    const title = own?.title ?? program.titles[at] ?? program.titles[0];
    return { id, ...(title !== undefined && { title }), ...(own?.free !== undefined && { free: own.free }) };
  });
  const command = state.command ? commandOptions(state.command) : {};
  const pinned = list.some(({ name }) => /_Host model$/.test(name));
  // Free memory decides how layers are shared among devices, where nobody says (llama_model::load_tensors).
  const free = devices.map((device) => device.free ?? 0);
  const shares = devices.length > 1 && free.every((bytes) => bytes > 0) ? free.map((bytes) => Math.round(bytes / 2 ** 20)) : undefined;
  const written: Record<string, JsonValue | undefined> = {
    ...(shares && { 'tensor-split': shares }),
    ...command,
    ...state.request,
    ...context,
    'gpu-layers':
      used.length === 0 ? '0' : layers === undefined ? command['gpu-layers'] : layers[0] === layers[1] ? 'all' : String(layers[0]),
    device: used.length > 0 ? used.join(',') : undefined,
    ...(pinned && command['load-mode'] === undefined && { 'no-mmap': true }),
  };
  const asOllama = program.isOllama && (program.ollama !== undefined || program.build === undefined);
  const flags = asOllama
    ? knownFlags(ollama.flags, ollamaWords(written))
    : knownFlags(llamaFlags, { ...written, ...(program.isOllama && { embeddings: true }) });
  const gguf: GgufFacts | undefined =
    state.metadata.size === 0
      ? undefined
      : { metadata: state.metadata, tensors: state.tensors, vocabulary: state.vocabulary, parameters: state.parameters };
  return {
    engine: asOllama ? 'ollama' : 'llama.cpp',
    version: asOllama ? program.ollama : program.build,
    options: flags.options,
    statesAllFlags: state.command !== undefined && state.command.length > 2,
    unknownFlags: [],
    devices,
    model: { name: state.metadata.get('general.name'), fileType: state.fileType, gguf },
    figures: list,
    traits: [...traits],
  };
}

/** The same run in Ollama's words. */
function ollamaWords(written: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const number = (flag: string): number | undefined => numberOf(written[flag] === undefined ? undefined : String(written[flag]));
  const parallel = number('parallel') ?? 1;
  const context = number('ctx-size');
  const layers = written['gpu-layers'];
  const flash = written['flash-attn'];
  const mode = written['load-mode'];
  const unmapped = written['no-mmap'] === true || mode === 'none' || mode === 'dio' || mode === 'mlock';
  const found: Record<string, JsonValue | undefined> = {
    'num-ctx': context === undefined ? undefined : Math.max(1, Math.floor(context / parallel)),
    'num-parallel': parallel,
    'num-batch': number('ubatch-size') ?? number('batch-size'),
    'flash-attention': flash === 'on' ? true : flash === 'off' ? false : undefined,
    'kv-cache-type': written['cache-type-k'],
    'num-gpu': layers === undefined || layers === 'all' || Number.isNaN(Number(layers)) ? undefined : Number(layers),
    'use-mmap': unmapped ? false : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined));
}
