import { exact, weakest, type Basis } from '../../../basis';
import { gib } from '../../../hardware/device';
import { cacheBytes } from '../../cache';
import { cacheOfLayers } from './cacheParts';
import { engineTitles } from '../ids';
import { cublasWorkspace, traitsOf } from '../vllm/devices';
import { atLeast } from '../versions';
import { boundRanks } from '../../parallel/stages';
import type { CachePaging } from '../../batch';
import type { FlagValues } from '../flags';
import { deviceOf } from '../perDevice';
import type { DeviceMemory, Engine, Evidence, MemoryTerm, Run, RunMemory, RunNote } from '../run';
import { dequantizedPass, mostOfStep, phaseBytes, runsWide } from './activations';
import { transformersFlags } from './flags';
import { placeModules, type Part } from './placement';
import { trimsWindows, wholeCacheBytes } from './kept';
import { newest, oldest, settingsOf, warmsUp, type Settings } from './settings';
import { countedBytes, holdModel, type HeldBytes, type HeldModel } from './weights';

/** Hugging Face transformers: a generation without a server. */
export const transformers: Engine = {
  id: 'transformers',
  title: engineTitles.transformers,
  newest,
  oldest,
  flags: transformersFlags,
  memory,
  paging,
  defaults,
};

function defaults(run: Run): FlagValues {
  const { input, newTokens, attention, spread } = settingsOf({ ...run, options: {} });
  return {
    'input-length': input,
    'max-new-tokens': newTokens,
    'batch-size': 1,
    'attn-implementation': attention === 'flash' ? 'flash_attention_2' : attention,
    dtype: 'auto',
    'device-map': spread === 'one' ? 'cuda' : 'auto',
    'cache-implementation': 'dynamic',
  };
}

/** One tensor for all sequences of a layer, as long as the longest (cache_utils.py, DynamicLayer); the shorter ones are padded. */
function paging(run: Run): CachePaging {
  const element = runsWide(run.analysis, settingsOf(run)) ? 4 : 2;
  return { layout: 'padded', page: 1, shares: false, windows: true, element, longest: null };
}

/** One phase of a generation: what all devices keep of the tokens so far, and what lives beside it on the one that works. */
interface Phase {
  readonly name: 'prefill' | 'decode';
  readonly cache: number;
  readonly activations: number;
  readonly basis: Basis;
}

/**
 * Memory of one generation at its fullest moment, as `torch.cuda.max_memory_allocated` tells it, and the CUDA context: weights;
 * then the prompt with its activations, or the last token with the whole cache, whichever is more.
 *
 * @throws RunError for a version, weights or an argument that no figure can be given of.
 */
function memory(run: Run): RunMemory {
  const { analysis, machine } = run;
  const settings = settingsOf(run);
  boundRanks(machine.count);
  const held = holdModel(analysis, settings, run.presetOptions);
  const workspace = Math.round(cublasWorkspace(traitsOf(machine)));
  const room = machine.memory === undefined ? undefined : machine.memory - context.bytes - workspace;
  const { devices, offloaded } = placeModules(held, settings, machine, room);
  const phases = phasesOf(run, settings, held);
  const share = cacheOfLayers(analysis, held.layers.length);
  const kernel = kernelBuffer(settings, held);
  const rows = devices.map((part) => {
    const weights = Math.round(countedBytes(heldBy(part, held), settings, held));
    const works = weights > 0;
    const fullest = fullestOf(phases, share(part));
    return deviceOf(machine, {
      weights,
      cache: Math.round(fullest.cache * share(part)),
      activations: works ? fullest.activations : 0,
      graphs: 0,
      nonTorch: context.bytes,
      buffers: works ? workspace + kernel : 0,
    });
  });
  const most = rows.reduce((index, row, at) => (row.total > (rows[index]?.total ?? 0) ? at : index), 0);
  const part = devices[most] as Part;
  const row = rows[most] as DeviceMemory;
  const phase = fullestOf(phases, share(part));
  return {
    engine: 'transformers',
    version: settings.version,
    perDevice: rows,
    // No pool is kept: what the tokens of this run take.
    pool: { bytes: rows.reduce((sum, { cache }) => sum + cache, 0), tokens: null, maxConcurrency: null },
    terms: termsOf(row, phase, heldBy(part, held), held, settings, { workspace, kernel }),
    notes: notesOf(run, settings, phases, row, offloaded),
  };
}

/** The phase in which a device that keeps a share of the cache is fullest. */
const fullestOf = ([first, ...others]: readonly [Phase, ...Phase[]], share: number): Phase =>
  others.reduce((most, phase) => (phase.cache * share + phase.activations > most.cache * share + most.activations ? phase : most), first);

const heldBy = (part: Part, { before, layers, after }: HeldModel): HeldBytes => {
  const parts = [...(part.before ? [before] : []), ...layers.slice(part.from, part.to), ...(part.after ? [after] : [])];
  return parts.reduce((sum, { plain, rounded }) => ({ plain: sum.plain + plain, rounded: sum.rounded + rounded }), {
    plain: 0,
    rounded: 0,
  });
};

/** A cache that is offloaded stays on the device for two layers: the one that is used and the next (cache_utils.py, OffloadedLayer). */
function phasesOf({ analysis }: Run, settings: Settings, held: HeldModel): readonly [Phase, ...Phase[]] {
  const { version, input, newTokens, sequences, chunk, cache } = settings;
  const layers = Math.max(1, held.layers.length);
  const dtype = runsWide(analysis, settings) ? 'fp32' : 'bf16';
  const onDevice = cache === 'offloaded' ? Math.min(1, 2 / layers) : 1;
  const whole = (tokens: number): number => wholeCacheBytes(analysis.inventory, tokens, sequences, dtype) * onDevice;
  const kept = (tokens: number): number =>
    trimsWindows(version) ? cacheBytes(analysis.inventory, tokens, sequences, dtype) * onDevice : whole(tokens);
  const last = input + newTokens - 1;
  const atEnd = cache === 'none' ? 0 : kept(last);
  const prompt = phaseBytes(analysis, settings, 'prefill', chunk);
  const packed = dequantizedPass(analysis, held.scheme, held.dequantized, chunk * sequences);
  const prefill: Phase = {
    name: 'prefill',
    cache: cache === 'static' ? atEnd : cache === 'none' ? 0 : chunk < input ? kept(input) : whole(input),
    activations: Math.max(prompt.bytes, packed),
    basis: prompt.basis,
  };
  // Without a cache every token is a pass over all before it; with one, the last token's is only traced where it may be the fuller.
  if (cache !== 'none' && prefill.activations - mostOfStep(analysis, settings, last) >= atEnd - prefill.cache) return [prefill];
  const step =
    cache === 'none' ? phaseBytes(analysis, settings, 'prefill', last) : phaseBytes(analysis, settings, 'decode', Math.max(1, last - 1));
  return [prefill, { name: 'decode', cache: atEnd, activations: step.bytes, basis: step.basis }];
}

/**
 * What exllama's kernels keep for 4-bit GPTQ: the largest layer at 16 bits, on each device (AutoGPTQ's exllama kernels, temp_dq). Seen
 * in 28 published peaks; GPTQModel, which the library turned to with 4.50, has other kernels.
 */
const kernelBuffer = ({ version }: Settings, { scheme, dequantized }: HeldModel): number =>
  /^gptq-int4/.test(scheme) && !warmsUp(version) ? dequantized : 0;

/**
 * The CUDA context with the library's kernels: what is gone of an empty device before anything is loaded, 0.52 to 0.54 GiB in four
 * start-up logs of SGLang on one device; 0.25 to 0.46 GiB in vLLM's, which measure it otherwise.
 */
const context = { bytes: Math.round(0.53 * gib), low: Math.round(0.25 * gib), high: Math.round(0.9 * gib) } as const;

/** Activations of published peaks: what is printed less weights and cache, single GPUs, prompts of 6,144 tokens and more. */
const published: Evidence = {
  fitted: 0,
  held: 76,
  median: 0.009,
  p90: 0.057,
  source: 'QwenLM/Qwen3: docs/source/benchmark/speed_benchmark.rst (Qwen2.5, transformers 4.46, FlashAttention 2)',
};

function termsOf(
  row: DeviceMemory,
  { name, basis }: Phase,
  held: HeldBytes,
  model: HeldModel,
  settings: Settings,
  { workspace, kernel }: { readonly workspace: number; readonly kernel: number },
): readonly MemoryTerm[] {
  const rule: Basis = { kind: 'rule', reasons: [] };
  const older = !atLeast(settings.version, oldest);
  const loose = older ? weakest(rule, { kind: 'approximate', reasons: ['outside-of-measured-versions'] }) : exact;
  const measured = weakest(basis, loose);
  const wide = measured.kind === 'approximate';
  const packed = model.dequantized > 0;
  return [
    {
      name: 'model-weights',
      kind: 'weights',
      bytes: row.weights,
      basis: weakest(model.basis, loose),
      low: Math.round(Math.min(row.weights, held.plain)),
      high: Math.round(Math.max(row.weights, held.rounded) * (packed ? 1.02 : 1.001)) + model.tiedHead,
    },
    { name: 'kv-cache', kind: 'cache', bytes: row.cache, basis: weakest(rule, loose), low: row.cache, high: Math.round(row.cache * 1.02) },
    {
      name: 'peak-activation',
      kind: 'activations',
      bytes: row.activations,
      basis: measured,
      ...(wide || name === 'decode' ? {} : { evidence: published }),
      // A cache that grows is copied layer by layer; published figures of 4.51 do not show it.
      low: name === 'decode' ? 0 : Math.round(row.activations * (wide ? 0.5 : 0.95)),
      high: Math.round(row.activations * (wide ? 2.5 : 1.15)) + model.dequantized,
    },
    { name: 'cublas-workspace', kind: 'buffers', bytes: workspace, basis: rule, low: 0, high: Math.max(workspace, 32 * 2 ** 20) },
    ...(kernel > 0 ? [{ name: 'gptq-kernel', kind: 'buffers' as const, bytes: kernel, basis: rule, low: 0, high: 2 * kernel }] : []),
    {
      name: 'context',
      kind: 'nonTorch',
      bytes: context.bytes,
      basis: { kind: 'approximate', reasons: ['fitted-on-logs'] },
      low: context.low,
      high: context.high,
      evidence: { fitted: 4, held: 0, median: 0.02, p90: 0.02, source: 'sgl-project/sglang#6753, #4161, #3765; cli991/qwctest' },
    },
  ];
}

function notesOf(
  { machine }: Run,
  { version, newTokens, input, dtypeAssumed, assistant, rooms, spread }: Settings,
  phases: readonly Phase[],
  row: DeviceMemory,
  offloaded: number,
): readonly RunNote[] {
  const notes: RunNote[] = [];
  const add = (code: string, refused: boolean, values: RunNote['values'] = {}): void => void notes.push({ code, refused, values });
  const [prefill, decode] = phases;
  const reading = !prefill || !decode || prefill.cache + prefill.activations >= decode.cache + decode.activations;
  add(reading ? 'fullest-while-reading' : 'fullest-while-generating', false, { tokens: reading ? input : input + newTokens });
  if (offloaded > 0) add('weights-on-host', false, { bytes: Math.round(offloaded) });
  if (machine.memory !== undefined && row.total > machine.memory)
    add('does-not-fit', true, { device: row.device, total: row.total, usable: machine.memory });
  if (assistant) add('draft-model-not-counted', false, { method: 'assistant-model' });
  // Without a map that spreads, max_memory is not looked at.
  if (rooms && spread === 'one') add('max-memory-idle', false);
  if (dtypeAssumed) add('dtype-auto-assumed', false, { version });
  if (!atLeast(version, oldest)) add('version-older-than-rules', false, { version, oldest });
  return notes;
}
