import type { Analysis } from '../analysis';
import type { Basis } from '../basis';
import { profileForm, sameRelease, type DeviceProfile, type Measured, type ProfileSource } from '../hardware/deviceProfile';
import type { DeviceMemory, MemoryTerm, RunMemory, RunNote } from './engines/run';
import type { LogCheck } from './logs/check';
import type { Printed } from './logs/lines';
import { answerRun, type RequestProblem, type RunRequest } from './answerRun';

/** What is this machine's own in a log that was checked; `undefined` where it prints nothing of it, or no device. */
export function profileOf(
  { engine, version, machine, log }: LogCheck,
  analysis: Analysis,
  source: ProfileSource,
): DeviceProfile | undefined {
  const figure = (name: string): Printed | undefined => log.figures.find((each) => each.name === name);
  const weights = figure('weights');
  const consumed = figure('consumed');
  // Newer releases print weights and what PyTorch does not manage in one figure.
  const rest = consumed && weights ? { value: consumed.value - weights.value, half: consumed.half + weights.half } : undefined;
  const nonTorch = figure('nonTorch') ?? (rest && rest.value > 0 ? rest : undefined);
  const graphs = figure('graphs');
  const memory = machine.source === 'log' || machine.source === 'free' || machine.source === 'given' ? (machine.memory ?? null) : null;
  if (machine.name === undefined || (memory === null && !nonTorch && !graphs)) return undefined;
  return {
    profile: profileForm,
    device: machine.name,
    engine: engine.id,
    version,
    ranks: machine.count,
    memory,
    nonTorch: nonTorch ? { bytes: nonTorch.value, half: nonTorch.half } : null,
    graphs: graphs ? { bytes: graphs.value, half: graphs.half, model: analysis.modelType, parameters: analysis.parameters.total } : null,
    ...source,
  };
}

/** Basis of a term that this machine's own log printed. */
const measuredHere: Basis = { kind: 'rule', reasons: ['measured-here'] };

/**
 * What an engine answers for a model on the machine of a profile: its memory in place of the catalogue's, and its own figures in
 * place of the rules' where they were printed by the same release of the same engine, with as many ranks, and for graphs of the
 * same model. What the pool gains or loses by them is counted again. Notes say what was taken, and what is not true of this run.
 */
export function answerWithProfile(
  analysis: Analysis,
  request: RunRequest,
  profile: DeviceProfile,
): { readonly memory: RunMemory } | { readonly problem: RequestProblem } {
  const own = request.memory === undefined && profile.memory !== null ? { ...request, memory: profile.memory } : request;
  const answered = answerRun(analysis, own);
  if ('problem' in answered) return answered;
  const { memory } = answered;
  const ranks = memory.perDevice.length;
  const sameRuns = memory.engine === profile.engine && sameRelease(memory.version, profile.version) && ranks === profile.ranks;
  const isOwn = (name: string): boolean => memory.terms.some((term) => term.name === name);
  const nonTorch = sameRuns && isOwn('non-torch') && onePipeline(own) ? profile.nonTorch : null;
  const sameModel = profile.graphs?.model === analysis.modelType && profile.graphs.parameters === analysis.parameters.total;
  const graphs = sameRuns && sameModel && isOwn('cuda-graphs') ? profile.graphs : null;
  const replaced = replace(replace(memory, 'non-torch', nonTorch), 'cuda-graphs', graphs);
  const counted = nonTorch ? recount(analysis, own, memory, replaced, nonTorch) : replaced;
  const taken = [...(own === request ? [] : ['memory']), ...(nonTorch ? ['non-torch'] : []), ...(graphs ? ['cuda-graphs'] : [])];
  const { device, engine, version, log, date } = profile;
  const of = { engine, version, ranks: profile.ranks };
  const notes: RunNote[] = [];
  if (taken.length > 0)
    notes.push({
      code: 'profile-applied',
      refused: false,
      values: { ...of, device, figures: taken.join(','), log: log ?? '', date: date ?? '' },
    });
  const left = [
    ...(profile.nonTorch && isOwn('non-torch') && !nonTorch ? ['non-torch'] : []),
    ...(profile.graphs && isOwn('cuda-graphs') && !sameRuns ? ['cuda-graphs'] : []),
  ];
  if (left.length > 0)
    notes.push({
      code: 'profile-other-runs',
      refused: false,
      values: { ...of, figures: left.join(','), runEngine: memory.engine, runVersion: memory.version, runRanks: ranks },
    });
  if (profile.graphs && isOwn('cuda-graphs') && sameRuns && !sameModel)
    notes.push({ code: 'profile-other-model', refused: false, values: { model: profile.graphs.model } });
  return { memory: { ...counted, notes: [...counted.notes, ...notes] } };
}

/** With several stages the ranks differ, and a log shows one. */
const onePipeline = ({ options }: RunRequest): boolean => (options['pipeline-parallel-size'] ?? 1) === 1;

function replace(memory: RunMemory, name: string, measured: Measured | null): RunMemory {
  if (!measured) return memory;
  const { bytes, half } = measured;
  const kind = name === 'non-torch' ? 'nonTorch' : 'graphs';
  const terms = memory.terms.map((term): MemoryTerm => {
    if (term.name !== name) return term;
    return {
      name,
      kind,
      bytes,
      basis: measuredHere,
      low: Math.max(0, Math.floor(bytes - half)),
      high: Math.ceil(bytes + half),
    };
  });
  const perDevice = memory.perDevice.map((device): DeviceMemory => ({
    ...device,
    [kind]: bytes,
    total: device.total - device[kind] + bytes,
  }));
  return { ...memory, terms, perDevice };
}

/** The pool once more: what is not taken beside it is its own. */
function recount(analysis: Analysis, request: RunRequest, before: RunMemory, after: RunMemory, { bytes, half }: Measured): RunMemory {
  const { pool } = before;
  const old = before.terms.find(({ name }) => name === 'non-torch');
  const cache = before.terms.find(({ name }) => name === 'kv-cache');
  const isFixed = request.options['kv-cache-memory-bytes'] !== undefined || request.options['num-gpu-blocks-override'] !== undefined;
  if (!pool || !old || !cache || isFixed || before.engine !== 'vllm') return after;
  const room = Math.max(1, pool.bytes + old.bytes - bytes);
  const again = answerRun(analysis, { ...request, options: { ...request.options, 'kv-cache-memory-bytes': String(room) } });
  if ('problem' in again || !again.memory.pool) return after;
  const own = again.memory.terms.find(({ name }) => name === 'kv-cache');
  const held = own?.bytes ?? cache.bytes;
  const terms = after.terms.map((term): MemoryTerm =>
    term.name === 'kv-cache'
      ? {
          ...term,
          bytes: held,
          low: Math.max(0, Math.min(held, Math.round(held - (cache.bytes - cache.low) + (old.high - old.bytes) - half))),
          high: Math.max(held, Math.round(held + (cache.high - cache.bytes) - (old.bytes - old.low) + half)),
        }
      : term,
  );
  const perDevice = after.perDevice.map((device, at): DeviceMemory => {
    const kept = again.memory.perDevice[at]?.cache ?? device.cache;
    return { ...device, cache: kept, total: device.total - device.cache + kept };
  });
  // Whether one sequence fits is another question with another pool.
  const fits = ({ code }: RunNote): boolean => code === 'context-does-not-fit';
  return {
    ...after,
    pool: again.memory.pool,
    terms,
    perDevice,
    notes: [...after.notes.filter((note) => !fits(note)), ...again.memory.notes.filter(fits)],
  };
}
