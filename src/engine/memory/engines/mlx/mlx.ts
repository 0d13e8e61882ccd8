import { exact, weakest, type Basis } from '../../../basis';
import { placeTensors, type PlacedModel } from '../../parallel/tensors';
import { engineTitles } from '../ids';
import { atLeast, checkedVersion } from '../versions';
import type { CachePaging } from '../../batch';
import type { FlagValues } from '../flags';
import { deviceOf } from '../perDevice';
import { RunError, type DeviceMemory, type Engine, type MemoryTerm, type Run, type RunMemory, type RunNote } from '../run';
import { logitBytes, passBytes } from './activations';
import { mlxCacheBytes, type CacheSettings } from './cache';
import { mlxFlags } from './flags';

const newest = '0.32.0';
const oldest = '0.22.0';

/** mlx-lm, on memory that processor and GPU share. */
export const mlx: Engine = { id: 'mlx', title: engineTitles.mlx, newest, oldest, flags: mlxFlags, memory, paging, defaults };

function defaults(run: Run): FlagValues {
  const { input, newTokens, chunk } = settingsOf({ ...run, options: {} });
  return { 'input-length': input, 'max-tokens': newTokens, 'batch-size': 1, 'prefill-step-size': chunk };
}

/** Sequences of a batch are padded on the left to the longest, in one buffer (mlx_lm/models/cache.py, BatchKVCache). */
function paging(run: Run): CachePaging {
  const { bits, groupSize, width } = settingsOf(run);
  return {
    layout: 'padded',
    page: 256,
    shares: false,
    windows: true,
    element: bits === undefined ? width : bits / 8 + (2 * width) / groupSize,
    longest: null,
  };
}

/** Defaults of `mlx_lm.server` 0.32; a prompt of 4,096 tokens, for which there is none. */
function settingsOf({ options, analysis }: Run): CacheSettings {
  const whole = (name: string): number | undefined => (options[name] === undefined ? undefined : Number(options[name]));
  return {
    input: whole('input-length') ?? 4096,
    newTokens: whole('max-tokens') ?? 512,
    sequences: whole('batch-size') ?? 1,
    chunk: whole('prefill-step-size') ?? 2048,
    maxSize: whole('max-kv-size'),
    bits: whole('kv-bits'),
    groupSize: whole('kv-group-size') ?? 64,
    quantizedFrom: whole('quantized-kv-start') ?? 5000,
    width: analysis.dtype.value === 'fp32' ? 4 : 2,
  };
}

/**
 * Peak of one generation as mlx-lm prints it (`mx.get_peak_memory`): the files' tensors as they are, buffers of keys and values in
 * steps, and what a pass over the prompt has under way. `usable` is what Metal may wire, of the memory that everything else shares.
 *
 * @throws RunError for a version or weights that no figure can be given of.
 */
function memory(run: Run): RunMemory {
  const { analysis, machine } = run;
  const version = checkedVersion(run.version ?? newest, 'mlx-lm');
  const settings = settingsOf(run);
  const placed = placedFor(run);
  const weights = Math.round(weightBytes(placed));
  const cache = mlxCacheBytes(analysis, settings);
  const { live, inFlight, scores } = passBytes(analysis, settings);
  const activations = Math.max(live + inFlight + scores, logitBytes(analysis, settings));
  const device = deviceOf(machine, { weights, cache, activations, graphs: 0, nonTorch: 0, buffers: 0 });
  return {
    engine: 'mlx',
    version,
    perDevice: [device],
    // No pool is kept: what the tokens of this run take.
    pool: { bytes: cache, tokens: null, maxConcurrency: null },
    terms: termsOf(run, settings, placed, device),
    notes: notesOf(run, version, device),
  };
}

const bytesOfText = /\.(metadata|config)$/;

/** Every tensor of the files but text. */
const weightBytes = ({ tensors }: PlacedModel): number =>
  tensors.reduce(
    (sum, { bytes, copies, layers, part }) => (bytesOfText.test(part) ? sum : sum + bytes * copies * (layers?.length ?? 1)),
    0,
  );

function placedFor({ analysis, weights, presetOptions }: Run): PlacedModel {
  const scheme = weights === 'checkpoint' ? analysis.checkpoint.scheme : weights;
  // Files of gpt-oss are loaded with the layout that they have (mlx_lm/utils.py, load_model: quant_method "mxfp4").
  const converted = weights === 'checkpoint' && scheme === 'mxfp4';
  if (!converted && !/^(mlx|bf16|fp16|fp32)/.test(scheme))
    throw new RunError('weights-not-for-engine', `mlx-lm runs its own formats and plain weights, not ${scheme.slice(0, 60)}`, 'weights');
  try {
    return placeTensors(analysis, weights, presetOptions);
  } catch (error) {
    if (error instanceof RangeError) throw new RunError('weights-unknown', `${weights.slice(0, 80)} is no preset`, 'weights');
    throw error;
  }
}

function termsOf(
  { analysis }: Run,
  settings: CacheSettings,
  { basis }: PlacedModel,
  { weights, cache, activations }: DeviceMemory,
): readonly MemoryTerm[] {
  const loose = basis.kind === 'approximate' || analysis.basis.kind === 'approximate';
  const layout: Basis = weakest(analysis.basis, basis, { kind: 'rule', reasons: [] });
  const fitted: Basis = { kind: 'approximate', reasons: ['command-buffers-in-flight'] };
  const cacheBasis: Basis = { kind: 'rule', reasons: [] };
  return [
    {
      name: 'model-weights',
      kind: 'weights',
      bytes: weights,
      basis: layout,
      low: Math.round(weights * (loose ? 0.93 : 0.999)),
      high: Math.round(weights * (loose ? 1.07 : 1.001)),
    },
    {
      name: 'kv-cache',
      kind: 'cache',
      bytes: cache,
      basis: weakest(cacheBasis, settings.bits === undefined ? exact : { kind: 'rule', reasons: [] }),
      low: cache,
      // A buffer that grows stands beside the old one for a moment, layer by layer.
      high: Math.round(cache * 1.05),
    },
    {
      name: 'peak-activation',
      kind: 'activations',
      bytes: activations,
      basis: fitted,
      low: Math.round(activations * 0.4),
      high: Math.round(activations * 1.8),
      evidence: { fitted: 11, held: 0, median: 0.058, p90: 0.112, source: 'ml-explore/mlx-lm: mlx_lm/BENCHMARKS.md' },
    },
  ];
}

function notesOf({ machine, options }: Run, version: string, { device, total, weights }: DeviceMemory): readonly RunNote[] {
  const notes: RunNote[] = [];
  const add = (code: string, refused: boolean, values: RunNote['values'] = {}): void => void notes.push({ code, refused, values });
  const usable = machine.memory;
  if (usable !== undefined && total > usable) add('does-not-fit', true, { device, total, usable });
  // mlx_lm/generate.py, wired_limit, warns from here on.
  else if (usable !== undefined && weights > 0.9 * usable) add('near-wired-limit', false, { total: weights, usable });
  if (machine.count > 1) add('one-device-taken', false, { devices: machine.count });
  if (options['draft-model'] !== undefined) add('draft-model-not-counted', false, { method: 'draft-model' });
  if (!atLeast(version, oldest)) add('version-older-than-rules', false, { version, oldest });
  if (atLeast(version, '0.33')) add('version-newer-than-rules', false, { version, newest });
  return notes;
}
