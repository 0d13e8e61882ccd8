/** One line of the scoreboard: how far a quantity of an engine is off. */
export interface ScoreRow {
  readonly engine: string;
  readonly quantity: string;
  /** `fitted`: rows that had a say in a constant; `held out`: of the same quantity, without a say; `by code`: no constant was fitted. */
  readonly sample: 'fitted' | 'held out' | 'by code';
  readonly rows: number;
  /** Shares of the printed figure. */
  readonly median: number;
  readonly p90: number;
  readonly worst: { readonly row: string; readonly error: number; readonly reason: string };
  readonly leftOut: { readonly count: number; readonly reasons: readonly string[] };
}
