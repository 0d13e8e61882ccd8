import { catalogue } from './row';

/** T-Head (Alibaba). One device per line. */
// prettier-ignore
export const tHead = catalogue({ vendor: 'T-Head', class: 'datacenter', usable: 'unmeasured' }, [
  { name: 'Alibaba T-Head PPU', memory: 96, link: '700 GB/s inter-chip', watts: 400, from: ['cctvPpu'], confidence: 'low', aliases: ['ppu', 't-head ppu'] },
]);
