import { hostShare, type HostShare } from '../host';
import type { Backends } from './backends';
import type { CacheMemory } from './cache';
import type { ModelFile } from './file';
import type { Placement } from './placement';
import type { ModelShape } from './shape';

/**
 * What the processor holds and reads for one token: batches below 32 are computed where their weights lie (ggml-cuda.cu,
 * offload_op). Of stacked experts those that a token uses; of the embedding one row.
 */
export function llamaHost(
  file: ModelFile,
  shape: ModelShape,
  placement: Placement,
  cache: CacheMemory,
  { cpu, all }: Backends,
): HostShare | undefined {
  // Without devices nothing is away from where it is computed.
  if (all.length <= 1) return undefined;
  let weights = 0;
  let readPerStep = 0;
  const used = shape.experts > 0 ? shape.expertsUsed / shape.experts : 1;
  file.blocks.slice(0, shape.depth).forEach((block, layer) => {
    for (const [name, { ne, bytes }] of block) {
      if (placement.of(name, layer) !== cpu) continue;
      weights += bytes;
      readPerStep += bytes * (ne[2] > 1 ? used : 1);
    }
  });
  const embedding = file.outside.get('token_embd.weight');
  const output = file.outside.get('output.weight') ?? embedding;
  if (placement.output === cpu && output) {
    weights += output.bytes;
    readPerStep += output.bytes;
  }
  const held = cache.layers.reduce((sum, { backend, k, v, recurrent }) => sum + (backend === cpu ? k + v + recurrent : 0), 0);
  return hostShare({ weights, cache: held, readPerStep }, 'memory');
}
