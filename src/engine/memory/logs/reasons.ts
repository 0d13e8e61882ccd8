import type { Analysis } from '../../analysis';
import type { RunMemory } from '../engines/run';
import type { CheckedTerm } from './check';
import type { LogMachine } from './machine';
import type { StartupLog } from './startupLog';

/** Why a figure may differ from the prediction. */
export type CheckReasonCode =
  | 'within-band'
  | 'version-not-printed'
  | 'version-outside-of-rules'
  | 'flags-not-printed'
  | 'memory-from-catalogue'
  | 'memory-held-by-others'
  | 'follows-other-terms'
  | 'quantization-as-held'
  | 'file-types-of-another-recipe'
  | 'weights-placed-otherwise'
  | 'weights-repacked'
  | 'mapped-file-range'
  | 'adapters-loaded'
  | 'draft-model-loaded'
  | 'projector-apart'
  | 'ollama-own-engine'
  | 'devices-differ'
  | 'approximate-term'
  | 'not-explained';

/** A code and its figures; the surfaces turn them into sentences. */
export interface CheckReason {
  readonly code: CheckReasonCode;
  readonly values: Readonly<Record<string, string | number>>;
}

interface Context {
  readonly analysis: Analysis;
  readonly log: StartupLog;
  readonly machine: LogMachine;
  readonly memory: RunMemory;
  readonly terms: readonly CheckedTerm[];
  readonly version: string;
  readonly versionFrom: 'log' | 'given' | 'newest';
  readonly defaults: readonly string[];
}

const GiB = 2 ** 30;

const isWeights = ({ name }: CheckedTerm): boolean =>
  name === 'model-weights' || name === 'weights-and-non-torch' || name.endsWith(' model');
const isPool = ({ name }: CheckedTerm): boolean =>
  ['pool', 'tokens', 'max-concurrency', 'k-cache', 'v-cache', 'kv-cache', 'mamba-cache'].includes(name);

/** What may be behind the difference of a term, the likeliest first; never empty. */
export function reasonsOf(term: CheckedTerm, context: Context): readonly CheckReason[] {
  if (term.within === true) return [{ code: 'within-band', values: {} }];
  const { log, memory, machine, versionFrom, version, defaults } = context;
  const reasons: CheckReason[] = [];
  const add = (code: CheckReasonCode, values: CheckReason['values'] = {}): void => void reasons.push({ code, values });
  if (log.traits.includes('own-engine')) add('ollama-own-engine');
  if (isWeights(term)) weightReasons(context, add);
  if (isPool(term)) poolReasons(term, context, add);
  if (log.traits.includes('projector') && term.name.includes(' ')) add('projector-apart');
  if (new Set(log.devices.map(({ title }) => title)).size > 1) add('devices-differ');
  if (!log.statesAllFlags && !isWeights(term) && defaults.length > 0) add('flags-not-printed', { flags: defaults.join(', ') });
  if (versionFrom === 'newest') add('version-not-printed', { version });
  if (memory.notes.some(({ code }) => code === 'version-older-than-rules' || code === 'version-newer-than-rules'))
    add('version-outside-of-rules', { version });
  if (isPool(term) && machine.source === 'catalogue') add('memory-from-catalogue', { device: machine.name ?? '' });
  if (term.basis?.kind === 'approximate') add('approximate-term');
  return reasons.length > 0 ? reasons : [{ code: 'not-explained', values: {} }];
}

type Add = (code: CheckReasonCode, values?: CheckReason['values']) => void;

function weightReasons({ analysis, log, terms }: Context, add: Add): void {
  if (log.traits.includes('repacked')) add('weights-repacked');
  if (log.traits.includes('lora')) add('adapters-loaded');
  if (log.traits.includes('draft-loaded')) add('draft-model-loaded');
  const models = terms.filter(({ name, within }) => name.endsWith(' model') && within !== null);
  const layers = log.options['gpu-layers'] ?? log.options['num-gpu'];
  if (
    models.length > 1 &&
    layers !== undefined &&
    layers !== 'all' &&
    models.some(({ name, within }) => name === 'CPU model' && within === false)
  )
    add('mapped-file-range');
  else if (models.length > 0) {
    const sum = (of: 'predicted' | 'printed'): number => models.reduce((total, each) => total + (each[of] ?? 0), 0);
    if (models.length > 1 && Math.abs(sum('predicted') - sum('printed')) <= 0.0005 * sum('printed')) add('weights-placed-otherwise');
    else add('file-types-of-another-recipe');
  } else if (analysis.checkpoint.extras.quantizedParameters > 0 || log.options['quantization'] !== undefined)
    add('quantization-as-held', { scheme: analysis.checkpoint.scheme });
}

/** What the pool leaves to others comes from what they take, most often. */
function poolReasons(term: CheckedTerm, { log, machine, memory, terms }: Context, add: Add): void {
  const pool = terms.find(({ name }) => name === 'pool') ?? term;
  const others = terms.filter(
    ({ name, difference }) => ['model-weights', 'peak-activation', 'non-torch'].includes(name) && difference !== null,
  );
  const byOthers = others.reduce((sum, { difference }) => sum - (difference ?? 0), 0);
  const off = pool.difference ?? 0;
  if (pool.unit === 'bytes' && others.length > 0 && Math.abs(off) > 0.02 * GiB && Math.abs(off - byOthers) < 0.3 * Math.abs(off))
    add('follows-other-terms', {
      terms:
        others
          .filter(({ within }) => within === false)
          .map(({ name }) => name)
          .join(', ') || others.map(({ name }) => name).join(', '),
    });
  const whole = machine.device?.usable?.bytes;
  const context = memory.terms.find(({ name }) => name === 'context');
  const free = log.devices[0]?.free;
  if (whole !== undefined && free !== undefined && context && whole - free - context.high > 0.5 * GiB)
    add('memory-held-by-others', { bytes: Math.round(whole - free - context.bytes) });
}
