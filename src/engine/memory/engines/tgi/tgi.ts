import { engineTitles } from '../ids';
import { atLeast, checkedVersion } from '../versions';
import { checkFormat } from '../weightFormats';
import { rankedModel, rankNotes, rankTerms, type Rank, type RankSettings } from '../tensorrtLlm/ranks';
import { contextBytes } from '../cudaContext';
import type { CachePaging } from '../../batch';
import type { FlagValues } from '../flags';
import { deviceOf, everyRank } from '../perDevice';
import { type Engine, type Run, type RunMemory } from '../run';
import { tgiFlags } from './flags';

const newest = '3.3.6';
const oldest = '3.0.0';
const MiB = 2 ** 20;

/** Hugging Face's text-generation-inference. */
export const tgi: Engine = { id: 'tgi', title: engineTitles.tgi, newest, oldest, flags: tgiFlags, memory, paging, defaults };

interface Settings extends RankSettings {
  readonly version: string;
  /** Share of the device that may be used, and of that what the cache leaves no room in. */
  readonly fraction: number;
  readonly longest: number;
  readonly totalTokens: number | undefined;
  readonly graphs: readonly number[];
}

function defaults(run: Run): FlagValues {
  const { tensor, tokens, longest, graphs } = settingsOf({ ...run, options: {} });
  return {
    'num-shard': tensor,
    'max-total-tokens': longest,
    'max-batch-prefill-tokens': tokens,
    'cuda-memory-fraction': 1,
    'cuda-graphs': graphs,
  };
}

/** Prefixes are found in a radix trie, block by block of one token with FlashInfer (models/globals.py, PREFIX_CACHING, BLOCK_SIZE). */
function paging(run: Run): CachePaging {
  const { element, longest } = settingsOf(run);
  return { layout: 'paged', page: 1, shares: true, windows: false, element, longest };
}

/** Batch sizes of graphs where nobody says (launcher/src/main.rs, shard_manager). */
const usualGraphs = [1, 2, 4, 8, 16, 32];

/** How `--quantize` is written, and the name that weights loading knows it by. */
const quantizations: Readonly<Record<string, string>> = { 'bitsandbytes-nf4': 'bitsandbytes', 'bitsandbytes-fp4': 'bitsandbytes' };

/** Defaults of launcher/src/main.rs and server/text_generation_server/models/globals.py, read at 3.3.6. */
function settingsOf({ version: asked, options, analysis, machine }: Run): Settings {
  const version = checkedVersion(asked ?? newest, 'TGI');
  const number = (name: string): number | undefined => options[name] as number | undefined;
  const quantize = options['quantize'] as string | undefined;
  const graphs = options['cuda-graphs'] as readonly number[] | undefined;
  return {
    version,
    tensor: number('num-shard') ?? machine.count,
    pipeline: 1,
    expertParallel: false,
    wholeAttention: false,
    width: 2,
    element: options['kv-cache-dtype'] === undefined ? 2 : 1,
    tokens: number('max-batch-prefill-tokens') ?? 4096,
    quantization: quantize === undefined ? undefined : (quantizations[quantize] ?? quantize),
    fraction: (number('cuda-memory-fraction') ?? 1) * (number('tgi-wiggle-room') ?? 0.9),
    longest: number('max-total-tokens') ?? analysis.contextLimit ?? 4096,
    totalTokens: number('max-batch-total-tokens'),
    graphs: (graphs ?? usualGraphs).filter((size) => size > 0),
  };
}

/**
 * Memory of one start of `text-generation-launcher`: a prompt of max_batch_prefill_tokens is run, and what is then free but for a
 * tenth of the device becomes pages for keys and values, in all layers alike (models/flash_causal_lm.py, warmup;
 * utils/import_utils.py, get_cuda_free_memory).
 *
 * @throws RunError for a version or weights that no figure can be given of.
 */
function memory(run: Run): RunMemory {
  checkFormat('tgi', run);
  const settings = settingsOf(run);
  const model = rankedModel(run, settings);
  const [rank] = model.ranks as readonly [Rank];
  const { activations } = model;
  const total = run.machine.memory;
  const context = contextBytes(settings.tensor);
  const cell = rank.cells.full + rank.cells.windowed;
  const rest = total === undefined ? undefined : total * settings.fraction - rank.weights - activations - context;
  const room = rest === undefined || cell <= 0 ? undefined : Math.max(0, Math.floor(rest / cell));
  const graphs = settings.graphs.length * 24 * MiB;
  const row = deviceOf(run.machine, {
    weights: rank.weights,
    cache: Math.round((room ?? 0) * cell),
    activations,
    graphs,
    nonTorch: context,
    buffers: 0,
  });
  return {
    engine: 'tgi',
    version: settings.version,
    perDevice: everyRank([row], settings),
    pool:
      room === undefined
        ? null
        : { bytes: row.cache, tokens: room, maxConcurrency: Math.min(room, settings.totalTokens ?? room) / settings.longest },
    terms: rankTerms(row, model.loaded, { fraction: settings.fraction, before: true }),
    notes: notesOf(run, settings, model, room),
  };
}

function notesOf(run: Run, settings: Settings, model: ReturnType<typeof rankedModel>, room: number | undefined): RunMemory['notes'] {
  const notes = rankNotes(run, settings, model);
  const add = (code: string, refused: boolean, values: Readonly<Record<string, string | number>> = {}): void =>
    void notes.push({ code, refused, values });
  if (room !== undefined && room < settings.longest) {
    const asked = run.options['max-total-tokens'] !== undefined;
    // Where no length is asked for, TGI serves what fits.
    add('context-does-not-fit', asked || room === 0, { context: settings.longest, longest: room });
  }
  // Read from their files when a shard starts (utils/adapter.py).
  if (run.options['lora-adapters'] !== undefined) add('adapters-not-counted', false, { flag: 'lora-adapters' });
  if (run.options['speculate'] !== undefined) add('draft-model-not-counted', false, { method: 'speculate' });
  if (!atLeast(settings.version, oldest)) add('version-older-than-rules', false, { version: settings.version, oldest });
  if (atLeast(settings.version, '3.4')) add('version-newer-than-rules', false, { version: settings.version, newest });
  return notes;
}
