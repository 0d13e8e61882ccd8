/**
 * PyTorch's caching allocator for CUDA: memory is taken from the device in segments, cut into blocks, and kept when blocks go free.
 * What it holds is what a monitor of the device shows, beside the CUDA context.
 *
 * Source: c10/cuda/CUDACachingAllocator.cpp of PyTorch (constants at its top; malloc, get_free_block, should_split, free_block), with
 * its default settings: no limit of splits, no expandable segments.
 */
const KiB = 1024;
const MiB = 1024 * KiB;
/** Every block is a multiple of this. */
const smallest = 512;
/** Up to here a block comes from segments of 2 MiB. */
const small = MiB;
const smallSegment = 2 * MiB;
/** Up to here, from segments of 20 MiB; beyond it, each has a segment of its own in steps of 2 MiB. */
const mediumLimit = 10 * MiB;
const mediumSegment = 20 * MiB;
const step = 2 * MiB;

/** A stretch of a segment; neighbours of a free one are in use, or merged with it. */
export interface Block {
  readonly pool: Pool;
  /** Segments lie one after the other. */
  readonly address: number;
  size: number;
  free: boolean;
  before: Block | null;
  after: Block | null;
}

/** Free blocks in the order of their size, then of their address. */
interface Pool {
  readonly kind: 'small' | 'large';
  readonly free: Block[];
}

export class CachingAllocator {
  private readonly pools = { small: poolOf('small'), large: poolOf('large') };
  private end = 0;

  /** Bytes of all segments. */
  get reserved(): number {
    return this.end;
  }

  /** The smallest free block that is large enough, or a new segment; what is left over stays free. */
  allocate(bytes: number): Block | null {
    if (bytes <= 0) return null;
    const size = Math.ceil(bytes / smallest) * smallest;
    const pool = size <= small ? this.pools.small : this.pools.large;
    const block = takeFrom(pool, size) ?? this.segment(pool, size);
    block.free = false;
    const rest = block.size - size;
    if (pool.kind === 'small' ? rest >= smallest : rest > small) {
      const left: Block = { pool, address: block.address + size, size: rest, free: true, before: block, after: block.after };
      if (block.after) block.after.before = left;
      block.after = left;
      block.size = size;
      put(pool, left);
    }
    return block;
  }

  /** A block goes free and joins free neighbours. */
  release(block: Block): void {
    const { pool, before, after } = block;
    let whole = block;
    if (before?.free) {
      remove(pool, before);
      before.size += block.size;
      before.after = after;
      if (after) after.before = before;
      whole = before;
    }
    if (after?.free) {
      remove(pool, after);
      whole.size += after.size;
      whole.after = after.after;
      if (after.after) after.after.before = whole;
    }
    whole.free = true;
    put(pool, whole);
  }

  private segment(pool: Pool, size: number): Block {
    const bytes = pool.kind === 'small' ? smallSegment : size < mediumLimit ? mediumSegment : Math.ceil(size / step) * step;
    const block: Block = { pool, address: this.end, size: bytes, free: false, before: null, after: null };
    this.end += bytes;
    return block;
  }
}

const poolOf = (kind: Pool['kind']): Pool => ({ kind, free: [] });

/** Where in the order of a pool a block of this size and address stands, or would. */
function placeOf({ free }: Pool, size: number, address: number): number {
  let [low, high] = [0, free.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const block = free[middle] as Block;
    if (block.size < size || (block.size === size && block.address < address)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const put = (pool: Pool, block: Block): void => void pool.free.splice(placeOf(pool, block.size, block.address), 0, block);
const remove = (pool: Pool, block: Block): void => void pool.free.splice(placeOf(pool, block.size, block.address), 1);
const takeFrom = (pool: Pool, size: number): Block | undefined => pool.free.splice(placeOf(pool, size, -1), 1)[0];
