/**
 * What a figure stands on. `exact`: follows from the file and the reference implementation alone. `rule`: computed by a
 * named rule that holds for stated conditions. `approximate`: with assumptions, named in `reasons`.
 */
export interface Basis {
  readonly kind: 'exact' | 'rule' | 'approximate';
  /** Stable codes, turned into sentences by the surfaces. */
  readonly reasons: readonly string[];
}

export const exact: Basis = { kind: 'exact', reasons: [] };

const strength = { exact: 2, rule: 1, approximate: 0 } as const;

/** The basis of a figure that is made of others: as weak as its weakest part, with every reason. */
export function weakest(...parts: readonly Basis[]): Basis {
  const kind = parts.reduce<Basis['kind']>((worst, part) => (strength[part.kind] < strength[worst] ? part.kind : worst), 'exact');
  const reasons = [...new Set(parts.flatMap((part) => part.reasons))];
  return { kind, reasons };
}
