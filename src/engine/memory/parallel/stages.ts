import { RunError } from '../engines/run';

/** Layers [from, to) of one pipeline stage. */
export interface Stage {
  readonly from: number;
  readonly to: number;
  readonly first: boolean;
  readonly last: boolean;
}

/**
 * How vLLM and SGLang cut layers into pipeline stages: evenly; what is left over goes one by one to the stages before the last,
 * backwards, since the first and the last also hold the embedding and the head (vllm/distributed/utils.py, get_pp_indices, read
 * at 0.33.0; VLLM_PP_LAYER_PARTITION overrides it).
 */
export function evenStages(layers: number, count: number): readonly Stage[] {
  const sizes = Array.from({ length: count }, () => Math.floor(layers / count));
  for (let index = 2; index < (layers % count) + 2; index++) {
    const at = (count * 2 - index) % count;
    sizes[at] = (sizes[at] ?? 0) + 1;
  }
  let from = 0;
  return sizes.map((size, index) => {
    const stage = { from, to: from + size, first: index === 0, last: index === count - 1 };
    from += size;
    return stage;
  });
}

/** Ranks of one start; published ones stay below 1,000. */
const maxRanks = 4096;

/** @throws RunError for more ranks than any start has: each has a row of its own in the answer. */
export function boundRanks(ranks: number): void {
  if (ranks > maxRanks) throw new RunError('too-many-ranks', `${ranks} ranks are more than ${maxRanks}`, 'tensor-parallel-size');
}

/** How many of some layers stand in a stage. */
export function layersIn(layers: readonly number[], { from, to }: Stage): number {
  let count = 0;
  for (const layer of layers) if (layer >= from && layer < to) count++;
  return count;
}
