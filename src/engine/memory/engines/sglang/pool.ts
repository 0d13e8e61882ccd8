import type { Analysis } from '../../../analysis';
import { layerStates, type StatesOfLayer } from '../../parallel/layerStates';
import { layersIn, type Stage } from '../../parallel/stages';
import { numberOf, valueOf } from '../../parallel/textConfig';
import type { Settings } from './settings';

/** Slots for keys and values on one rank of a stage. */
export interface TokenPool {
  /** Tokens of layers that see everything: what the log calls max_total_num_tokens. */
  readonly tokens: number;
  /** Tokens of layers with a window, where they have a pool of their own. */
  readonly windowTokens: number | undefined;
  /** Bytes of keys, and of values; latent caches are all in `keys`. */
  readonly keys: number;
  readonly values: number;
  /** Recurrent and convolution state of the sequences that are kept. */
  readonly state: number;
}

/** Classes whose windowed layers get a pool of their own (srt/configs/model_config.py, is_hybrid_swa_model, read at 0.5.15). */
const ownWindowPool = /^(llama4|gpt_oss|gemma4|mimo_v2|step3p5|laguna)/;

/** Whether windowed layers give up what they no longer see; else they keep as much as the others. */
export const hasWindowPool = ({ modelType }: Analysis, { windowPools }: Settings): boolean => windowPools && ownWindowPool.test(modelType);

/**
 * Slots that `rest` bytes hold: to 0.5.15 all layers are counted alike, and what that gives is then divided between layers with
 * and without a window (model_runner.py, profile_max_num_token and set_num_token_hybrid; model_runner_kv_cache_mixin.py).
 */
export function tokenPool(analysis: Analysis, settings: Settings, stage: Stage, rest: number): TokenPool {
  const layers = layerStates(analysis).filter(({ layer }) => layersIn([layer], stage) > 0);
  const state = mambaBytes(analysis, settings, layers, rest);
  const cell = cellBytes(analysis, settings, layers);
  const total = cell.all > 0 ? Math.max(0, Math.floor((rest - state) / cell.all)) : 0;
  const bounded = Math.min(total, settings.maxTotalTokens ?? Infinity);
  const paged = (tokens: number): number => Math.floor(tokens / settings.pageSize) * settings.pageSize;
  const hybrid = cell.windowed > 0 && cell.full > 0 && hasWindowPool(analysis, settings);
  if (!hybrid) return sized(paged(bounded), undefined, cell, state, settings);
  const tokens = Math.floor(
    (bounded * (cell.fullLayers + cell.windowedLayers)) / (settings.windowRatio * cell.windowedLayers + cell.fullLayers),
  );
  return sized(paged(tokens), paged(Math.floor(tokens * settings.windowRatio)), cell, state, settings);
}

function sized(tokens: number, windowTokens: number | undefined, cell: Cell, state: number, { pageSize }: Settings): TokenPool {
  // One more page takes what padding writes.
  const full = (tokens + pageSize) * cell.full;
  const windowed = ((windowTokens ?? tokens) + pageSize) * cell.windowed;
  const both = full + windowed;
  return { tokens, windowTokens, keys: cell.latent ? both : both / 2, values: cell.latent ? 0 : both / 2, state };
}

/** Keys and values that a draft's layers keep for as many tokens, in a pool of its own (model_runner.py: a draft takes the size of the model's). */
export function draftCache(draft: Analysis, settings: Settings, tokens: number): number {
  const { all } = cellBytes(draft, settings, layerStates(draft));
  return Math.round((tokens + settings.pageSize) * all);
}

interface Cell {
  readonly all: number;
  readonly full: number;
  readonly windowed: number;
  readonly fullLayers: number;
  readonly windowedLayers: number;
  readonly latent: boolean;
}

/** Bytes of one token over the layers of a rank. */
function cellBytes(analysis: Analysis, { attention, cacheDtype, width }: Settings, layers: readonly StatesOfLayer[]): Cell {
  const element = elementBytes(cacheDtype, width);
  let full = 0;
  let windowed = 0;
  let fullLayers = 0;
  let windowedLayers = 0;
  let latent = false;
  const indexer = numberOf(analysis, 'index_head_dim');
  for (const { states } of layers)
    for (const state of states) {
      if (!('elementsPerToken' in state)) continue;
      if (state.kind === 'latent') {
        latent = true;
        fullLayers++;
        full += state.elementsPerToken * element + (indexer === undefined ? 0 : indexer + Math.floor(indexer / 128) * 4);
        continue;
      }
      const heads = state.heads ?? 1;
      const bytes = (Math.max(1, Math.floor(heads / attention)) / heads) * state.elementsPerToken * element;
      if (state.kind === 'sliding' || state.kind === 'chunked') {
        windowed += bytes;
        windowedLayers++;
      } else {
        full += bytes;
        fullLayers++;
      }
    }
  return { all: full + windowed, full, windowed, fullLayers, windowedLayers, latent };
}

/** FP4 packs two elements a byte and a scale of one byte for 16. */
export const elementBytes = (dtype: string, width: number): number =>
  dtype === 'auto' ? width : dtype === 'fp4_e2m1' ? 1 / 2 + 1 / 16 : dtype.startsWith('fp8') || dtype === 'int8' ? 1 : 2;

/**
 * State of state-space layers: `--mamba-full-memory-ratio` parts of it to one of keys and values while prefixes are kept, else as
 * many sequences as may run (model_runner.py, handle_max_mamba_cache).
 */
function mambaBytes(analysis: Analysis, settings: Settings, layers: readonly StatesOfLayer[], rest: number): number {
  const kernel = numberOf(analysis, 'linear_conv_kernel_dim', 'conv_kernel', 'mamba_d_conv', 'd_conv', 'conv_kernel_size') ?? 4;
  let one = 0;
  for (const { states } of layers)
    for (const state of states) {
      if (state.kind === 'recurrent') one += (state.elements / settings.attention) * stateWidth(analysis, settings);
      if (state.kind === 'convolution') one += (state.elements / kernel / settings.attention) * (kernel - 1) * settings.width;
    }
  if (one === 0) return 0;
  const slots = settings.mambaSlots ?? (settings.radixCache ? undefined : (settings.maxRunning ?? 512));
  return slots === undefined ? Math.floor((rest * settings.mambaRatio) / (1 + settings.mambaRatio)) : slots * one;
}

function stateWidth(analysis: Analysis, { stateDtype, width }: Settings): number {
  const named = stateDtype ?? valueOf(analysis, 'mamba_ssm_dtype', 'mamba_ssm_cache_dtype');
  return typeof named === 'string' ? (/float32/.test(named) ? 4 : width) : 4;
}
