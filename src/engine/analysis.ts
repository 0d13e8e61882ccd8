import { exact, weakest, type Basis } from './basis';
import { buildModel, type Model } from './architectures/family';
import { approximateFamily } from './architectures/approximate';
import { findFamily, typeOfClass } from './architectures/registry';
import { detect } from './config/detect';
import { parseConfig, type ConfigDocument } from './config/document';
import { textSections } from './config/textSections';
import { brief, type JsonObject } from './config/json';
import { runChecks } from './checks/runChecks';
import { findingSink, type Finding, type FindingCode, type FindingSink } from './findings';
import { describeCheckpoint, type Checkpoint } from './quantization/checkpoint';
import type { Sidecars } from './quantization/sidecars';
import { parseDtype, type CacheDtype } from './units/dtypes';
import { takeInventory, type Inventory } from './weights/inventory';
import { countParameters, type Parameters } from './weights/parameters';

/** Everything that follows from a config alone; the surfaces and the command line all read this one value. */
export interface Analysis {
  readonly kind: 'model';
  readonly root: JsonObject;
  readonly sidecars: Sidecars;
  readonly modelType: string;
  /** The class that was counted. */
  readonly architecture: string;
  readonly title: string;
  readonly basis: Basis;
  readonly model: Model;
  readonly inventory: Inventory;
  /** Tensors of the files that the class does not load; in the checkpoint's bytes, and in no other figure. */
  readonly unloaded: Inventory;
  readonly parameters: Parameters;
  /** The dtype of plain weights; `assumed` when the file does not say. */
  readonly dtype: { readonly value: CacheDtype; readonly assumed: boolean };
  readonly checkpoint: Checkpoint;
  /** Tokens that the model was made for; null when its design sets no limit. */
  readonly contextLimit: number | null;
  readonly findings: readonly Finding[];
}

/** A file that gives no model: broken, something else, or a config that lacks what a count needs. */
export interface NoModel {
  readonly kind: 'unreadable' | 'other' | 'incomplete';
  readonly findings: readonly Finding[];
}

export interface AnalyzedDocument {
  readonly document: ConfigDocument;
  readonly result: Analysis | NoModel;
}

/**
 * Reads a config's text and analyses it. Never throws on bad input; takes bounded time and memory (limits.ts).
 * @param sidecars what files beside the config say of its quantization.
 */
export function analyzeText(text: string, sidecars: Sidecars = {}): AnalyzedDocument {
  const document = parseConfig(text);
  const { root } = document;
  if (root === undefined) return { document, result: { kind: 'unreadable', findings: document.findings } };
  const result = analyze(root, sidecars);
  return { document, result: { ...result, findings: [...document.findings, ...result.findings] } };
}

/** Analyses a config that was already read (a value with a key changed, a line of JSON). */
export function analyze(root: JsonObject, sidecars: Sidecars = {}): Analysis | NoModel {
  const sink = findingSink();
  const detected = detect(root, (type) => findFamily(type) !== undefined, typeOfClass);
  if (detected.kind === 'other') return { kind: 'other', findings: sink.findings };
  const known = detected.kind === 'model' ? findFamily(detected.modelType) : undefined;
  const chosen = known ?? approximateFamily(root, sink);
  if (!chosen) return { kind: 'incomplete', findings: sink.findings };
  const modelType = detected.modelType ?? 'unknown';
  const byClass = detected.kind === 'model' && detected.unknown !== undefined ? detected.unknown : undefined;
  if (byClass !== undefined)
    sink.add({
      code: 'type-by-class',
      severity: 'warning',
      path: ['model_type'],
      values: { modelType: byClass.slice(0, 80), assumed: modelType },
    });
  const model = buildModel(root, modelType, chosen, findFamily, sink);
  noteDefaults(model, sink);
  const inventory = takeInventory(model.tree);
  const unloaded = takeInventory(model.unloaded);
  const parameters = countParameters(inventory);
  if (parameters.stored * 4 > Number.MAX_SAFE_INTEGER) sink.add({ code: 'inexact-total', severity: 'warning', path: [], values: {} });
  const dtype = dtypeOf(root, sidecars, sink);
  // What a quantization block holds in a key of its own changes bytes, and no parameter.
  const ofModel = replaced(sink.findings);
  const described = describeCheckpoint(root, inventory, dtype.value, sink, { sidecars, unloaded });
  const basis = weakest(
    model.basis,
    ofModel,
    byClass === undefined ? exact : { kind: 'approximate', reasons: ['type-by-class'] },
    sink.findings.some(({ code }) => code === 'unknown-architecture') ? { kind: 'approximate', reasons: ['class-unknown'] } : exact,
    parameters.stored > Number.MAX_SAFE_INTEGER ? { kind: 'approximate', reasons: ['inexact-total'] } : exact,
  );
  const analysis: Analysis = {
    kind: 'model',
    root,
    sidecars,
    modelType,
    architecture: model.className,
    title: chosen.title,
    basis,
    model,
    inventory,
    unloaded,
    parameters,
    dtype,
    checkpoint: {
      ...described,
      basis: weakest(
        basis,
        described.basis,
        replaced(sink.findings),
        described.basis.kind === 'approximate' ? exact : leftOut(sink.findings),
        dtype.assumed ? assumedDtype(described) : exact,
      ),
    },
    contextLimit: contextLimitOf(model),
    findings: sink.findings,
  };
  for (const finding of runChecks(analysis)) sink.add(finding);
  return analysis;
}

/** Findings of values in whose place figures assume another. */
const replacing: ReadonlySet<FindingCode> = new Set(['invalid-value', 'layer-list-length', 'layer-type-unknown']);

const replaced = (findings: readonly Finding[]): Basis =>
  findings.some(({ code }) => replacing.has(code)) ? { kind: 'approximate', reasons: ['invalid-values-replaced'] } : exact;

/** What a quantization block does not say and figures take for granted. */
const leftOut = (findings: readonly Finding[]): Basis =>
  findings.some(({ code }) => code === 'quantization-incomplete') ? { kind: 'approximate', reasons: ['quantization-incomplete'] } : exact;

/** Keys without which a reader would not expect a count; one finding names those that the file leaves out. */
const shapeKey =
  /^(max_position_embeddings|n_positions|vocab_size|hidden_size|n_embd|d_model|num_hidden_layers|n_layers?|num_layers|num_attention_heads|n_head|n_heads|intermediate_size|ffn_dim|d_ff)$/;

/** The key itself, of one that stands in a section ("text_config.hidden_size"). */
const lastOf = (key: string): string => key.slice(key.lastIndexOf('.') + 1);

function noteDefaults(model: Model, sink: FindingSink): void {
  const taken = model.assumed.filter(({ key, value }) => shapeKey.test(lastOf(key)) && typeof value === 'number');
  if (taken.length === 0) return;
  const keys = taken.map(({ key, value }) => `${key}=${String(value)}`).join(', ');
  sink.add({ code: 'defaults-assumed', severity: 'information', path: ['model_type'], values: { keys, count: taken.length } });
}

function dtypeOf(root: JsonObject, { told }: Sidecars, sink: FindingSink): Analysis['dtype'] {
  const places: (readonly [readonly string[], unknown])[] = [];
  for (const key of ['dtype', 'torch_dtype']) places.push([[key], root[key]]);
  for (const section of textSections)
    for (const key of ['dtype', 'torch_dtype']) places.push([[section, key], (root[section] as JsonObject | undefined)?.[key]]);
  for (const [path, written] of places) {
    if (written === undefined || written === null) continue;
    const value = typeof written === 'string' ? parseDtype(written) : undefined;
    if (value !== undefined) return { value, assumed: false };
    if (told?.dtype !== undefined) break;
    sink.add({ code: 'dtype-unknown', severity: 'warning', path, values: { found: brief(written), assumed: 'bf16' } });
    return { value: 'bf16', assumed: true };
  }
  if (told?.dtype !== undefined) return { value: told.dtype, assumed: false };
  sink.add({ code: 'dtype-assumed', severity: 'information', path: ['model_type'], values: { assumed: 'bf16' } });
  return { value: 'bf16', assumed: true };
}

/** What the bytes of a file that names no dtype stand on. */
function assumedDtype({ scheme, extras }: Checkpoint): Basis {
  if (extras.keptBytes === 0) return exact;
  // Published files of the format (openai/gpt-oss) hold everything else as BF16, and its kernels take nothing else.
  if (scheme === 'mxfp4') return { kind: 'rule', reasons: ['dtype-of-format'] };
  return { kind: 'approximate', reasons: ['dtype-assumed'] };
}

/** The model's own limit of context: its key of that meaning, in the config or in the part that generates text. */
function contextLimitOf(model: Model): number | null {
  const key = model.family.contextKey ?? 'max_position_embeddings';
  const own = model.config[key];
  if (typeof own === 'number' && own > 0) return own;
  for (const section of textSections) {
    const part = model.sections[section];
    const inner = part && findFamily(part.type);
    const value = part?.config[inner?.contextKey ?? 'max_position_embeddings'];
    if (typeof value === 'number' && value > 0) return value;
  }
  return null;
}
