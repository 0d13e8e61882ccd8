import { RunError, type Run } from '../run';
import type { CacheType } from './flags';
import type { ModelShape } from './shape';
import type { Version } from './versions';

/** What a run is, once defaults are filled in: llama_context_params and llama_model_params. */
export interface Settings {
  /** Cells of all sequences, and of one. */
  readonly context: number;
  readonly contextPerSequence: number;
  readonly batch: number;
  /** Tokens that are computed at once. */
  readonly microBatch: number;
  readonly sequences: number;
  /** All sequences in one stream of cells. */
  readonly unified: boolean;
  readonly flash: boolean;
  readonly typeK: CacheType;
  readonly typeV: CacheType;
  /** Blocks on devices; the output is one more. */
  readonly gpuLayers: number;
  readonly splitMode: 'none' | 'layer' | 'row';
  readonly tensorSplit: readonly number[] | undefined;
  readonly mainGpu: number;
  readonly devices: readonly string[] | undefined;
  readonly fullWindows: boolean;
  readonly cacheOnDevices: boolean;
  readonly mapped: boolean;
  readonly offloadsOperations: boolean;
  readonly cpuExperts: number;
  readonly overrides: string | undefined;
  readonly projector: boolean;
  readonly projectorOnDevice: boolean;
  readonly embeddings: boolean;
  /** Rows of logits that a batch may ask for. */
  readonly outputs: number;
}

const pad = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Rows of the mask are padded to this before contexts are even (GGML_KQ_MASK_PAD of ggml.h). */
export const maskPadding = 64;
const everyLayer = 1_000_000;

/** Cells are allocated in steps: 256 with flash attention, 32 without (get_padding), 256 for all since contexts are even. */
const cellStep = (version: Version, flash: boolean): number => (version.has('evenContexts') || flash ? 256 : 32);

/** Which of llama.cpp's programs: a server asks for other defaults than the command line. */
export type Program = 'server' | 'cli';

/**
 * common/common.h and common/arg.cpp by version. The server's slots are 1 before b6924 and 4 that share one cache from then on;
 * the context was 512 before b3000, 4096 until b7407, and is the model's own since.
 *
 * @throws RunError for values that the engine refuses.
 */
export function settingsOf(run: Run, shape: ModelShape, version: Version, program: Program): Settings {
  const { options } = run;
  const whole = (name: string): number | undefined => options[name] as number | undefined;
  const is = (name: string): boolean => options[name] === true;
  const asked = whole('parallel');
  const automatic = program === 'server' && version.has('sharedSlots') && (asked === undefined || asked < 0);
  const sequences = Math.max(1, automatic ? 4 : (asked ?? 1));
  const unified = !version.has('streams') || automatic || is('kv-unified');
  const typeK = (options['cache-type-k'] ?? 'f16') as CacheType;
  const typeV = (options['cache-type-v'] ?? 'f16') as CacheType;
  const attention = String(options['flash-attn'] ?? (version.has('flashAuto') ? 'auto' : 'off'));
  // Automatic is on where the backend has the kernel, which those named here have.
  const flash = ['on', 'true', '1'].includes(attention) || (attention === 'auto' && version.has('flashAuto'));
  const quantizedValues = !['f32', 'f16', 'bf16'].includes(typeV);
  if (quantizedValues && !flash) throw new RunError('flag-value', 'a quantized cache of values needs flash attention', 'cache-type-v');
  const wanted = whole('ctx-size') ?? (version.has('fitted') ? 0 : version.build < 3000 ? 512 : 4096);
  let context = wanted === 0 ? shape.context : wanted;
  const step = cellStep(version, flash);
  let contextPerSequence: number;
  if (version.has('evenContexts')) {
    context = pad(context, step);
    contextPerSequence = unified ? context : pad(Math.floor(context / sequences), step);
    if (!unified) context = contextPerSequence * sequences;
  } else {
    contextPerSequence = pad(unified ? context : Math.floor(context / sequences), step);
    context = unified ? contextPerSequence : context;
  }
  const splitMode = options['split-mode'] ?? 'layer';
  // Heads and rows in parallel on a device of devices, still experimental (ggml-org/llama.cpp#19378): no rule says what it allocates.
  if (splitMode === 'tensor')
    throw new RunError('flag-value', 'what tensor allocates is not derived; none, layer and row are', 'split-mode');
  const batch = Math.min(context, whole('batch-size') ?? 2048);
  const microBatch = Math.min(batch, whole('ubatch-size') ?? 512);
  const bounded = program === 'server' && version.has('boundedOutputs') && !is('embeddings');
  return {
    context,
    contextPerSequence,
    batch,
    microBatch,
    sequences,
    unified,
    flash,
    typeK,
    typeV,
    gpuLayers: gpuLayersOf(options['gpu-layers'], version, run),
    splitMode: splitMode === 'none' || splitMode === 'row' ? splitMode : 'layer',
    tensorSplit: options['tensor-split'] as readonly number[] | undefined,
    mainGpu: whole('main-gpu') ?? 0,
    devices: typeof options['device'] === 'string' ? options['device'].split(',').map((name) => name.trim()) : undefined,
    fullWindows: is('swa-full'),
    cacheOnDevices: options['kv-offload'] !== false && !is('no-kv-offload'),
    mapped: options['mmap'] !== false && !is('no-mmap') && !['none', 'mlock', 'dio'].includes(String(options['load-mode'])),
    offloadsOperations: options['op-offload'] !== false && !is('no-op-offload'),
    cpuExperts: is('cpu-moe') ? everyLayer : (whole('n-cpu-moe') ?? 0),
    overrides: options['override-tensor'] as string | undefined,
    projector: options['mmproj'] !== undefined && !is('no-mmproj'),
    projectorOnDevice: options['mmproj-offload'] !== false && !is('no-mmproj-offload'),
    embeddings: is('embeddings'),
    outputs: bounded ? sequences : batch,
  };
}

/** All of them by default since b6325, none before; Metal's builds always took all. */
function gpuLayersOf(asked: unknown, version: Version, { machine }: Run): number {
  if (asked === undefined) return version.has('flashAuto') || machine.device?.vendor === 'Apple' ? everyLayer : 0;
  if (asked === 'auto' || asked === 'all') return everyLayer;
  const layers = Number(asked);
  if (!Number.isInteger(layers))
    throw new RunError('flag-value', `gpu-layers takes a whole number, auto or all, not ${String(asked).slice(0, 40)}`, 'gpu-layers');
  return layers < 0 ? everyLayer : layers;
}
