import type { Analysis } from '../../../analysis';
import { isObject } from '../../../config/json';
import type { Settings } from './settings';
import { atLeast } from '../versions';

/** Bytes that one head keeps of one key or value of `dim` elements. */
export type RowBytes = (dim: number) => number;

/**
 * Types of the cache (vllm/v1/kv_cache_interface.py and the backends of vllm/v1/attention). 8-bit ones carry no scales in the
 * pages unless they are per token and head (float32 each); NVFP4 packs two elements a byte and one FP8 scale for 16.
 */
export function rowBytes(dtype: string, width: number): RowBytes | undefined {
  if (dtype === 'auto') return (dim) => dim * width;
  if (dtype === 'float16' || dtype === 'bfloat16') return (dim) => dim * 2;
  if (/^(fp8|int8)_per_token_head$/.test(dtype)) return (dim) => dim + 4;
  if (dtype === 'int4_per_token_head') return (dim) => dim / 2 + 4;
  if (dtype.startsWith('fp8')) return (dim) => dim;
  // 512 values at 4 bits, their 32 scales, and 64 rotary values at FP8 (backends/mla/flashmla_sparse.py).
  if (dtype === 'nvfp4_ds_mla') return () => 352;
  if (dtype.startsWith('nvfp4')) return (dim) => dim / 2 + dim / 16;
  return undefined;
}

/**
 * The type of the cache of a run: as asked; `auto` follows what the checkpoint's quantization says of its cache from 0.14 on
 * (vllm/utils/torch_utils.py, resolve_kv_cache_dtype_string), and is the run's dtype otherwise.
 */
export function cacheDtypeOf(
  analysis: Analysis,
  { cacheDtype, version }: Pick<Settings, 'cacheDtype' | 'version'>,
  weights: string,
): string {
  if (cacheDtype !== 'auto' || !atLeast(version, '0.14') || weights !== 'checkpoint') return cacheDtype;
  const block = analysis.root['quantization_config'] ?? analysis.root['compression_config'];
  if (!isObject(block)) return cacheDtype;
  const inner = block['quantization'];
  for (const holder of isObject(inner) ? [inner, block] : [block]) {
    const scheme = holder['kv_cache_scheme'];
    if (isObject(scheme) && scheme['num_bits'] === 8) return 'fp8';
    if (typeof holder['kv_cache_quant_algo'] === 'string' && /fp8/i.test(holder['kv_cache_quant_algo'])) return 'fp8';
  }
  return cacheDtype;
}
