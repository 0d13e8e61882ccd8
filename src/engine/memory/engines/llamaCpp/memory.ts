import { unusedDraft } from '../draft/draft';
import { kindOfDraft } from '../draft/heads';
import type { FlagValues } from '../flags';
import {
  RunError,
  type DeviceMemory,
  type EngineId,
  type MemoryTerm,
  type Run,
  type RunBuffers,
  type RunMemory,
  type RunNote,
} from '../run';
import { namedDevice } from '../perDevice';
import { backendsOf, type Backends } from './backends';
import { cacheMemory, type CacheMemory } from './cache';
import { computeMemory } from './compute';
import { modelFile, type ModelFile } from './file';
import { draftStart } from './draft';
import { canFit, fitTo, layersThatFit, type Fit, type FitQuestion } from './fit';
import { llamaHost } from './host';
import { place, type Placement } from './placement';
import { settingsOf, type Program, type Settings } from './settings';
import { modelShape, type ModelShape } from './shape';
import { termsOf, type BufferPart, type Buffers } from './terms';
import { dayOf, type Version } from './versions';

/**
 * What becomes of layers that do not fit on the devices: `cpu` where the program leaves them to the CPU by itself, `fit` where
 * llama.cpp's own `--fit` does unless it is off or flags forbid it.
 */
export type Remainder = 'cpu' | 'fit';

/** A file, and what of it a start allocates. */
interface Model {
  readonly file: ModelFile;
  readonly shape: ModelShape;
}

/**
 * Memory of one start of llama.cpp, buffer by buffer: weights where load_tensors puts them, the cache that create_memory makes,
 * and compute buffers by running ggml's scheduler and allocator over the graph of a full batch.
 *
 * Since b7407 llama.cpp shortens the context and leaves layers to the CPU until everything fits. The figures are those of the
 * flags as they are asked for, and those of its choice with `--fit on`: trial after trial is too slow to be made unasked.
 *
 * @throws RunError for a run that no figure can be given of.
 */
export function llamaMemory(run: Run, engine: EngineId, version: Version, program: Program, remainder?: Remainder): RunMemory {
  const day = dayOf(version);
  const file = modelFile(run.analysis, run.weights, { ...(day !== undefined && { llamaCppDate: day }), ...run.presetOptions });
  const model = { file, shape: modelShape(run.analysis, file) };
  const isFitted = version.has('fitted') && remainder === 'fit';
  const isAsked = isFitted && run.options['fit'] === 'on';
  const fit = isAsked ? fitOf(run, model, version, program) : undefined;
  const chosen = fit ? { ...run, options: fit.options } : run;
  const laidOut = layOut(chosen, model, version, program);
  const draft = draftOf(chosen, laidOut, version, program);
  const answer = answerOf(chosen, laidOut, model, engine, version, draft);
  const notes = (): readonly RunNote[] => {
    if (fit) return fitNotes(fit);
    if (isAsked) return run.machine.memory === undefined || run.machine.count === 0 ? [plainNote('llama-fit-unknown')] : [];
    if (!answer.notes.some(isShortage)) return [];
    if (remainder === 'cpu') return [layersNote(laidOut, model.file)];
    const isOffered = isFitted && run.options['fit'] === undefined && mayFit(run, model, version, program);
    return isOffered ? [plainNote('llama-fit-offered')] : [];
  };
  const more = notes();
  const starts = remainder === 'cpu' || more.some(({ code }) => code === 'llama-fit-offered');
  return { ...answer, notes: [...answer.notes.map((note) => (starts && isShortage(note) ? { ...note, refused: false } : note)), ...more] };
}

/** What is drafted with, buffer by buffer; `undefined` for nothing, or where its config is not given. */
interface LaidOutDraft {
  readonly buffers: Buffers;
  readonly terms: readonly MemoryTerm[];
}

/** Kinds of speculation that need no second model. */
const withoutDraft = /^(none|ngram|draft-mtp)/;

/** @throws RunError for a draft that nothing asks for, or that is no model by itself. */
function draftOf(run: Run, { settings }: LaidOut, version: Version, program: Program): LaidOutDraft | undefined {
  const { draft, options } = run;
  if (!draft) return undefined;
  if (!asksForDraft(options)) return unusedDraft('--model-draft');
  if (kindOfDraft(draft.analysis) !== 'model')
    throw new RunError('draft-method', 'what a head on the model holds in llama.cpp is not derived', 'draft', { method: 'eagle3' });
  const start = draftStart(options, settings, version);
  const day = dayOf(version);
  const file = modelFile(draft.analysis, draft.weights, { ...(day !== undefined && { llamaCppDate: day }), ...run.presetOptions });
  const own = { ...run, analysis: draft.analysis, weights: draft.weights, options: start.options };
  const laidOut = layOut(own, { file, shape: modelShape(draft.analysis, file) }, version, program);
  const buffers: Buffers = {};
  // Weights are loaded once, whatever the number of contexts.
  for (const [name, { model, ...others }] of Object.entries(laidOut.buffers))
    buffers[name] = {
      model,
      kv: others.kv * start.contexts,
      recurrent: others.recurrent * start.contexts,
      compute: others.compute * start.contexts,
      output: others.output * start.contexts,
    };
  const { cache, backends } = laidOut;
  const terms = termsOf(buffers, draft.analysis.basis, { file, settings: laidOut.settings, version, cache, backends });
  return { buffers, terms: terms.map((term) => ({ ...term, name: term.name.replace(/ (\w+)$/, ' draft $1') })) };
}

/** Adapters take their files' tensors, each where its matrix lies (src/llama-adapter.cpp, llama_adapter_lora_init_impl). */
const adapterNotes = (options: FlagValues): readonly RunNote[] =>
  ['lora', 'lora-scaled'].flatMap((flag): readonly RunNote[] =>
    options[flag] === undefined ? [] : [{ code: 'adapters-not-counted', refused: false, values: { flag } }],
  );

const asksForDraft = (options: FlagValues): boolean =>
  (options['model-draft'] !== undefined || options['hf-repo-draft'] !== undefined) &&
  !withoutDraft.test(String(options['spec-type'] ?? ''));

/** Buffers of two models under the names that they share. */
function together(one: Buffers, other: Buffers): Buffers {
  const sum: Buffers = Object.fromEntries(Object.entries(one).map(([name, own]) => [name, { ...own }]));
  for (const [name, own] of Object.entries(other)) {
    const known = (sum[name] ??= { model: 0, kv: 0, recurrent: 0, compute: 0, output: 0 });
    for (const part of Object.keys(own) as BufferPart[]) known[part] += own[part];
  }
  return sum;
}

const plainNote = (code: string): RunNote => ({ code, refused: false, values: {} });

const isShortage = ({ code }: RunNote): boolean => code === 'llama-does-not-fit';

/** How many layers, the output one of them, the devices have room for beside the rest of what is asked for. */
function layersNote({ backends, cache, placement, buffers, settings }: LaidOut, file: ModelFile): RunNote {
  const layers = file.blocks.map((block, at) => {
    const { k = 0, v = 0, recurrent = 0, backend } = cache.layers[at] ?? {};
    const kept = backend === backends.cpu ? 0 : k + v + recurrent;
    return [...block].reduce((sum, [name, { bytes }]) => sum + (placement.of(name, at) === backends.cpu ? 0 : bytes), kept);
  });
  const output = file.outside.get('output.weight') ?? file.outside.get('token_embd.weight');
  const asked = [...layers, output?.bytes ?? 0].slice(-Math.min(settings.gpuLayers, layers.length + 1));
  const rooms = placement.active.map((at) => (backends.all[at]?.memory ?? 0) - (buffers[backends.all[at]?.name ?? '']?.compute ?? 0));
  return { code: 'llama-layers-on-cpu', refused: false, values: { layers: layersThatFit(asked, rooms), all: layers.length + 1 } };
}

/** Whether `--fit` may make a start fit that does not as it is asked for. */
function mayFit(run: Run, model: Model, version: Version, program: Program): boolean {
  const question = questionOf(run, model, version, program);
  return question !== undefined && canFit(question);
}

/** What llama.cpp would change; `undefined` where it changes nothing, or where the memory of the devices is not known. */
function fitOf(run: Run, model: Model, version: Version, program: Program): Fit | undefined {
  const question = questionOf(run, model, version, program);
  return question && fitTo(question);
}

function questionOf(run: Run, model: Model, version: Version, program: Program): FitQuestion | undefined {
  const { memory } = run.machine;
  if (memory === undefined) return undefined;
  const { file, shape } = model;
  const settings = settingsOf(run, shape, version, program);
  const { all, cpu } = backendsOf(run.machine, settings.devices, version);
  const names = all.slice(0, cpu).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return {
    options: run.options,
    free: all.slice(0, cpu).map((each) => each.memory ?? memory),
    names,
    blocks: shape.depth,
    hasExperts: file.blocks.some((block) => [...block.keys()].some((name) => name.includes('_exps'))),
    trained: shape.context,
    streams: settings.unified ? 1 : settings.sequences,
    splitMode: settings.splitMode,
    measure: (options) => {
      const { buffers } = layOut({ ...run, options }, model, version, program);
      // Rows on several devices are those of the device whose buffer they are in.
      const parts = names.map((name) => {
        const own = buffers[name];
        return own && { ...own, model: own.model + (buffers[`${name}_Split`]?.model ?? 0) };
      });
      return {
        used: parts.map((own) => (own ? own.model + own.kv + own.recurrent + own.compute : 0)),
        model: parts.reduce((sum, own) => sum + (own?.model ?? 0), 0),
      };
    },
  };
}

/** Layers as `--tensor-split` would have them, those without their experts in brackets: "30 + 31 (4)". */
function fitNotes({ context, layers, stopped }: Fit): readonly RunNote[] {
  const values = {
    ...(context !== undefined && { context }),
    ...(layers && {
      layers: layers.map(({ layers: own, partial }) => (partial > 0 ? `${String(own)} (${String(partial)})` : String(own))).join(' + '),
    }),
  };
  const code = `llama-fit${context === undefined ? '' : '-context'}${layers ? '-layers' : ''}`;
  const notes: RunNote[] = context === undefined && !layers ? [] : [{ code, refused: false, values }];
  return stopped ? [...notes, plainNote(`llama-${stopped}`)] : notes;
}

interface LaidOut {
  readonly buffers: Buffers;
  readonly settings: Settings;
  readonly backends: Backends;
  readonly cache: CacheMemory;
  readonly placement: Placement;
}

function layOut(run: Run, { file, shape }: Model, version: Version, program: Program): LaidOut {
  const settings = settingsOf(run, shape, version, program);
  const backends = backendsOf(run.machine, settings.devices, version);
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
  return { buffers, settings, backends, cache, placement };
}

function answerOf(
  run: Run,
  { buffers: own, settings, backends, cache, placement }: LaidOut,
  model: Model,
  engine: EngineId,
  version: Version,
  draft: LaidOutDraft | undefined,
): RunMemory {
  const buffers = draft ? together(own, draft.buffers) : own;
  const host = llamaHost(model.file, model.shape, placement, cache, backends);
  return {
    engine,
    version: version.name,
    perDevice: devicesOf(buffers, placement, backends),
    pool: {
      bytes: cache.layers.reduce((sum, { k, v }) => sum + k + v, 0),
      tokens: settings.context,
      maxConcurrency: longestAtOnce(settings, model.shape, version),
    },
    terms: [...termsOf(own, run.analysis.basis, { file: model.file, settings, version, cache, backends }), ...(draft?.terms ?? [])],
    buffers: buffers satisfies RunBuffers,
    ...(host && { host }),
    notes: [
      ...notesOf(devicesOf(buffers, placement, backends), settings, model.shape),
      ...adapterNotes(run.options),
      ...(asksForDraft(run.options) && !draft
        ? [{ code: 'draft-model-not-counted', refused: false, values: { method: '--model-draft' } }]
        : []),
    ],
  };
}

/**
 * How many sequences of the longest context the cells hold. Slots had their share of the context until they could share all cells
 * (ggml-org/llama.cpp#16736); a slot then takes no more than the model was trained for (tools/server: capping).
 */
function longestAtOnce({ unified, sequences, context, contextPerSequence }: Settings, shape: ModelShape, version: Version): number {
  if (!unified || !version.has('sharedSlots')) return sequences;
  return Math.min(sequences, context / Math.min(contextPerSequence, shape.context));
}

function devicesOf(buffers: Buffers, { rows }: Placement, backends: Backends): readonly DeviceMemory[] {
  const whole = Object.keys(buffers).filter((name) => !rows.has(name));
  const split = [...rows.values()].flatMap((bytes) => [...bytes.keys()].map((at) => backends.all[at]?.name ?? 'CPU'));
  return [...new Set([...whole, ...split])].map((device) => {
    const own = buffers[device] ?? { model: 0, kv: 0, recurrent: 0, compute: 0, output: 0 };
    const at = backends.all.findIndex(({ name }) => name === device);
    const shared = [...rows.values()].reduce((sum, bytes) => sum + (bytes.get(at) ?? 0), 0);
    const onDevice = at !== -1 && at !== backends.cpu;
    return namedDevice(device, onDevice ? (backends.all[at]?.memory ?? null) : null, {
      weights: own.model + shared,
      cache: own.kv + own.recurrent,
      activations: own.compute,
      graphs: 0,
      nonTorch: 0,
      buffers: own.output,
    });
  });
}

function notesOf(devices: readonly DeviceMemory[], settings: Settings, shape: ModelShape): readonly RunNote[] {
  const notes: RunNote[] = [];
  for (const { device, total, usable } of devices)
    if (usable !== null && total > usable) notes.push({ code: 'llama-does-not-fit', refused: true, values: { device, total, usable } });
  if (settings.contextPerSequence > shape.context)
    notes.push({ code: 'llama-context-beyond', refused: false, values: { context: settings.contextPerSequence, limit: shape.context } });
  return notes;
}
