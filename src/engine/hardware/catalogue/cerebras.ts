import { catalogue } from './row';

/** Cerebras wafers: weights in on-chip SRAM. One device per line. */
// prettier-ignore
export const cerebras = catalogue({ vendor: 'Cerebras', class: 'npu', usable: 'unmeasured' }, [
  { name: 'Cerebras WSE-3', architecture: { native: ['fp16', 'bf16'] }, memoryGB: 44, bandwidth: 21000000, from: ['zubnetCerebras', 'evokernel'], confidence: 'medium', notes: ['native-dtypes-unverified', 'on-chip-memory', 'sparse-headline'], aliases: ['wse-3'] },
]);
