import {
  analyze,
  batchBasis,
  batchCache,
  analyzeText,
  answerRun,
  answerWithProfile,
  cacheDtypeOf,
  estimate,
  findDevice,
  isRequest,
  listTensors,
  mediaTokens,
  peakMemory,
  refusedDegrees,
  readRequest,
  decodesNothing,
  refusedTargets,
  unknownModules,
  unpaged,
  type Analysis,
  type Basis,
  type BatchAnswer,
  type BatchCache,
  type Estimate,
  type Finding,
  type Fit,
  type JsonObject,
  type MediaEstimate,
  type MediaItem,
  type NoModel,
  type PeakMemory,
  type PrecisionWeights,
  type RunMemory,
  type Sidecars,
} from '../engine/index';
import { defaultStyle } from '../engine/index';
import { english } from '../shared/text/translate';
import { findingText } from '../shared/text/findings';
import { mediaProblemText } from '../shared/text/media';
import type { Options } from './arguments';
import { reasonsOf, type Reason } from './refusals';

/** Version of the JSON's shape; raised when a field changes its meaning or goes away. */
export const schemaVersion = 1;

export interface Failure {
  readonly code: string;
  readonly message: string;
  /** Where in the config, as keys joined by dots; empty for the whole. */
  readonly path: string;
  /** Where in the text, from 1, where the text itself is at fault. */
  readonly line?: number;
  readonly column?: number;
}

export type Outcome =
  | { readonly kind: 'estimate'; readonly value: Estimate; readonly text: string; readonly added?: Added }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What a request adds to the report of its config. */
export interface Added {
  readonly memory?: RunMemory;
  readonly peak?: PeakMemory;
  readonly media?: MediaEstimate;
  readonly batch?: BatchCache | BatchAnswer;
}

const failed = (code: string, message: string, path = ''): Outcome => ({ kind: 'failed', failure: { code, message, path } });

/** Contexts of a report that asks for none. */
const usualContext = 8192;

/** Analyses one config's text, or what a request in its place asks about; what gives no figures gives the first reason why. */
export function evaluate(text: string, options: Options, sidecars: Sidecars = {}): Outcome {
  const { document, result } = analyzeText(text, sidecars);
  const broken = document.findings.find(({ severity }) => severity === 'error');
  if (broken) return reason(text, broken);
  const { root } = document;
  return root && isRequest(root) ? answer(root, options) : outcomeOf(text, root, result, options);
}

/** The report of a config, and the run of it that is asked about. */
function outcomeOf(text: string, root: JsonObject | undefined, result: Analysis | NoModel, options: Options): Outcome {
  if (result.kind === 'other') return failed('not-a-model-config', otherText(root?.['model_type']));
  if (result.kind !== 'model') {
    const worst = result.findings.find(({ severity }) => severity === 'error') ?? result.findings[0];
    return worst ? reason(text, worst) : failed(result.kind, 'This config could not be read.');
  }
  const value = estimateOf(result, options);
  const media = options.media.length > 0 ? mediaOf(result, options.media, options.kvDtype) : undefined;
  if (media && 'failure' in media) return { kind: 'failed', failure: media.failure };
  if (!options.run) {
    const { sequences } = options;
    const batch = sequences && batchCache(result, sequences, unpaged(cacheDtypeOf(result, options.kvDtype)));
    return { kind: 'estimate', value, text, added: { ...(media && { media }), ...(batch && { batch }) } };
  }
  const { run, deviceProfile } = options;
  const answered = deviceProfile ? answerWithProfile(result, run, deviceProfile) : answerRun(result, run);
  if ('problem' in answered) {
    const { code, message, path } = answered.problem;
    return { kind: 'failed', failure: { code, message, path } };
  }
  return { kind: 'estimate', value, text, added: { ...answered, ...(media && { media }) } };
}

/** What images, clips and audio become, or why that cannot be said. */
function mediaOf(
  analysis: Analysis,
  items: readonly MediaItem[],
  asked: Options['kvDtype'],
): MediaEstimate | { readonly failure: Failure } {
  const found = mediaTokens(analysis, items, cacheDtypeOf(analysis, asked), analysis.dtype.value);
  if (!('problem' in found)) return found;
  const { problem } = found;
  return { failure: { code: problem.code, message: mediaProblemText(problem, analysis.modelType, english), path: '' } };
}

/** A request in place of a config: its config's report, and what it asks about. */
function answer(root: JsonObject, options: Options): Outcome {
  const request = readRequest(root, findDevice);
  if (request.kind === 'problem') return { kind: 'failed', failure: request.problem };
  const analysis = analyze(request.config, request.kind === 'media' ? request.sidecars : {});
  const outcome = outcomeOf('', request.config, analysis, {
    ...options,
    run: request.kind === 'run' ? request.run : undefined,
    media: request.kind === 'media' ? request.items : options.media,
  });
  if (request.kind !== 'peak' || outcome.kind === 'failed') return outcome;
  const { value } = outcome;
  const architecture = value.analysis.architecture.slice(0, 80);
  const unknown = unknownModules(value.analysis, request.job);
  if (unknown) {
    const names = unknown.names.map((name) => JSON.stringify(name.slice(0, 80))).join(', ');
    const what = unknown.key === 'trains' ? 'with weights' : 'that adapters take';
    return failed('request-value', `${architecture} has no module ${what} that is called ${names}.`, unknown.key);
  }
  const degree = refusedDegrees(value.analysis, request.job);
  if (degree) return failed('request-value', `${degree.key}: ${degree.message}.`, degree.key);
  const [refused] = refusedTargets(value.analysis, request.job);
  if (refused !== undefined) {
    const all = request.job.lora?.targets === 'all-linear' ? ', and "all-linear" takes it: name the modules instead' : '';
    return failed('request-value', `peft refuses adapters of ${JSON.stringify(refused)} in ${architecture}${all}.`, 'lora.targets');
  }
  if (request.job.mode === 'decode' && decodesNothing(value.analysis))
    return failed('request-value', `${architecture} is an encoder, which does not decode; ask for "prefill", its whole pass.`, 'mode');
  const peak = peakMemory(value.analysis, request.job);
  return peak
    ? { ...outcome, added: { peak } }
    : failed('peak-unknown', `No program of ${architecture} is known, so that its run cannot be followed.`, 'config');
}

function reason(text: string, finding: Finding): Outcome {
  const { code, path } = finding;
  const place = placeIn(text, finding);
  const where = place ? ` (line ${place.line}, column ${place.column})` : '';
  const message = `${findingText(finding, english, defaultStyle).replace(/\.$/, '')}${where}.`;
  return { kind: 'failed', failure: { code, message, path: path.join('.'), ...place } };
}

/** Line and column of a finding that stands in the text, from 1 as editors count. */
function placeIn(text: string, { range }: Finding): { readonly line: number; readonly column: number } | undefined {
  if (!range) return undefined;
  const before = text.slice(0, range.offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: range.offset - start + 1 };
}

/** What is missing to take a JSON file for a model's config. */
function otherText(modelType: unknown): string {
  const needed = 'a known model_type, "architectures", or the sizes of an unknown type (hidden_size, num_hidden_layers and so on)';
  if (typeof modelType === 'string' && modelType !== '')
    return `Model type "${modelType.slice(0, 80)}" is not known, and the file lacks the sizes to estimate it from (at least hidden_size and num_hidden_layers).`;
  return modelType === undefined || modelType === null
    ? `This is JSON, but not the config of a model, which has ${needed}.`
    : `model_type is not a name; a config has ${needed}.`;
}

function estimateOf(analysis: Analysis, { context, batch, kvDtype, precisions, targets, presetOptions }: Options): Estimate {
  const chosen = context ?? Math.min(usualContext, analysis.contextLimit ?? usualContext);
  return estimate(analysis, { context: chosen, batch, kvDtype, precisions, targets, presetOptions });
}

const basisJson = ({ kind, reasons }: Basis): object => ({ kind, reasons });

const refusedJson = (refused: readonly Reason[]): object => (refused.length > 0 ? { refused } : {});

const weightsJson = ({ bytes, bitsPerWeight, basis, details }: PrecisionWeights, refused: readonly Reason[]): object => ({
  bytes,
  bitsPerWeight,
  basis: basisJson(basis),
  ...(details ? { keptAt16Bit: details.keptAt16Bit } : {}),
  ...(details?.range ? { range: details.range } : {}),
  ...(details?.secondFile === undefined ? {} : { secondFile: details.secondFile }),
  ...(details && details.textBytes > 0 ? { textBytes: details.textBytes } : {}),
  ...refusedJson(refused),
});

const fitJson = (fit: Fit, refused: readonly Reason[]): object => ({
  device: fit.device,
  count: fit.count,
  precision: fit.precision,
  weights: fit.weights,
  cache: fit.cache,
  allowance: fit.allowance,
  total: fit.total,
  usable: fit.usable,
  fits: fit.fits,
  maxContext: fit.maxContext,
  memoryContext: fit.memoryContext,
  maxBatch: fit.maxBatch,
  basis: basisJson(fit.basis),
  ...refusedJson(refused),
});

const findingJson = (finding: Finding, text: string): object => {
  const { code, severity, path, values } = finding;
  return { code, severity, path, ...placeIn(text, finding), values };
};

const addedJson = ({ memory, peak, media, batch }: Added = {}): object => ({
  ...(batch && { batch: { ...batch, basis: basisJson(batchBasis) } }),
  ...(media && { media: mediaJson(media) }),
  ...(memory && { memory: runJson(memory) }),
  ...(peak && { peak: { ...peak, basis: basisJson(peak.basis) } }),
});

const mediaJson = ({ parts, basis, ...sums }: MediaEstimate): object => ({
  ...sums,
  basis: basisJson(basis),
  items: parts.map(({ item, each, cacheBytes, basis: of, assumed }) => ({
    ...item,
    tokens: each.tokens,
    features: each.features,
    cross: each.cross ?? 0,
    tiles: each.tiles ?? null,
    resized: each.resized ?? null,
    cacheBytes,
    assumed,
    basis: basisJson(of),
  })),
});

const runJson = ({ terms, host, ...memory }: RunMemory): object => ({
  ...memory,
  ...(host && { host: { ...host, basis: basisJson(host.basis) } }),
  terms: terms.map((term) => ({ ...term, basis: basisJson(term.basis) })),
});

/** The documented JSON of one config: docs/cli.md. */
export function toReport(outcome: Outcome, options: Pick<Options, 'tensors'>): object {
  if (outcome.kind === 'failed') return { error: outcome.failure };
  const { analysis, cache, weights, fits, findings, settings } = outcome.value;
  const { checkpoint, parameters } = analysis;
  const reasons = reasonsOf(outcome.value);
  return {
    schema: schemaVersion,
    modelType: analysis.modelType,
    architecture: analysis.architecture,
    basis: basisJson(analysis.basis),
    parameters: { total: parameters.total, active: parameters.active, stored: parameters.stored, byComponent: parameters.byComponent },
    dtype: analysis.dtype,
    weights: Object.fromEntries(weights.map((each) => [each.precision, weightsJson(each, reasons.of(each))])),
    checkpoint: { ...checkpoint, basis: basisJson(checkpoint.basis) },
    cache: {
      bytes: cache.bytes,
      bytesPerToken: cache.bytesPerToken,
      state: cache.state,
      byKind: cache.byKind,
      context: cache.context,
      batch: cache.batch,
      dtype: cache.dtype,
      basis: basisJson(analysis.basis),
    },
    contextLimit: analysis.contextLimit,
    // All precisions of the first target, then of the next.
    fits: settings.targets.flatMap((target, nth) =>
      fits.slice(nth * weights.length, (nth + 1) * weights.length).map((fit) => fitJson(fit, reasons.on(target, fit.precision))),
    ),
    findings: [...analysis.findings, ...findings].map((finding) => findingJson(finding, outcome.text)),
    ...addedJson(outcome.added),
    ...(options.tensors
      ? { tensors: listTensors(analysis.inventory, 'parameters'), buffers: listTensors(analysis.inventory, 'buffers') }
      : {}),
  };
}
