import { exact, weakest, type Basis } from '../../../basis';
import type { DeviceMemory, EngineId, MemoryTerm, Run, RunBuffers, RunMemory, RunNote, TermKind } from '../run';
import { backendsOf, type Backends } from './backends';
import { cacheMemory } from './cache';
import { computeMemory } from './compute';
import { modelFile } from './file';
import { place } from './placement';
import { settingsOf, type Program, type Settings } from './settings';
import { modelShape, type ModelShape } from './shape';
import { dayOf, type Version } from './versions';

type Kind = 'model' | 'kv' | 'recurrent' | 'compute' | 'output';
type Buffers = Record<string, Record<Kind, number>>;

/** What the terms of a kind of buffer are in the words of all engines. */
const termKinds: Readonly<Record<Kind, TermKind>> = {
  model: 'weights',
  kv: 'cache',
  recurrent: 'cache',
  compute: 'activations',
  output: 'buffers',
};

/** Architectures whose graphs follow llama.cpp's own; others are built by the tensors that they have. */
const followed: ReadonlySet<string> = new Set([
  'llama',
  'qwen2',
  'qwen2vl',
  'qwen3',
  'qwen3moe',
  'qwen3vl',
  'qwen3vlmoe',
  'gemma',
  'gemma2',
  'gemma3',
  'phi3',
  'glm4',
  'gpt-oss',
  'deepseek2',
  'qwen35moe',
  'qwen35',
  'granite',
  'granitemoe',
  'internlm2',
  'smollm3',
  'seed_oss',
  'olmo2',
  'command-r',
  'cohere2',
  'chatglm',
]);

/**
 * Memory of one start of llama.cpp, buffer by buffer: weights where load_tensors puts them, the cache that create_memory makes,
 * and compute buffers by running ggml's scheduler and allocator over the graph of a full batch.
 *
 * @throws RunError for a run that no figure can be given of.
 */
export function llamaMemory(run: Run, engine: EngineId, version: Version, program: Program): RunMemory {
  const day = dayOf(version);
  const file = modelFile(run.analysis, run.weights, { ...(day !== undefined && { llamaCppDate: day }), ...run.presetOptions });
  const shape = modelShape(run.analysis, file);
  const settings = settingsOf(run, shape, version, program);
  const backends = backendsOf(run.machine.device, run.machine.count, settings.devices, version);
  const placement = place(file, backends, settings, version);
  const cache = cacheMemory(shape, placement, backends, settings, version);
  const compute = computeMemory({ file, shape, placement, settings, version, cache, backends });
  const buffers: Buffers = {};
  const add = (name: string, kind: Kind, bytes: number): void => {
    if (bytes <= 0) return;
    const own = (buffers[name] ??= { model: 0, kv: 0, recurrent: 0, compute: 0, output: 0 });
    own[kind] += bytes;
  };
  const nameAt = (backend: number): string => backends.all[backend]?.name ?? 'CPU';
  for (const [name, bytes] of placement.model) add(name, 'model', bytes);
  if (settings.projector) add(settings.projectorOnDevice ? nameAt(placement.active[0] ?? backends.cpu) : 'CPU', 'model', file.projector);
  for (const layer of cache.layers) {
    add(layer.name, 'kv', layer.k + layer.v);
    add(layer.name, 'recurrent', layer.recurrent);
  }
  compute.forEach((bytes, backend) => {
    add(backend === backends.cpu ? backends.host : nameAt(backend), 'compute', bytes);
  });
  const outputs = settings.sequences * (shape.vocabulary + (settings.embeddings ? shape.hidden : 0)) * 4;
  // In pinned memory where the output layer is on a device (llama_context::output_reserve).
  add(placement.output === backends.cpu && version.has('plainCaches') ? 'CPU' : backends.host, 'output', outputs);
  const terms = termsOf(buffers, file.basis, computeBasis(file.architecture, run));
  return {
    engine,
    version: version.name,
    perDevice: devicesOf(buffers, backends, run),
    pool: { bytes: cache.layers.reduce((sum, { k, v }) => sum + k + v, 0), tokens: settings.context, maxConcurrency: settings.sequences },
    terms,
    buffers: buffers satisfies RunBuffers,
    notes: notesOf(buffers, backends, run, settings, shape),
  };
}

/** Graphs of architectures that were followed are the rule; the rest take a usual block for granted. */
const computeBasis = (architecture: string | undefined, { analysis }: Run): Basis =>
  weakest(
    analysis.basis,
    architecture !== undefined && followed.has(architecture)
      ? { kind: 'rule', reasons: ['ggml-graph'] }
      : { kind: 'approximate', reasons: ['ggml-graph-usual'] },
  );

/** How far compute buffers of graphs that were not followed were off (test/accuracy/llamaCppMemory.test.ts). */
const usualBand = 0.25;

function termsOf(buffers: Buffers, weights: Basis, compute: Basis): readonly MemoryTerm[] {
  const terms: MemoryTerm[] = [];
  for (const [name, own] of Object.entries(buffers))
    for (const kind of ['model', 'kv', 'recurrent', 'compute', 'output'] as const) {
      const bytes = own[kind];
      if (bytes === 0) continue;
      const basis = kind === 'model' ? weights : kind === 'compute' ? compute : exact;
      const open = kind === 'compute' && basis.kind === 'approximate' ? usualBand : 0;
      terms.push({
        name: `${name} ${kind}`,
        kind: termKinds[kind],
        bytes,
        basis,
        low: Math.floor(bytes * (1 - open)),
        high: Math.ceil(bytes * (1 + open)),
      });
    }
  return terms;
}

function devicesOf(buffers: Buffers, backends: Backends, { machine }: Run): readonly DeviceMemory[] {
  return Object.entries(buffers).map(([device, own]) => {
    const onDevice = backends.all.some(({ name }, at) => name === device && at !== backends.cpu);
    return {
      device,
      weights: own.model,
      cache: own.kv + own.recurrent,
      activations: own.compute,
      graphs: 0,
      nonTorch: 0,
      buffers: own.output,
      total: own.model + own.kv + own.recurrent + own.compute + own.output,
      usable: onDevice ? (machine.memory ?? machine.device?.usable?.bytes ?? null) : null,
    };
  });
}

function notesOf(buffers: Buffers, backends: Backends, run: Run, settings: Settings, shape: ModelShape): readonly RunNote[] {
  const notes: RunNote[] = [];
  for (const { device, total, usable } of devicesOf(buffers, backends, run))
    if (usable !== null && total > usable) notes.push({ code: 'llama-does-not-fit', refused: true, values: { device, total, usable } });
  if (settings.contextPerSequence > shape.context)
    notes.push({ code: 'llama-context-beyond', refused: false, values: { context: settings.contextPerSequence, limit: shape.context } });
  return notes;
}
