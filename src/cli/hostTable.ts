import { formatBytes, formatNumber, type RunMemory } from '../engine/index';

/** What stays in host memory and what reading it costs, for reading. */
export function hostLines({ host }: RunMemory): readonly string[] {
  if (!host) return [];
  const held = [
    ...(host.weights > 0 ? [`weights ${formatBytes(host.weights)}`] : []),
    ...(host.cache > 0 ? [`cache ${formatBytes(host.cache)}`] : []),
  ];
  const times = Object.entries(host.seconds).map(([link, seconds]) => `${link} ${formatNumber(seconds * 1000, 1)} ms`);
  const read = `≈${formatBytes(host.readPerStep)} of weights read a step`;
  const by = host.over === 'bus' ? ` over the bus, at least ${times.join(', ')}` : ' by the processor';
  return [`in host memory: ${held.join(', ')}; ${read}${by}`];
}
