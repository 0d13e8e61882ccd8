import {
  engineTitles,
  formatBytes,
  formatNumber,
  formatShare,
  formatTokens,
  isMeasuredHere,
  type DeviceMemory,
  type EngineId,
  type Evidence,
  type MemoryTerm,
  type NumberStyle,
  type RunMemory,
  type RunNote,
  type Target,
  type TermKind,
} from '../../engine/index';
import { dividesRest, isShortage, type EngineReach, type EngineRun } from '../engineRun';
import { measuredText, originText, targetText } from './deviceProfiles';
import type { Translate } from './translate';

type ValueOf = (key: string) => string;
type Say = (value: ValueOf, t: Translate) => string;

/** One sentence per code of a note. */
const noteSentences: Readonly<Record<string, Say>> = {
  'more-ranks-than-devices': (v, t) => t('{0} ranks need as many devices; there are {1}.', v('ranks'), v('devices')),
  'refused-attention-heads': (v, t) => t('{0} attention heads cannot be shared among {1} devices.', v('heads'), v('degree')),
  'refused-key-value-heads': (v, t) => t('{0} key/value heads cannot be shared among {1} devices.', v('heads'), v('degree')),
  'refused-state-heads': (v, t) => t('{0} heads of recurrent state cannot be shared among {1} devices.', v('heads'), v('degree')),
  'refused-inner-width': (v, t) => t('A width of {0} cannot be cut into {1} equal parts.', v('width'), v('degree')),
  'refused-quantization-groups': (v, t) =>
    t('{0} groups of the quantization cannot be cut into {1} equal parts.', v('groups'), v('degree')),
  'refused-attention-replicas': (v, t) => t('{0} ranks do not make {1} equal replicas of attention.', v('degree'), v('replicas')),
  'refused-layers': (v, t) => t('{0} layers do not make {1} pipeline stages.', v('layers'), v('degree')),
  'refused-experts': (v, t) => t('{0} experts cannot be spread over {1} devices.', v('experts'), v('degree')),
  'refused-replicated-heads': (v, t) =>
    t('The context cannot be shared among {1} devices: key/value heads stand on {0} of them.', v('copies'), v('degree')),
  'pages-not-unifiable': (_v, t) => t('The layers keep states of sizes that cannot share pages.'),
  'context-does-not-fit': (v, t) => t('The pool is too small for one sequence of {0} tokens; {1} would fit.', v('context'), v('longest')),
  'context-beyond-limit': (v, t) =>
    t('vLLM refuses {0} tokens, more than the {1} of the model, unless VLLM_ALLOW_LONG_MAX_MODEL_LEN is set.', v('context'), v('limit')),
  'context-fitted': (v, t) => t('The context is shortened to {0} tokens, which fit.', v('context')),
  'sglang-context-beyond': (v, t) =>
    t(
      'SGLang refuses {0} tokens, more than the {1} of the model, unless SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN is set.',
      v('context'),
      v('limit'),
    ),
  'overrides-followed': (v, t) => t('The model is read as {0} changes it: {1}.', v('flag'), v('keys')),
  'lengths-beyond-model': (v, t) =>
    t('A sequence of {0} tokens is longer than the {1} that the model was made for.', v('length'), v('limit')),
  'no-memory-for-cache': (_v, t) => t('Nothing is left for keys and values.'),
  'cache-dtype-not-known': (v, t) => t('The cache type {0} is not known here; 16 bits are counted.', v('dtype')),
  'draft-model-not-counted': (v, t) =>
    t(
      'The draft of speculative decoding ({0}) is not counted; on the command line --draft-config FILE counts that of vLLM, SGLang and llama.cpp.',
      v('method'),
    ),
  'draft-graphs-not-counted': (v, t) => t('Graphs and passes of the draft ({0}) are not counted.', v('method')),
  'adapters-not-counted': (v, t) => t('The adapters of {0} are not counted: they take what their files hold.', v('flag')),
  'max-memory-idle': (_v, t) => t('max-memory is of a device-map that spreads the model; it changes nothing here.'),
  'ollama-one-device': (v, t) =>
    t(
      'All of it has room on one of {1} devices ({0}), which Ollama then takes alone; OLLAMA_SCHED_SPREAD spreads it.',
      v('device'),
      v('devices'),
    ),
  'ollama-overhead': (v, t) => t('{0} of each device are left alone (OLLAMA_GPU_OVERHEAD).', v('bytes')),
  'adapter-rank-unknown': (_v, t) => t('Adapters are not counted: their rank is not given (--max-lora-rank).'),
  'max-running-requests': (v, t) => t('{0} requests run at once.', v('requests')),
  'version-older-than-rules': (v, t) => t('The rules begin with version {1}; for {0} they are a guess.', v('version'), v('oldest')),
  'version-newer-than-rules': (v, t) => t('The rules end with version {1}; {0} may differ.', v('version'), v('newest')),
  'llama-does-not-fit': (v, t) => t('{0}: {1} are needed, {2} are there.', v('device'), v('total'), v('usable')),
  'llama-fit-offered': (_v, t) =>
    t('With --fit, its default, llama.cpp shortens the context or leaves layers to the CPU until it fits; --fit on shows what it chooses.'),
  'llama-layers-on-cpu': (v, t) => t('Layers that do not fit stay with the CPU: about {0} of {1} have room.', v('layers'), v('all')),
  'llama-fit-context': (v, t) =>
    t('--fit shortens the context to {0} tokens; free memory is taken to be all that the driver reports.', v('context')),
  'llama-fit-layers': (v, t) =>
    t(
      '--fit puts {0} layers on the devices (in brackets: those without their experts); free memory is taken to be all that the driver reports.',
      v('layers'),
    ),
  'llama-fit-context-layers': (v, t) =>
    t(
      '--fit shortens the context to {0} tokens and puts {1} layers on the devices (in brackets: those without their experts); free memory is taken to be all that the driver reports.',
      v('context'),
      v('layers'),
    ),
  'llama-fit-unknown': (_v, t) => t('What --fit would choose cannot be told: the memory of the device is not known.'),
  'llama-fit-layers-set': (_v, t) => t('--fit leaves the layers alone, since --gpu-layers is given.'),
  'llama-fit-split-set': (_v, t) => t('--fit leaves the layers alone, since --tensor-split is given.'),
  'llama-fit-row-split': (_v, t) => t('--fit leaves the layers alone, since rows are split.'),
  'llama-fit-overrides-set': (_v, t) => t('--fit leaves the layers alone, since places of tensors are given.'),
  'llama-context-beyond': (v, t) => t('{0} tokens are more than the {1} that the model was made for.', v('context'), v('limit')),
  'ollama-context-trained': (v, t) =>
    t('Ollama starts with {1} tokens, which the model was trained for, instead of {0}.', v('asked'), v('context')),
  'profile-applied': (v, t) => t('Measured here: {0} of {1}, by {2}.', figuresOf(v, t), v('device'), originOf(v, t)),
  'profile-other-runs': (v, t) =>
    t(
      'Measured here, but in other runs than this ({0}, ranks: {1}), and not taken over: {2} of {3}.',
      `${titleOf(v('runEngine'))} ${v('runVersion')}`,
      v('runRanks'),
      figuresOf(v, t),
      originOf(v, t),
    ),
  'profile-other-model': (v, t) => t('The graphs of the profile are of another model ({0}) and were not applied.', v('model')),
  'does-not-fit': (v, t) => t('{0}: {1} are needed, {2} are there.', v('device'), v('total'), v('usable')),
  'fullest-while-reading': (v, t) => t('The fullest moment is the reading of a prompt of {0} tokens.', v('tokens')),
  'fullest-while-generating': (v, t) => t('The fullest moment is the last token, after {0}.', v('tokens')),
  'weights-on-host': (v, t) => t('{0} of the weights stay in host memory and are copied whenever they are used.', v('bytes')),
  'dtype-auto-assumed': (v, t) => t('"dtype" is taken to be "auto"; unless it is given, {0} loads plain weights at 32 bits.', v('version')),
  'near-wired-limit': (v, t) =>
    t('Weights of {0} are near the {1} that Metal may keep in memory; mlx-lm warns that this can be slow.', v('total'), v('usable')),
  'device-other-backend': (v, t) =>
    t('On {0} {1} runs by its back end {2}, which the rules were not read for.', v('device'), v('engine'), v('backend')),
  'model-by-plugin': (v, t) => t('{0} runs {1} only with {2} installed beside it.', v('engine'), v('model'), v('plugin')),
  'model-unlisted': (v, t) => t('{0} names no {1} among the models that it serves; it may not start.', v('engine'), v('model')),
  'one-device-taken': (v, t) => t('One device is taken; {0} machines in a cluster are not counted.', v('devices')),
  'windows-counted-whole': (_v, t) =>
    t('Layers with a window are counted like those that see everything, as one pool for all layers does.'),
  'split-too-small': (v, t) => t('The GPU split leaves {0} layers without a place.', v('layers')),
  'layers-split-instead': (_v, t) => t('Tensor parallelism of ExLlama is not derived; layers are put on one device after another.'),
  'device-not-covered': (v, t) => t('The rules are of devices by NVIDIA and AMD; on {0} the engine may differ or not run.', v('device')),
  'lm-studio-as-llama': (_v, t) => t('LM Studio runs llama.cpp; its own defaults are taken where they are published.'),
};

/** Values that are bytes. */
const inBytes: ReadonlySet<string> = new Set(['total', 'usable', 'bytes']);

/** A note as a sentence; its code where there is none for it. */
export function runNoteText({ code, values }: RunNote, t: Translate, style: NumberStyle): string {
  const say = Object.hasOwn(noteSentences, code) ? noteSentences[code] : undefined;
  const value = (key: string): string => {
    const found = values[key];
    if (typeof found !== 'number') return String(found ?? '');
    return inBytes.has(key) ? formatBytes(found, style) : formatNumber(found, 0, style);
  };
  return say ? say(value, t) : code;
}

/** Names of what was measured, "memory" being the device's. */
const figuresOf = (v: ValueOf, t: Translate): string =>
  v('figures')
    .split(',')
    .map((name) => (name === 'memory' ? t('usable memory') : name))
    .join(', ');

const titleOf = (id: string): string => (isEngineId(id) ? engineTitles[id] : id);

const isEngineId = (id: string): id is EngineId => Object.hasOwn(engineTitles, id);

function originOf(v: ValueOf, t: Translate): string {
  const engine = v('engine');
  if (!isEngineId(engine)) return engine;
  const [log, date] = [v('log') || null, v('date') || null];
  return originText({ engine, version: v('version'), ranks: Number(v('ranks')), log, date }, t);
}

/** Codes that have a sentence. */
export const runNoteCodes: readonly string[] = Object.keys(noteSentences);

export const termKindNames = (t: Translate): Readonly<Record<TermKind, string>> => ({
  weights: t('weights'),
  cache: t('cache'),
  activations: t('activations'),
  graphs: t('graphs'),
  nonTorch: t('outside PyTorch'),
  buffers: t('buffers'),
});

/** "11.90 to 12.30 GiB", or "" where the term has no band. */
export function bandText({ bytes, low, high }: MemoryTerm, t: Translate, style: NumberStyle): string {
  return low === bytes && high === bytes ? '' : t('{0} to {1}', formatBytes(low, style), formatBytes(high, style));
}

/** "77 logs, median 0.01 % off, 9 of 10 within 0.2 %". */
export function evidenceText({ fitted, held, median, p90 }: Evidence, t: Translate, style: NumberStyle): string {
  const off = (share: number): string =>
    share === 0 ? formatShare(0, style) : `${formatNumber(share * 100, share < 0.01 ? 2 : 1, style)} %`;
  const rows =
    held > 0
      ? t('{0} logs that had no say', formatNumber(held, 0, style))
      : t('{0} logs that it was fitted to', formatNumber(fitted, 0, style));
  return t('{0}: median {1} off, nine of ten within {2}', rows, off(median), off(p90));
}

/**
 * How far an engine goes on a device, in a line: "vLLM on RTX 4090: ≈41k tokens, 5 users of 8,192".
 *
 * @param brief without the length that the users have, where there is little room
 */
export function engineLine(
  run: EngineRun,
  { longest, users }: EngineReach,
  target: Target | undefined,
  context: number,
  t: Translate,
  style: NumberStyle,
  brief = false,
): string {
  const { title } = run.chosen.engine;
  if (!target) return t('{0}: choose target hardware', title);
  const place = t('{0} on {1}', title, placeOf(run, target, t));
  if (!run.memory) return t('{0}: no answer, see why', place);
  if (target.device.usable === null) return t('{0}: memory unknown', place);
  if (run.memory.notes.some(({ code, refused }) => refused && !isShortage(code))) return t('{0}: would not start, see why', place);
  if (longest === null) return wholeText(place, run.memory, t, style);
  if (longest.tokens === 0) return t('{0}: does not fit', place);
  // A pool holds more tokens than one sequence may have.
  const pooled = dividesRest(run.chosen.engine.id) ? (run.memory.pool?.tokens ?? null) : null;
  const tokens = pooled ?? longest.tokens;
  if (tokens === 'any') return t('{0}: any context', place);
  const sign = pooled === null && longest.by === 'model' ? '' : '≈';
  const reach = t('{0} tokens', sign + formatTokens(tokens, style));
  if (users === null || users.count === 'any') return `${place}: ${reach}`;
  const each = formatTokens(context, style);
  if (users.count === 0) return brief ? `${place}: ${reach}` : t('{0}: {1}, too few for {2}', place, reach, each);
  const count = `${formatNumber(users.count, 0, style)}${users.atLeast ? '+' : ''}`;
  if (users.count === 1) return brief ? t('{0}: {1}, one user', place, reach) : t('{0}: {1}, one user of {2}', place, reach, each);
  return brief ? t('{0}: {1}, {2} users', place, reach, count) : t('{0}: {1}, {2} users of {3}', place, reach, count, each);
}

/** The device of a run, and whether anything of it was measured on this machine. */
function placeOf(run: EngineRun, target: Target, t: Translate): string {
  const own = targetText(target, t);
  const isOwn = run.memory?.notes.some(({ code }) => code === 'profile-applied') === true;
  return isOwn && !isMeasuredHere(target.device) ? measuredText(own, t) : own;
}

/** What the fullest device holds: "Transformers on L4: 15.20 GiB of 21.95 GiB". */
function wholeText(place: string, { perDevice }: RunMemory, t: Translate, style: NumberStyle): string {
  const fullest = perDevice.reduce<DeviceMemory | undefined>((most, each) => (each.total > (most?.total ?? -1) ? each : most), undefined);
  if (!fullest) return place;
  const usable = fullest.usable === null ? t('unknown') : formatBytes(fullest.usable, style);
  return t('{0}: {1} of {2}', place, formatBytes(fullest.total, style), usable);
}
