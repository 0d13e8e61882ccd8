import type { Analysis } from './analysis';
import { exact, weakest, type Basis } from './basis';
import type { Finding } from './findings';
import { fit, type CacheDivision, type Fit, type FitInput } from './hardware/fit';
import type { ComputeDtype, Device } from './hardware/device';
import { cacheBytes, cacheSize, type Cache } from './memory/cache';
import { hasEdits } from './quantization/edits';
import { isPresetName, presetOf } from './quantization/presets';
import { computeOnly } from './quantization/presets/plain';
import { checkpointLayout, loadedBytes } from './quantization/checkpoint';
import { fileReasons } from './quantization/filesBeside';
import type { Layout, PresetModel, PresetOptions } from './quantization/presets/preset';
import { weights as presetWeights, type Weights } from './quantization/weights';
import { bytesPerElement, type CacheDtype } from './units/dtypes';
import type { Inventory } from './weights/inventory';

/** Name of a preset, or `checkpoint` for what the file itself says. */
export type Precision = string;

export const isPrecision = (name: string): boolean => name === 'checkpoint' || isPresetName(name);

/** A model's weights at one precision. */
export interface PrecisionWeights extends Pick<Weights, 'bytes' | 'bitsPerWeight' | 'basis'> {
  readonly precision: Precision;
  /** The scheme behind it: the preset, or what the checkpoint holds. */
  readonly scheme: string;
  /** The format that hardware multiplies it in; null where the scheme leaves that to the engine. */
  readonly computeDtype: ComputeDtype | null;
  /** More of a preset: what stays at 16 bits, by component, and so on. The checkpoint's are in `Analysis.checkpoint`. */
  readonly details: Weights | undefined;
}

export interface Target {
  readonly device: Device;
  readonly count: number;
}

export interface EstimateSettings {
  /** Tokens per sequence; never clamped to the model's limit. */
  readonly context: number;
  /** Sequences at once. */
  readonly batch: number;
  /** `auto`: the dtype of the weights. */
  readonly kvDtype: CacheDtype | 'auto';
  readonly precisions: readonly Precision[];
  readonly targets: readonly Target[];
  readonly presetOptions?: PresetOptions;
}

/** What a model needs under given settings, and where it fits. Everything that a surface shows comes from here. */
export interface Estimate {
  readonly analysis: Analysis;
  readonly settings: EstimateSettings;
  readonly kvDtype: CacheDtype;
  readonly cache: Cache;
  /** In the order asked for. */
  readonly weights: readonly PrecisionWeights[];
  /** One per target and precision: all precisions of the first target, then of the next. */
  readonly fits: readonly Fit[];
  /** Of the settings, beside those of the analysis. */
  readonly findings: readonly Finding[];
}

/** The dtype of the cache: as asked, else the file's, else bf16. */
export const cacheDtypeOf = (analysis: Analysis, asked: CacheDtype | 'auto'): CacheDtype =>
  asked === 'auto' ? analysis.dtype.value : asked;

/** The cache of a model at a context, batch and dtype; state that is no keys or values stays at the model's dtype. */
export const cacheOf = (analysis: Analysis, context: number, batch: number, dtype: CacheDtype): Cache =>
  cacheSize(analysis.inventory, context, batch, dtype, stateDtypeOf(analysis, dtype));

const stateDtypeOf = (analysis: Analysis, dtype: CacheDtype): CacheDtype => (bytesPerElement[dtype] >= 2 ? dtype : analysis.dtype.value);

/** What `fit` and its kin ask about a model at a precision under given settings. */
export function fitInputOf(
  analysis: Analysis,
  settings: Omit<EstimateSettings, 'precisions' | 'targets'>,
  weights: PrecisionWeights,
): FitInput {
  const kvDtype = cacheDtypeOf(analysis, settings.kvDtype);
  const stateDtype = stateDtypeOf(analysis, kvDtype);
  return {
    weights: weights.details?.range?.[1] ?? weights.bytes, // what may be larger must not be said to fit
    cacheAt: (context, batch) => cacheBytes(analysis.inventory, context, batch, kvDtype, stateDtype),
    context: settings.context,
    batch: settings.batch,
    modelContextLimit: analysis.contextLimit,
    precision: weights.precision,
    computeDtype: weights.computeDtype,
    cacheDivision: divisionOf(analysis.inventory),
  };
}

/** A model at a precision on one target. */
export function fitAt(
  analysis: Analysis,
  settings: Omit<EstimateSettings, 'precisions' | 'targets'>,
  weights: PrecisionWeights,
  { device, count }: Target,
): Fit {
  const result = fit(device, count, fitInputOf(analysis, settings, weights));
  return { ...result, basis: weakest(result.basis, weights.basis) };
}

export function estimate(analysis: Analysis, settings: EstimateSettings): Estimate {
  const kvDtype = cacheDtypeOf(analysis, settings.kvDtype);
  const weights = settings.precisions.map((precision) => weightsAt(analysis, precision, settings.presetOptions));
  const fits = settings.targets.flatMap((target) => weights.map((each) => fitAt(analysis, settings, each, target)));
  return {
    analysis,
    settings,
    kvDtype,
    cache: cacheOf(analysis, settings.context, settings.batch, kvDtype),
    weights,
    fits,
    findings: settingFindings(analysis, settings),
  };
}

/** What presets ask about a model, of an analysis. */
export const presetModelOf = ({ inventory, unloaded, modelType, root, dtype }: Analysis): PresetModel => ({
  inventory,
  unloaded,
  modelType,
  root,
  dtype: dtype.value,
});

/** What a scheme leaves alone keeps a dtype that the file does not name. */
const keptAt16: Basis = { kind: 'rule', reasons: ['kept-at-16-bits'] };

/**
 * Weights at a preset, or as the checkpoint holds them.
 *
 * @throws RangeError for a name that no preset has.
 */
export function weightsAt(analysis: Analysis, precision: Precision, options: PresetOptions = {}): PrecisionWeights {
  if (precision !== 'checkpoint') {
    const preset = presetOf(precision);
    const details = presetWeights(presetModelOf(analysis), preset, options);
    const { bytes, bitsPerWeight } = details;
    const basis = weakest(
      analysis.basis,
      details.basis,
      analysis.dtype.assumed && preset.scheme && details.keptAt16Bit > 0 ? keptAt16 : exact,
    );
    return { precision, scheme: precision, bytes, bitsPerWeight, basis, computeDtype: preset.computeDtype, details };
  }
  const { scheme, basis } = analysis.checkpoint;
  // Layers that the class does not load take no memory, whether the files hold them or not.
  const bytes = loadedBytes(analysis.checkpoint);
  const reasons = basis.reasons.filter((reason) => !fileReasons.has(reason));
  const ofLoaded: Basis = basis.kind === 'rule' && reasons.length === 0 ? exact : { ...basis, reasons };
  const { total } = analysis.parameters;
  return {
    precision,
    scheme,
    bytes,
    bitsPerWeight: total > 0 ? (bytes * 8) / total : 0,
    basis: weakest(analysis.basis, ofLoaded),
    computeDtype: computeDtypeOf(scheme),
    details: undefined,
  };
}

/**
 * Every tensor of the files at a preset, or as the checkpoint holds them: what `weightsAt` sums up, and layers of the checkpoint
 * that the class does not load.
 *
 * @throws RangeError for a name that no preset has.
 */
export function layoutAt(analysis: Analysis, precision: Precision, options: PresetOptions = {}): Layout {
  if (precision !== 'checkpoint') return presetOf(precision).layout(presetModelOf(analysis), options);
  const { inventory, root, dtype, sidecars, unloaded } = analysis;
  return checkpointLayout(root, inventory, dtype.value, { sidecars, unloaded });
}

/** The format that hardware multiplies weights of a scheme in; null where the name does not tell. */
function computeDtypeOf(scheme: string): ComputeDtype | null {
  if (scheme === 'fp32' || scheme === 'bf16' || scheme === 'fp16') return scheme;
  if (scheme.startsWith('fp8')) return 'fp8';
  return scheme.startsWith('w8a8-int8') ? 'int8' : null;
}

/** How the cache divides over devices: as its least divisible kind does. */
function divisionOf({ states }: Inventory): CacheDivision {
  if (states.some(({ state }) => state.kind === 'latent')) return 'replicated';
  const heads = states.flatMap(({ state }) => ('heads' in state && state.heads !== undefined ? [state.heads] : []));
  return heads.length > 0 ? { kvHeads: Math.min(...heads) } : 'evenly';
}

function settingFindings(analysis: Analysis, { context, precisions, presetOptions }: EstimateSettings): readonly Finding[] {
  const findings: Finding[] = [];
  const limit = analysis.contextLimit;
  if (limit !== null && context > limit)
    findings.push({ code: 'context-exceeds-model', severity: 'warning', path: [], values: { context, limit } });
  for (const precision of precisions) {
    const told = Object.hasOwn(computeOnly, precision) ? computeOnly[precision] : undefined;
    if (told) findings.push({ code: 'compute-only', severity: 'information', path: [], values: { precision, ...told } });
  }
  if (hasEdits(presetOptions?.edits ?? {})) {
    const others = precisions.filter((name) => name !== 'checkpoint' && presetOf(name).scheme === undefined);
    if (others.length > 0)
      findings.push({ code: 'edits-not-heeded', severity: 'information', path: [], values: { presets: others.join(', ') } });
  }
  return findings;
}
