import type { Basis } from '../../basis';

/** The layout was read in the writer's code; no published file was there to compare. */
export const bySource: Basis = { kind: 'rule', reasons: ['layout-by-source'] };

/** As above or compared, but today's version of the writer no longer saves it. */
export const retiredWriter: Basis = { kind: 'rule', reasons: ['writer-retired'] };

/** Of a graph only the weights are counted. */
export const weightsOfGraph: Basis = { kind: 'approximate', reasons: ['weights-of-graph'] };
