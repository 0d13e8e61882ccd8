import type { DeviceMemory, EngineId, Run, RunBuffers, RunMemory, RunNote } from '../run';
import { namedDevice } from '../perDevice';
import { backendsOf, type Backends } from './backends';
import { cacheMemory } from './cache';
import { computeMemory } from './compute';
import { modelFile } from './file';
import { place } from './placement';
import { settingsOf, type Program, type Settings } from './settings';
import { modelShape, type ModelShape } from './shape';
import { termsOf, type BufferPart, type Buffers } from './terms';
import { dayOf, type Version } from './versions';

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
  const add = (name: string, kind: BufferPart, bytes: number): void => {
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
  const terms = termsOf(buffers, run.analysis.basis, { file, settings, version, cache, backends });
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

function devicesOf(buffers: Buffers, backends: Backends, { machine }: Run): readonly DeviceMemory[] {
  return Object.entries(buffers).map(([device, own]) => {
    const onDevice = backends.all.some(({ name }, at) => name === device && at !== backends.cpu);
    return namedDevice(device, onDevice ? (machine.memory ?? machine.device?.usable?.bytes ?? null) : null, {
      weights: own.model,
      cache: own.kv + own.recurrent,
      activations: own.compute,
      graphs: 0,
      nonTorch: 0,
      buffers: own.output,
    });
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
