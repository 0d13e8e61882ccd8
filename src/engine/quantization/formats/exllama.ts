import type { Block } from '../recipe';

/** `exl3-4.0bpw`, `exl2-4.65bpw`. */
export const exllamaName = (format: 'exl2' | 'exl3', bits: number): string => `${format}-${Number.isInteger(bits) ? `${bits}.0` : bits}bpw`;

/** The average bits of a weight that the block states; 4, with a finding, where it states none that can be. */
export function averageBits({ config, path, sink }: Block): number {
  const bits = config['bits'];
  if (typeof bits === 'number' && bits >= 1 && bits <= 16) return bits;
  sink.add({ code: 'quantization-incomplete', severity: 'warning', path, values: { key: 'bits', assumed: 4 } });
  return 4;
}
