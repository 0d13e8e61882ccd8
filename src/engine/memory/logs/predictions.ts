import { weakest, type Basis } from '../../basis';
import type { MemoryTerm, RunMemory } from '../engines/run';
import { readsDriver } from '../engines/vllm/runner';
import type { Figure, FigureUnit } from './startupLog';

/** What the engine's rules say of a figure that a log prints. */
export interface Prediction {
  /** Stable: the term's name, or that of the figure where it is no term. */
  readonly name: string;
  readonly unit: FigureUnit;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly basis: Basis;
  /** Names of the terms that it is made of. */
  readonly terms: readonly string[];
}

const rule: Basis = { kind: 'rule', reasons: [] };

/** Terms by the figure of a log that shows their sum. */
const termsOfFigure: Readonly<Record<string, { readonly name: string; readonly of: (term: MemoryTerm) => boolean }>> = {
  activations: { name: 'peak-activation', of: ({ name }) => name === 'peak-activation' },
  nonTorch: { name: 'non-torch', of: ({ name }) => name === 'non-torch' },
  consumed: { name: 'weights-and-non-torch', of: ({ name, kind }) => kind === 'weights' || name === 'non-torch' },
  graphs: { name: 'cuda-graphs', of: ({ name }) => name === 'cuda-graphs' },
  kCache: { name: 'k-cache', of: ({ name }) => name === 'k-cache' },
  vCache: { name: 'v-cache', of: ({ name }) => name === 'v-cache' },
  cache: { name: 'kv-cache', of: ({ name }) => name === 'kv-cache' || name === 'k-cache' || name === 'v-cache' },
  mamba: { name: 'mamba-cache', of: ({ name }) => name === 'mamba-cache' },
  // What SGLang prints of loading is free memory before less that after it: the allocator's share is in it.
  weights: { name: 'model-weights', of: ({ name, kind }) => kind === 'weights' || name === 'loading' },
};

/** The prediction for a printed figure; `undefined` where the answer has nothing to compare it with. */
export function predictionOf(memory: RunMemory, figure: Figure): Prediction | undefined {
  const { pool } = memory;
  if (figure.name === 'pool' || figure.name === 'tokens' || figure.name === 'concurrency') {
    const value = !pool ? null : figure.name === 'pool' ? pool.bytes : figure.name === 'tokens' ? pool.tokens : pool.maxConcurrency;
    return value === null ? undefined : poolPrediction(memory, figure, value);
  }
  if (memory.engine === 'vllm' && readsDriver(memory.version) && (figure.name === 'activations' || figure.name === 'consumed'))
    return byDriver(memory, figure.name, figure.unit);
  const known = termsOfFigure[figure.name];
  if (!known) return bufferPrediction(memory, figure);
  const terms = memory.terms.filter(known.of);
  if (terms.length === 0 && figure.name !== 'graphs') return undefined;
  const sum = summed(known.name, figure.unit, terms);
  const [first] = memory.perDevice;
  // The log is the first rank's, and terms are those of the fullest.
  if (memory.engine !== 'vllm' || !first || sum.value === 0) return sum;
  const own = figure.name === 'weights' ? first.weights : figure.name === 'activations' ? first.activations : sum.value;
  const scale = own / sum.value;
  return { ...sum, value: own, low: Math.round(sum.low * scale), high: Math.round(sum.high * scale) };
}

/**
 * What vLLM prints where it asks the driver what is gone: `consumed` holds all that stays allocated after the profiling run, and
 * the peak what it took beyond that, with the estimate of the graphs that is taken from the pool (v1/worker/gpu_worker.py).
 */
function byDriver({ terms }: RunMemory, figure: 'activations' | 'consumed', unit: FigureUnit): Prediction | undefined {
  const peak = terms.find(({ name }) => name === 'peak-activation');
  if (!peak) return undefined;
  const kept = peak.kept ?? 0;
  const isReserved = terms.some(({ name, steps }) => name === 'kv-cache' && steps?.some(({ code }) => code === 'cuda-graphs'));
  const beyond = { ...peak, bytes: peak.bytes - kept, low: Math.max(0, peak.low - kept), high: peak.high - kept };
  const stays = { ...peak, bytes: kept, low: kept, high: kept };
  return figure === 'activations'
    ? summed('peak-activation', unit, [beyond, ...terms.filter(({ name }) => name === 'cuda-graphs' && isReserved)])
    : summed('weights-and-non-torch', unit, [
        ...terms.filter(({ name, kind }) => kind === 'weights' || name === 'non-torch' || name === 'request-state'),
        stays,
      ]);
}

function summed(name: string, unit: FigureUnit, terms: readonly MemoryTerm[]): Prediction {
  const sum = (of: (term: MemoryTerm) => number): number => terms.reduce((total, term) => total + of(term), 0);
  return {
    name,
    unit,
    value: sum(({ bytes }) => bytes),
    low: sum(({ low }) => low),
    high: sum(({ high }) => high),
    basis: terms.length > 0 ? weakest(...terms.map(({ basis }) => basis)) : rule,
    terms: terms.map((term) => term.name),
  };
}

/** Name of the term that a printed figure is held against where the rules have no other for it. */
export const termName = (figure: string): string => (figure === 'concurrency' ? 'max-concurrency' : figure);

/** The pool and what it holds, under the band of the cache. */
function poolPrediction(memory: RunMemory, { name, unit }: Figure, value: number): Prediction {
  const cache = memory.terms.filter(({ kind, name: term }) => kind === 'cache' && term !== 'mamba-cache');
  const band = summed(name, unit, cache);
  const scale = (bytes: number): number => (band.value > 0 ? (bytes / band.value) * value : value);
  return {
    name: termName(name),
    unit,
    value,
    low: scale(band.low),
    high: scale(band.high),
    basis: band.basis,
    terms: band.terms,
  };
}

/** A buffer of llama.cpp; one that the rules do not have is predicted to be none. */
function bufferPrediction({ terms, buffers }: RunMemory, { name, unit }: Figure): Prediction | undefined {
  if (!buffers) return undefined;
  const term = terms.find((each) => each.name === name);
  return term
    ? { name, unit, value: term.bytes, low: term.low, high: term.high, basis: term.basis, terms: [name] }
    : { name, unit, value: 0, low: 0, high: 0, basis: rule, terms: [] };
}
