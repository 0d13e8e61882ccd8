/** Types that weights and caches are held at, by the short names of the command line; float64 only where a file says so. */
export type CacheDtype = 'fp64' | 'fp32' | 'bf16' | 'fp16' | 'fp8' | 'int8';

export const cacheDtypes = ['fp32', 'bf16', 'fp16', 'fp8', 'int8'] as const satisfies readonly CacheDtype[];

export const bytesPerElement: Readonly<Record<CacheDtype, number>> = { fp64: 8, fp32: 4, bf16: 2, fp16: 2, fp8: 1, int8: 1 };

/** Types that a config's `torch_dtype` / `dtype` may name, with or without the `torch.` prefix. */
const named: Readonly<Record<string, CacheDtype>> = {
  float64: 'fp64',
  double: 'fp64',
  float32: 'fp32',
  float: 'fp32',
  bfloat16: 'bf16',
  float16: 'fp16',
  half: 'fp16',
  float8_e4m3fn: 'fp8',
  float8_e5m2: 'fp8',
  int8: 'int8',
};

/** The dtype that a config's text names, or `undefined`. */
export function parseDtype(text: string): CacheDtype | undefined {
  const name = text.startsWith('torch.') ? text.slice(6) : text;
  return Object.hasOwn(named, name) ? named[name] : undefined;
}
