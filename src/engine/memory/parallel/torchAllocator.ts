const MiB = 2 ** 20;
const smallest = 512;
/** Blocks up to this size come from the pool of small segments. */
const small = MiB;
/** Requests from this size on get a segment of their own. */
const large = 10 * MiB;
const roundLarge = 2 * MiB;

/**
 * Bytes that PyTorch's caching allocator counts as allocated for one tensor: a multiple of 512; from 10 MiB on the segment is
 * rounded up to 2 MiB, and what is left of it is only split off (and free for others) when it is more than 1 MiB
 * (c10/cuda/CUDACachingAllocator.cpp: kMinBlockSize, kSmallSize, kMinLargeAlloc, kRoundLarge, should_split). Tensors from 1 to
 * 10 MiB share segments of 20 MiB; of those, only the rounding is counted here.
 */
export function allocated(bytes: number): number {
  if (bytes <= 0) return 0;
  const rounded = Math.ceil(bytes / smallest) * smallest;
  if (rounded < large) return rounded;
  const segment = Math.ceil(rounded / roundLarge) * roundLarge;
  return segment - rounded <= small ? segment : rounded;
}
