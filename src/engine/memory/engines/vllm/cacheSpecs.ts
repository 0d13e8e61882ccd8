import type { Analysis } from '../../../analysis';
import { isList } from '../../../config/json';
import { layerStates, type LayerState } from '../../parallel/layerStates';
import { decoderLayers } from '../../parallel/tensors';
import { numberOf, valueOf } from '../../parallel/textConfig';
import { cacheDtypeOf, rowBytes } from './cacheTypes';
import type { Settings } from './settings';

/** How one layer's cache is paged. `page`: bytes of one block of one layer on one rank. */
export interface CacheSpec {
  readonly kind: 'full' | 'latent' | 'sliding' | 'chunked' | 'mamba' | 'cross';
  readonly blockSize: number;
  readonly page: number;
  /** Tokens that a window or chunk holds. */
  readonly span?: number;
}

export interface LayerSpec {
  readonly layer: number;
  readonly spec: CacheSpec;
}

export interface CacheSpecs {
  readonly layers: readonly LayerSpec[];
  readonly dtype: string;
  /** Types whose pages no source that was read gives. */
  readonly unknownDtype: boolean;
}

const ceilDiv = (a: number, b: number): number => Math.ceil(a / b);

/**
 * Specs of every layer on one rank (vllm/v1/kv_cache_interface.py: AttentionSpec, MLAAttentionSpec, SlidingWindowSpec,
 * ChunkedLocalAttentionSpec, MambaSpec). Key/value heads are divided, at least one stays; latent caches are not divided.
 */
export function cacheSpecs(analysis: Analysis, settings: Settings, weights: string, draft?: Analysis): CacheSpecs {
  const dtype = cacheDtypeOf(analysis, settings, weights);
  const known = rowBytes(dtype, settings.width);
  const bytes = known ?? ((dim: number) => dim * settings.width);
  const states = layerStates(analysis);
  const sparse =
    numberOf(analysis, 'index_head_dim') !== undefined && states.some(({ states: of }) => of.some(({ kind }) => kind === 'latent'));
  const asked = settings.blockSize ?? (sparse ? 64 : 16);
  const mamba = Math.max(0, ...states.map(({ states: of }) => mambaPage(analysis, of, settings)));
  const blockSize =
    mamba > 0
      ? hybridBlock(
          states.flatMap(({ states: of }) => of),
          mamba,
          asked,
          bytes,
          settings,
          analysis,
        )
      : asked;
  const layers: LayerSpec[] = [];
  for (const { layer, states: of } of states) {
    const recurrent = mambaPage(analysis, of, settings);
    for (const state of of) {
      const spec = specOf(state, { analysis, settings, bytes, blockSize, dtype, sparse });
      if (spec) layers.push({ layer, spec });
    }
    // The whole state of a sequence is one page, padded to that of the attention layers.
    if (recurrent > 0)
      layers.push({
        layer,
        spec: { kind: 'mamba', blockSize: settings.mambaMode === 'none' ? settings.maxModelLen : blockSize, page: recurrent },
      });
    if (sparse && hasIndexer(analysis, layer))
      layers.push({ layer, spec: { kind: 'latent', blockSize, page: blockSize * indexerRow(analysis) } });
  }
  const input = { analysis, settings, bytes, blockSize, dtype, sparse };
  layers.push(...draftSpecs(analysis, input), ...(draft ? modelSpecs(draft, analysis, input) : []));
  const attention = layers.find(({ spec }) => spec.kind !== 'mamba')?.spec.page;
  const padded =
    attention === undefined
      ? layers
      : layers.map((each) =>
          each.spec.kind === 'mamba' ? { ...each, spec: { ...each.spec, page: Math.max(attention, each.spec.page) } } : each,
        );
  return { layers: padded, dtype, unknownDtype: known === undefined };
}

interface SpecInput {
  readonly analysis: Analysis;
  readonly settings: Settings;
  readonly bytes: (dim: number) => number;
  readonly blockSize: number;
  readonly dtype: string;
  readonly sparse: boolean;
}

function specOf(state: LayerState, { settings, bytes, blockSize, dtype, sparse }: SpecInput): CacheSpec | undefined {
  if (!('elementsPerToken' in state)) return undefined;
  if (state.kind === 'latent') {
    // Sparse attention over an 8-bit cache: 512 FP8 values, four float32 scales and 64 rotary values at 16 bits.
    const token = sparse && dtype.startsWith('fp8') ? 656 : bytes(state.elementsPerToken);
    return { kind: 'latent', blockSize, page: blockSize * token };
  }
  const heads = state.heads ?? 1;
  const local = Math.max(1, Math.floor(heads / settings.tensor));
  const page = blockSize * local * 2 * bytes(state.elementsPerToken / heads / 2);
  if (state.kind === 'cross') return { kind: 'cross', blockSize, page };
  if (state.kind === 'chunked') return { kind: 'chunked', blockSize, page, span: state.chunk };
  if (state.kind === 'sliding' && settings.slidingWindows) return { kind: 'sliding', blockSize, page, span: state.window };
  return { kind: 'full', blockSize, page };
}

/** Layers that predict further tokens keep a cache of their own, on the last stage. */
function draftSpecs(analysis: Analysis, input: SpecInput): readonly LayerSpec[] {
  const { speculation } = input.settings;
  if (speculation === undefined || !/mtp|nextn/i.test(speculation.method)) return [];
  const last = decoderLayers(analysis.inventory) - 1;
  return analysis.unloaded.states.flatMap(({ state, copies }) => {
    const spec = specOf(state, input);
    if (!spec) return [];
    const indexer: readonly CacheSpec[] =
      input.sparse && spec.kind === 'latent'
        ? [{ kind: 'latent', blockSize: input.blockSize, page: input.blockSize * indexerRow(analysis) }]
        : [];
    return Array.from({ length: copies }, () => [spec, ...indexer].map((each) => ({ layer: last, spec: each }))).flat();
  });
}

/**
 * Layers of a draft that is a model or head of its own stand in the same pools as the model's, numbered after them, on the last stage
 * (vllm/v1/worker/gpu_model_runner.py, get_kv_cache_spec: every attention layer of the forward context, drafts marked `is_draft`).
 */
function modelSpecs(draft: Analysis, target: Analysis, input: SpecInput): readonly LayerSpec[] {
  const last = decoderLayers(target.inventory) - 1;
  const settings = { ...input.settings, tensor: input.settings.speculation?.tensor ?? input.settings.tensor };
  return layerStates(draft).flatMap(({ states }) =>
    states.flatMap((state) => {
      const spec = specOf(state, { ...input, analysis: draft, settings, sparse: false });
      return spec ? [{ layer: last, spec }] : [];
    }),
  );
}

/** Bytes of the recurrent and convolution state of one sequence in one layer, on one rank (mamba_utils.py). */
function mambaPage(analysis: Analysis, states: readonly LayerState[], settings: Settings): number {
  let bytes = 0;
  const kernel =
    numberOf(
      analysis,
      'linear_conv_kernel_dim',
      'conv_kernel',
      'mamba_d_conv',
      'd_conv',
      'conv_kernel_size',
      'conv_L_cache',
      'mamba_conv_kernel',
    ) ?? 4;
  for (const state of states) {
    if (state.kind === 'recurrent') bytes += (state.elements / settings.tensor) * stateWidth(analysis, settings);
    if (state.kind === 'convolution')
      bytes += (state.elements / kernel / settings.tensor) * (kernel - 1 + (settings.speculation?.tokens ?? 0)) * settings.width;
  }
  return Math.ceil(bytes);
}

/** Width of recurrent state: as asked, else as the config says, else the run's dtype. */
function stateWidth(analysis: Analysis, { stateDtype, width }: Settings): number {
  if (stateDtype !== 'auto') return stateDtype === 'float32' ? 4 : 2;
  const named = valueOf(analysis, 'mamba_ssm_dtype', 'mamba_ssm_cache_dtype');
  return typeof named === 'string' && /float32/.test(named) ? 4 : width;
}

/**
 * Block size of the attention layers beside state-space ones: the least multiple of the kernel's block whose page is not
 * smaller than the state (vllm/model_executor/models/config.py, HybridAttentionMambaModelConfig, to 0.19;
 * vllm/platforms/interface.py, _align_hybrid_block_size, after).
 */
function hybridBlock(
  states: readonly LayerState[],
  mamba: number,
  asked: number,
  bytes: (dim: number) => number,
  settings: Settings,
  analysis: Analysis,
): number {
  const attention = states.find((state) => state.kind === 'attention' || state.kind === 'sliding' || state.kind === 'latent');
  if (!attention || !('elementsPerToken' in attention)) return asked;
  const latent = attention.kind === 'latent';
  const heads = attention.heads ?? 1;
  const token = latent
    ? bytes(attention.elementsPerToken)
    : Math.max(1, Math.floor(heads / settings.tensor)) * 2 * bytes(attention.elementsPerToken / heads / 2);
  const alignment = latent ? 64 : 16;
  const unit = settings.mambaMode === 'all' ? lcm(numberOf(analysis, 'chunk_size', 'mamba_chunk_size') ?? 256, alignment) : alignment;
  return Math.max(asked, unit * ceilDiv(mamba, unit * token));
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;

/** Keys of the indexer that picks tokens: FP8 and one float32 scale for 128 (vllm/model_executor/models/deepseek_v2.py). */
function indexerRow(analysis: Analysis): number {
  const dim = numberOf(analysis, 'index_head_dim') ?? 128;
  return dim + ceilDiv(dim, 128) * 4;
}

/** Layers whose indexer is shared with an earlier one keep no keys of their own. */
function hasIndexer(analysis: Analysis, layer: number): boolean {
  const types = valueOf(analysis, 'indexer_types');
  return !isList(types as never) || (types as readonly unknown[])[layer] !== 'shared';
}
