import type { Analysis } from '../../../analysis';
import { layerStates } from '../../parallel/layerStates';
import { numberOf } from '../../parallel/textConfig';
import { RunError, type Machine } from '../run';
import { atLeast } from '../versions';
import type { Settings } from './settings';

/**
 * Types of the cache and the last release read that has none of them (CacheDType of vllm/config/cache.py, sixteen releases from
 * 0.10.2 to 0.33.0).
 */
const without: Readonly<Record<string, string>> = {
  bfloat16: '0.10.2',
  fp8_ds_mla: '0.10.2',
  float16: '0.17.1',
  turboquant_k8v4: '0.19.0',
  turboquant_4bit_nc: '0.19.0',
  turboquant_k3v4_nc: '0.19.0',
  turboquant_3bit_nc: '0.19.0',
  int8_per_token_head: '0.19.0',
  fp8_per_token_head: '0.19.0',
  nvfp4: '0.19.0',
  int4_per_token_head: '0.24.0',
  nvfp4_4over6: '0.26.0',
  nvfp4_ds_mla: '0.28.0',
  ultraquant_4bit: '0.31.0',
  octave_k3v4: '0.32.0',
  octave_k3v3: '0.32.0',
  octave_k3v3_compact: '0.32.0',
};

/** Whether a version is at most another one. */
const atMost = (version: string, most: string): boolean => atLeast(most, version);

/**
 * Refuses a type of the cache that vLLM does not keep for the model, on the device or in the version. Rows of 656 bytes are written by
 * back ends of sparse latent attention alone (v1/attention/backends/mla/flashmla_sparse.py); NVFP4 is read by TensorRT-LLM's kernels
 * for data-center Blackwell, and since 0.32 by FlashAttention 2 of compute capability 8, 9 and 12 but for heads of 64
 * (v1/attention/backends/flashinfer.py, supports_kv_cache_dtype, supports_combination), never for latent attention
 * (config/vllm.py, validate_nvfp4_kv_cache_with_mla).
 *
 * @throws RunError that says why.
 */
export function checkCacheType(
  analysis: Analysis,
  { cacheDtype: type, version }: Pick<Settings, 'cacheDtype' | 'version'>,
  machine: Machine,
): void {
  const last = Object.hasOwn(without, type) ? without[type] : undefined;
  if (last !== undefined && atMost(version, last))
    refuse('cache-type-version', type, `vLLM ${version} has no cache of type ${type}`, { version });
  const states = layerStates(analysis).flatMap((each) => each.states);
  const latent = states.some(({ kind }) => kind === 'latent');
  const sparse = latent && numberOf(analysis, 'index_head_dim') !== undefined;
  if (type.endsWith('_ds_mla') && !sparse)
    refuse('cache-type-latent', type, `${type} is for sparse latent attention, which ${analysis.architecture.slice(0, 80)} has not`, {
      model: analysis.architecture.slice(0, 80),
    });
  if (!type.startsWith('nvfp4')) return;
  const forLatent = type === 'nvfp4_ds_mla';
  if (latent && !forLatent) refuse('cache-type-plain', type, `${type} is not for latent attention`);
  const { device } = machine;
  const capability = /^(\d+)\.\d+$/.exec(device?.architecture ?? '')?.[1];
  const family = device?.vendor === 'NVIDIA' ? capability : device?.vendor === 'AMD' ? 'ROCm' : undefined;
  if (device === undefined || family === undefined || family === '10') return;
  const narrow = states.some((state) => 'elementsPerToken' in state && state.elementsPerToken / (state.heads ?? 1) / 2 === 64);
  const reads = ['8', '9', '12'].includes(family) && atLeast(version, '0.31.1') && type === 'nvfp4' && !narrow;
  if (!reads)
    refuse('cache-type-device', type, `vLLM ${version} does not read a cache of type ${type} on ${device.name}`, {
      device: device.name,
      version,
    });
}

function refuse(code: string, type: string, message: string, values: Readonly<Record<string, string>> = {}): never {
  throw new RunError(code, message, 'options.kv-cache-dtype', { type, ...values });
}

/** Highest ranks that adapters may have (vllm/config/lora.py: MaxLoRARanks since 0.11, possible_max_ranks before, without 1). */
export const loraRanks = ['1', '8', '16', '32', '64', '128', '256', '320', '512'] as const;

/** @throws RunError for a rank that the version does not take. */
export function checkLoraRank(rank: number | undefined, version: string): void {
  if (rank === 1 && !atLeast(version, '0.11'))
    throw new RunError('lora-rank-version', `vLLM ${version} takes no --max-lora-rank of 1; 8 is the least`, 'options.max-lora-rank', {
      version,
    });
}

/** @throws RunError for fewer adapters in host memory than on the device (vllm/config/lora.py, _validate_lora_config). */
export function checkHostAdapters({ lora }: Pick<Settings, 'lora'>): void {
  if (lora?.onHost !== undefined && lora.onHost < lora.count)
    throw new RunError('lora-host-few', `--max-cpu-loras ${lora.onHost} is less than --max-loras ${lora.count}`, 'options.max-cpu-loras', {
      host: lora.onHost,
      count: lora.count,
    });
}
