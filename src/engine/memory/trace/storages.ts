import type { Block, CachingAllocator } from './cachingAllocator';

/** What a storage is for, as the peak is told apart. */
export const storageKinds = ['parameters', 'gradients', 'optimizer', 'cache', 'buffers', 'activations'] as const;
export type StorageKind = (typeof storageKinds)[number];

export type Phase = 'forward' | 'loss' | 'backward' | 'optimizer step';

/** Bytes of live storages by kind at the fullest moment of a phase. */
export interface Peak {
  readonly phase: Phase;
  readonly total: number;
  readonly byKind: Readonly<Record<StorageKind, number>>;
}

export interface Storage {
  bytes: number;
  kind: StorageKind;
  references: number;
  /** Where it lies, where the allocator is followed. */
  block?: Block | null;
}

/** Storages with their references, what is live of each kind, and the fullest moment of each phase. */
export class Storages {
  private readonly live: Record<StorageKind, number> = { parameters: 0, gradients: 0, optimizer: 0, cache: 0, buffers: 0, activations: 0 };
  private total = 0;
  /** The most bytes that ever were live, counted or not. */
  private most = 0;
  private phase: Phase | null = null;
  private readonly peaks = new Map<Phase, { phase: Phase; total: number; byKind: Record<StorageKind, number> }>();
  /** Bytes at the fullest moment of this phase so far. */
  private fullest = -1;

  /** @param allocator what storages are taken from, where that is followed too */
  constructor(private readonly allocator: CachingAllocator | null = null) {}

  /** Phases that are counted; `null` before the run begins. */
  enter(phase: Phase | null): void {
    this.phase = phase;
    this.fullest = phase === null ? -1 : (this.peaks.get(phase)?.total ?? -1);
    this.look();
  }

  /** A new storage, held once. */
  allocate(bytes: number, kind: StorageKind = 'activations'): Storage {
    const storage: Storage = { bytes, kind, references: 1 };
    if (this.allocator) storage.block = this.allocator.allocate(bytes);
    this.live[kind] += bytes;
    this.total += bytes;
    if (this.total > this.most) this.most = this.total;
    this.look();
    return storage;
  }

  /** Whether no sum of bytes went past the integers that a double holds. */
  get whole(): boolean {
    return this.most <= Number.MAX_SAFE_INTEGER;
  }

  hold(storage: Storage): Storage {
    storage.references++;
    return storage;
  }

  release(storage: Storage): void {
    if (--storage.references > 0) return;
    if (storage.references < 0) throw new Error('a storage was let go twice');
    this.live[storage.kind] -= storage.bytes;
    this.total -= storage.bytes;
    if (storage.block) this.allocator?.release(storage.block);
  }

  /** The same storage, counted as something else from now on. */
  rename(storage: Storage, kind: StorageKind): void {
    this.live[storage.kind] -= storage.bytes;
    this.live[kind] += storage.bytes;
    storage.kind = kind;
  }

  bytesOf(kind: StorageKind): number {
    return this.live[kind];
  }

  /** The fullest moment of the run, and of each phase. */
  summary(): { readonly peak: Peak; readonly phases: readonly Peak[] } {
    const phases = [...this.peaks.values()];
    const [first, ...rest] = phases;
    if (!first) throw new Error('no phase was entered');
    return { peak: rest.reduce((fullest, peak) => (peak.total > fullest.total ? peak : fullest), first), phases };
  }

  private look(): void {
    if (this.phase === null || this.total <= this.fullest) return;
    this.fullest = this.total;
    // The peak that is growing is written over: this is the busiest line of a run.
    const peak = this.peaks.get(this.phase);
    if (peak) {
      peak.total = this.total;
      Object.assign(peak.byKind, this.live);
    } else this.peaks.set(this.phase, { phase: this.phase, total: this.total, byKind: { ...this.live } });
  }
}
