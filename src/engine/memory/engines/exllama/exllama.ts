import { weakest, type Basis } from '../../../basis';
import { gib } from '../../../hardware/device';
import { placeTensors, type PlacedModel } from '../../parallel/tensors';
import { allocated } from '../../parallel/torchAllocator';
import { engineTitles } from '../ids';
import { atLeast } from '../versions';
import type { CachePaging } from '../../batch';
import type { FlagValues } from '../flags';
import { deviceOf } from '../perDevice';
import type { DeviceMemory, Engine, MemoryTerm, Pool, Run, RunMemory, RunNote } from '../run';
import { chunkBytes, fixedBuffers } from './buffers';
import { cacheByLayer, elementBytes, page, type CacheBytes } from './cache';
import { exllamaFlags, newest, oldest, settingsOf, type Settings } from './settings';

/** ExLlamaV2 and ExLlamaV3 behind TabbyAPI. */
export const exllama: Engine = {
  id: 'exllama',
  title: engineTitles.exllama,
  newest,
  oldest,
  flags: exllamaFlags,
  memory,
  paging,
  defaults,
};

function defaults(run: Run): FlagValues {
  const { maxSeqLen, cacheSize, chunk, slots } = settingsOf({ ...run, options: {} });
  return { 'max-seq-len': maxSeqLen, 'cache-size': cacheSize, 'cache-mode': 'FP16', 'chunk-size': chunk, 'max-batch-size': slots };
}

/** Whole pages that begin alike are kept once (exllamav2/generator/dynamic.py, exllamav3/generator/pagetable.py). */
function paging(run: Run): CachePaging {
  const { mode, generation, maxSeqLen } = settingsOf(run);
  return {
    layout: 'paged',
    page,
    shares: true,
    windows: generation === 'v3',
    element: (elementBytes(mode.keys) + elementBytes(mode.values)) / 2,
    longest: maxSeqLen,
  };
}

/** One layer, or what follows them all, as it is put on a device whole. */
interface Block {
  readonly weights: number;
  readonly cache: CacheBytes;
}

const context = Math.round(0.53 * gib);
/** Room that autosplit leaves on the first device (TabbyAPI, autosplit_reserve), in bytes. */
const reserve = 96 * 2 ** 20;

/**
 * Memory of one loaded model: everything is taken while loading, layer by layer with its cache, each device filled before the
 * next (exllamav3/model/model_ls.py; exllamav2/model.py, load_autosplit). The embedding stays in the host's memory.
 *
 * @throws RunError for weights that are not EXL2 or EXL3, or a version or cache mode that no figure can be given of.
 */
function memory(run: Run): RunMemory {
  const settings = settingsOf(run);
  const placed = placeTensors(run.analysis, run.weights, run.presetOptions);
  const blocks = blocksOf(run, settings, placed);
  const fixed = fixedBuffers(run.analysis, settings);
  const activations = chunkBytes(run.analysis, settings);
  const total = run.machine.memory;
  const { parts, left } = fill(blocks, run, settings, total, context + fixed + activations + reserve);
  const rows = parts.map((held) => {
    const works = held.length > 0;
    return deviceOf(run.machine, {
      weights: Math.round(held.reduce((sum, { weights }) => sum + weights, 0)),
      cache: Math.round(held.reduce((sum, { cache }) => sum + cache.pages + cache.states, 0)),
      activations: works ? activations : 0,
      graphs: 0,
      nonTorch: works ? context : 0,
      buffers: works ? Math.round(fixed + Math.max(...held.map(({ cache }) => cache.unpacked))) : 0,
    });
  });
  const fullest = rows.reduce((most, row) => (row.total > most.total ? row : most));
  const pool: Pool = {
    bytes: rows.reduce((sum, { cache }) => sum + cache, 0),
    tokens: settings.cacheSize,
    maxConcurrency: settings.cacheSize / settings.maxSeqLen,
  };
  return {
    engine: 'exllama',
    version: settings.version,
    perDevice: rows,
    pool,
    terms: termsOf(run, placed, fullest),
    notes: notesOf(run, settings, fullest, left),
  };
}

function blocksOf({ analysis }: Run, settings: Settings, { tensors, layers }: PlacedModel): readonly Block[] {
  const weights = Array.from({ length: layers + 1 }, () => 0);
  for (const tensor of tensors) {
    const bytes = allocated(tensor.bytes) * tensor.copies;
    if (tensor.layers !== null) for (const layer of tensor.layers) weights[layer] = (weights[layer] ?? 0) + bytes;
    else if (tensor.place === 'after' || tensor.component !== 'embedding') weights[layers] = (weights[layers] ?? 0) + bytes;
  }
  const cache = cacheByLayer(analysis, settings);
  return weights.map((bytes, layer) => ({ weights: bytes, cache: cache.get(layer) ?? { pages: 0, states: 0, unpacked: 0 } }));
}

/** Each device in turn, as far as it goes or as `gpu_split` lets it; what is left over is refused. */
function fill(
  blocks: readonly Block[],
  { machine }: Run,
  { split }: Settings,
  total: number | undefined,
  beside: number,
): { readonly parts: readonly (readonly Block[])[]; readonly left: number } {
  const parts: Block[][] = [];
  let next = 0;
  for (let device = 0; device < machine.count; device++) {
    const given = split[device];
    const room = given !== undefined ? given * gib : total === undefined ? Infinity : total - beside;
    const held: Block[] = [];
    let used = 0;
    let unpacked = 0;
    while (next < blocks.length) {
      const block = blocks[next] as Block;
      unpacked = Math.max(unpacked, block.cache.unpacked);
      const more = used + block.weights + block.cache.pages + block.cache.states;
      const last = device === machine.count - 1 && total === undefined;
      if (!last && more + unpacked > room) break;
      used = more;
      held.push(block);
      next++;
    }
    parts.push(held);
  }
  // What fits nowhere is shown on the last device, which then is over full.
  const rest = blocks.slice(next);
  const lastPart = parts.at(-1);
  if (rest.length > 0 && lastPart) lastPart.push(...rest);
  return { parts, left: rest.length };
}

const unmeasured: Basis = { kind: 'approximate', reasons: ['rule-of-code-unmeasured'] };

function termsOf({ analysis }: Run, { basis }: PlacedModel, row: DeviceMemory): readonly MemoryTerm[] {
  return [
    {
      name: 'model-weights',
      kind: 'weights',
      bytes: row.weights,
      basis: weakest(analysis.basis, basis, { kind: 'rule', reasons: [] }),
      low: Math.round(row.weights * 0.98),
      high: Math.round(row.weights * 1.03),
    },
    { name: 'kv-cache', kind: 'cache', bytes: row.cache, basis: { kind: 'rule', reasons: [] }, low: row.cache, high: row.cache },
    {
      name: 'scratch',
      kind: 'buffers',
      bytes: row.buffers,
      basis: unmeasured,
      low: Math.round(row.buffers * 0.5),
      high: Math.round(row.buffers * 1.5),
    },
    {
      name: 'chunk',
      kind: 'activations',
      bytes: row.activations,
      basis: unmeasured,
      low: Math.round(row.activations * 0.3),
      high: row.activations * 3,
    },
    {
      name: 'context',
      kind: 'nonTorch',
      bytes: row.nonTorch,
      basis: { kind: 'approximate', reasons: ['fitted-on-logs', 'rule-of-code-unmeasured'] },
      low: Math.round(row.nonTorch * 0.5),
      high: Math.round(row.nonTorch * 1.7),
      evidence: { fitted: 4, held: 0, median: 0.02, p90: 0.02, source: 'start-up logs of SGLang: sgl-project/sglang#6753, #4161, #3765' },
    },
  ];
}

function notesOf({ machine, options }: Run, { version, generation, split }: Settings, row: DeviceMemory, left: number): readonly RunNote[] {
  const notes: RunNote[] = [];
  const add = (code: string, refused: boolean, values: RunNote['values'] = {}): void => void notes.push({ code, refused, values });
  if (machine.memory !== undefined && (left > 0 || row.total > machine.memory))
    add('does-not-fit', true, { device: row.device, total: row.total, usable: machine.memory });
  if (split.length > 0 && left > 0) add('split-too-small', true, { layers: left });
  if (options['tensor-parallel'] === true) add('layers-split-instead', false);
  if (options['draft-model-name'] !== undefined) add('draft-model-not-counted', false, { method: String(options['draft-model-name']) });
  if (generation === 'v2' && atLeast(version, '0.4')) add('version-newer-than-rules', false, { version, newest: '0.3.2' });
  if (generation === 'v3' && atLeast(version, '1.5')) add('version-newer-than-rules', false, { version, newest });
  return notes;
}
