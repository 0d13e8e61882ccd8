import type { MemoryTerm } from './run';

/** Room that is set aside for adapters served along; no term where there is none. */
export const adapterTerms = (bytes: number): readonly MemoryTerm[] =>
  bytes > 0
    ? [
        {
          name: 'lora-adapters',
          kind: 'weights',
          bytes,
          basis: { kind: 'rule', reasons: [] },
          low: Math.round(bytes * 0.9),
          high: Math.round(bytes * 1.1),
        },
      ]
    : [];
