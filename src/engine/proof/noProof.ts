import type { Analysis } from '../analysis';
import { expectedCount } from './expected';
import type { Container, Proof } from './proof';
import type { Problem } from './reading';

/** A proof that could not be had, and why. */
export const noProof = (analysis: Analysis, container: Container, files: readonly string[], problem: Problem): Proof => ({
  status: 'unreadable',
  container,
  files,
  basis: 'names',
  bytesExpected: analysis.checkpoint.bytes + analysis.checkpoint.extras.textBytes,
  bytesFound: null,
  off: null,
  tensorsExpected: expectedCount(analysis),
  tensorsFound: 0,
  tensorsCompared: 0,
  counts: {},
  differences: [],
  notes: [],
  types: {},
  problem,
});
