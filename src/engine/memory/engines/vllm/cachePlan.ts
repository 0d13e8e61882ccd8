import { layersIn, type Stage } from '../../parallel/stages';
import type { CacheSpec, LayerSpec } from './cacheSpecs';
import type { Settings } from './settings';
import { atLeast } from '../versions';

/** Layers that share a block table. */
export interface CacheGroup {
  readonly spec: CacheSpec;
  readonly layers: readonly number[];
}

export interface CachePlan {
  readonly groups: readonly CacheGroup[];
  /** Bytes of one block over all layers that have a share of it, on a rank of a stage. */
  readonly bytesPerBlock: (stage: Stage) => number;
  /** Why the engine would not start, if so. */
  readonly refused?: 'pages-not-unifiable';
}

const ceilDiv = (a: number, b: number): number => Math.ceil(a / b);

/**
 * Groups of layers as vLLM forms them: one for equal specs or for specs that need equally many blocks; otherwise groups of
 * equally many layers, padded, whose pages are made equal (vllm/v1/core/kv_cache_utils.py, get_kv_cache_groups; read at 0.10 to
 * 0.29, kv_cache_planning.py at 0.33). Before 0.12 pages had to be equal; the largest kind sets the size of a group where it has
 * few more layers than the smallest, below 1.25 × from 0.12 and 1.5 × from 0.19.
 */
export function planCache(layers: readonly LayerSpec[], settings: Settings): CachePlan {
  const specs = settings.hybridManager ? layers : layers.map(unwindowed);
  if (specs.length === 0) return { groups: [], bytesPerBlock: () => 0 };
  const kinds = byKey(specs, ({ spec }) => need(spec));
  if (kinds.length === 1) {
    const [all = []] = kinds;
    const [first] = all;
    if (!first) return { groups: [], bytesPerBlock: () => 0 };
    const pages = byKey(all, ({ spec }) => `${spec.page}`);
    return {
      groups: [{ spec: first.spec, layers: all.map(({ layer }) => layer) }],
      bytesPerBlock: (stage) =>
        pages.reduce(
          (sum, same) =>
            sum +
            (same[0]?.spec.page ?? 0) *
              layersIn(
                same.map(({ layer }) => layer),
                stage,
              ),
          0,
        ),
    };
  }
  return unequal(specs, settings);
}

function unequal(specs: readonly LayerSpec[], { version }: Settings): CachePlan {
  const page = Math.max(...specs.map(({ spec }) => spec.page));
  let refused = false;
  const unified = specs.map(({ layer, spec }): LayerSpec => {
    if (spec.page === page) return { layer, spec };
    if (spec.kind === 'mamba') return { layer, spec: { ...spec, page } };
    const ratio = page / spec.page;
    if (Number.isInteger(ratio) && atLeast(version, '0.12')) return { layer, spec: { ...spec, page, blockSize: spec.blockSize * ratio } };
    if (!atLeast(version, '0.29')) refused = true;
    return { layer, spec: { ...spec, page } };
  });
  const kinds = byKey(unified, ({ spec }) => `${need(spec)}|${spec.blockSize}`);
  const fewest = Math.min(...kinds.map((kind) => kind.length));
  const most = Math.max(...kinds.map((kind) => kind.length));
  const slack = atLeast(version, '0.19') ? 1.5 : atLeast(version, '0.12') ? 1.25 : 1;
  const size = most < fewest * slack ? most : fewest;
  const groups = kinds.flatMap((kind) => {
    const count = ceilDiv(kind.length, size);
    return Array.from({ length: count }, (_, index): CacheGroup => ({
      spec: (kind[0] as LayerSpec).spec,
      layers: kind.filter((_layer, at) => at % count === index).map(({ layer }) => layer),
    }));
  });
  return {
    groups,
    bytesPerBlock: (stage) => page * Math.max(...groups.map((group) => layersIn(group.layers, stage))),
    ...(refused ? { refused: 'pages-not-unifiable' } : {}),
  };
}

/** With the hybrid manager off, windows and chunks are kept like full attention. */
const unwindowed = ({ layer, spec }: LayerSpec): LayerSpec =>
  spec.kind === 'sliding' || spec.kind === 'chunked'
    ? { layer, spec: { kind: 'full', blockSize: spec.blockSize, page: spec.page } }
    : { layer, spec };

/** What decides whether layers can share a block table. Latent caches count as full ones. */
const need = ({ kind, span }: CacheSpec): string => `${kind === 'latent' ? 'full' : kind}|${span ?? ''}`;

function byKey(specs: readonly LayerSpec[], keyOf: (spec: LayerSpec) => string): readonly (readonly LayerSpec[])[] {
  const kinds = new Map<string, LayerSpec[]>();
  for (const spec of specs) {
    const known = kinds.get(keyOf(spec));
    if (known) known.push(spec);
    else kinds.set(keyOf(spec), [spec]);
  }
  return [...kinds.values()];
}

/** Blocks that one sequence of the longest context takes at most (kv_cache_interface.py, max_memory_usage_bytes). */
export function blocksPerSequence(groups: readonly CacheGroup[], settings: Settings): number {
  let blocks = 0;
  for (const { spec } of groups) blocks += blocksOf(spec, settings);
  return blocks;
}

function blocksOf({ kind, blockSize, span = 0 }: CacheSpec, settings: Settings): number {
  const { maxModelLen, decodeContext, prefillContext, maxNumBatchedTokens, version, pipeline } = settings;
  // From 0.26 on, tokens of every step under way keep their blocks; two steps with asynchronous scheduling.
  const steps = atLeast(version, '0.26') ? Math.max(2, pipeline) : 1;
  const moving = maxNumBatchedTokens * steps;
  switch (kind) {
    case 'sliding':
      return ceilDiv(Math.min(span - 1 + moving, maxModelLen), blockSize) + 1;
    case 'chunked':
      return ceilDiv(Math.min(span + moving, maxModelLen), blockSize);
    case 'mamba': {
      const guesses = settings.speculation?.tokens ?? 0;
      if (settings.mambaMode === 'all') return ceilDiv(maxModelLen, blockSize);
      return (settings.mambaMode === 'align' ? 2 : 1) + guesses;
    }
    default:
      return ceilDiv(ceilDiv(maxModelLen, decodeContext * prefillContext), blockSize);
  }
}

export interface PoolFigures {
  readonly blocks: number;
  /** As the engine prints it. */
  readonly tokens: number;
  readonly concurrency: number;
}

/**
 * Blocks, tokens and sequences of a pool. Tokens are those that the log prints: to 0.20.0 blocks ÷ groups × block size; since
 * then concurrency × longest context (kv_cache_utils.py, _report_kv_cache_config).
 */
export function poolFigures({ groups }: CachePlan, blocks: number, settings: Settings): PoolFigures {
  const perSequence = blocksPerSequence(groups, settings);
  const concurrency = perSequence > 0 ? blocks / perSequence : 0;
  if (atLeast(settings.version, '0.20.1')) return { blocks, tokens: Math.floor(concurrency * settings.maxModelLen), concurrency };
  const smallest = Math.min(...groups.map(({ spec }) => spec.blockSize));
  const tokens = groups.length === 0 ? 0 : Math.floor(blocks / groups.length) * smallest * settings.decodeContext * settings.prefillContext;
  return { blocks, tokens, concurrency };
}
