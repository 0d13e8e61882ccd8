import { brief, isList, isObject, type JsonObject } from '../config/json';
import { count } from '../config/keys';
import type { ConfigPath, FindingSink } from '../findings';
import { maxDimension, maxLayers } from '../limits';
import { lmHead, taskHead } from '../modules/blocks';
import { module, type Parts } from '../modules/tree';
import { assumptionsIn, type TakeForGranted } from './approximate/assumptions';
import { decoderBody, isTied } from './approximate/decoder';
import { otherSections, textSectionOf, visionOf, visionSectionOf } from './approximate/parts';
import { names, readShape, type Shape } from './approximate/shape';
import { family, type Build, type Family, type Head } from './family';
import { bareModel, labelsOf } from './heads';
import { findFamily } from './registry';

/**
 * The family that stands in for an unknown model type with a decoder's shape: built from the dimensions that the config
 * states under any of the usual names, at its top level or in its section for text. What the config does not say is
 * assumed, and each assumption is a finding. `undefined`, with a finding that names the missing keys, where the shape is not
 * there. The basis is always approximate.
 */
export function approximateFamily(root: JsonObject, sink: FindingSink): Family | undefined {
  const title = nameOf(root).slice(0, 80);
  const sectionKey = textSectionOf(root);
  const section = sectionKey === undefined ? undefined : (root[sectionKey] as JsonObject);
  const known = typeof section?.['model_type'] === 'string' && findFamily(section['model_type']) !== undefined;
  const atTop = readShape(root);
  const source = section !== undefined && (known || 'missing' in atTop) ? section : root;
  const path: ConfigPath = source === root || sectionKey === undefined ? [] : [sectionKey];
  const takeForGranted = assumptionsIn(sink, ['model_type']);

  const shape = source === root ? atTop : readShape(source);
  const incomplete = 'missing' in shape && !known ? shape : { missing: [], unusable: [] };
  const otherKind = kindOtherThanDecoder(root, source);
  if (otherKind !== undefined) {
    sink.add({ code: 'not-a-decoder', severity: 'warning', path, values: { modelType: title, kind: otherKind } });
    return undefined;
  }
  if (incomplete.missing.length > 0) {
    for (const key of incomplete.unusable)
      sink.add({
        code: 'invalid-value',
        severity: 'error',
        path: [...path, key],
        values: { expected: `integer 1..${isDepth(key) ? maxLayers : maxDimension}`, found: brief(source[key]), assumed: null },
      });
    sink.add({ code: 'shape-incomplete', severity: 'warning', path, values: { missing: incomplete.missing.join(', ') } });
    return undefined;
  }
  sink.add({ code: 'unknown-model-type', severity: 'warning', path: ['model_type'], values: { modelType: title } });
  for (const key of furtherTokens) if (isCount(source[key])) takeForGranted('part-not-counted', key);
  if (known && sectionKey !== undefined) return composite(root, sectionKey, title, takeForGranted);
  return 'missing' in shape ? undefined : decoder(root, source, shape, title, takeForGranted);
}

const isDepth = (key: string): boolean => (names.depth as readonly string[]).includes(key);

/** Layers that predict further tokens: in many published checkpoints, but no part of the model that transformers builds. */
const furtherTokens = ['num_nextn_predict_layers', 'mtp_num_hidden_layers', 'num_mtp_modules', 'num_mtp_layers'] as const;
const isCount = (value: unknown): boolean => typeof value === 'number' && value > 0;

/** The model type, else the class, as the file names it. */
function nameOf(root: JsonObject): string {
  const classes = root['architectures'];
  const named = [root['model_type'], isList(classes) ? classes[0] : undefined].find((name) => typeof name === 'string' && name !== '');
  return typeof named === 'string' ? named : 'unknown';
}

/** Marks of models that are no decoders although they may have all of its dimensions. */
function kindOtherThanDecoder(root: JsonObject, source: JsonObject): 'encoder-decoder' | 'tower' | undefined {
  const twoStacks = ['encoder_layers', 'encoder_attention_heads', 'encoder_ffn_dim', 'num_encoder_layers', 'num_decoder_layers'];
  if (root['is_encoder_decoder'] === true || source['is_encoder_decoder'] === true || twoStacks.some((key) => source[key] !== undefined))
    return 'encoder-decoder';
  const contrastive = root['logit_scale_init_value'] !== undefined;
  const hearing = ['conv_dim', 'feat_extract_norm', 'num_mel_bins'].some((key) => source[key] !== undefined);
  return contrastive || hearing ? 'tower' : undefined;
}

/** Marks of text encoders in the line of BERT. */
const isEncoder = (root: JsonObject, source: JsonObject): boolean =>
  source['type_vocab_size'] !== undefined ||
  source['projection_dim'] !== undefined ||
  (isList(root['architectures']) &&
    root['architectures'].some(
      (name) => typeof name === 'string' && /For(?:MaskedLM|PreTraining|MultipleChoice|NextSentencePrediction)$/.test(name),
    ));

interface HeadSizes {
  readonly hidden: number;
  readonly vocab: number;
  readonly tied: boolean;
}

const unknown = {
  types: [],
  source: 'the dimensions that the config states',
  basis: { kind: 'approximate', reasons: ['unknown-model-type'] },
} as const;

function decoder(root: JsonObject, source: JsonObject, shape: Shape, title: string, takeForGranted: TakeForGranted): Family {
  const encodes = isEncoder(root, source);
  const body = decoderBody(source, shape, encodes, takeForGranted);
  const sizes: HeadSizes = { hidden: shape.width, vocab: shape.vocab, tied: isTied(root, source, shape, body, takeForGranted) };
  return family({
    ...unknown,
    title,
    defaults: { context_limit: count(shape.context ?? 0) },
    contextKey: 'context_limit',
    body: (_c, build) => ({ ...body, ...towers(root, shape.width, build, takeForGranted) }),
    heads: headsOf(() => sizes, encodes),
  });
}

/** An unknown composite whose language model is of a known type: that part is the family's own. */
function composite(root: JsonObject, sectionKey: string, title: string, takeForGranted: TakeForGranted): Family {
  const textOf = (build: Build) => build.part(root[sectionKey] as JsonObject, 'llama', sectionKey);
  const sizesOf = (build: Build): HeadSizes => {
    const { config } = textOf(build);
    const size = (key: string): number => (typeof config[key] === 'number' ? config[key] : 0);
    const said = root['tie_word_embeddings'] ?? config['tie_word_embeddings'];
    return { hidden: size('hidden_size'), vocab: size('vocab_size'), tied: said === true };
  };
  return family({
    ...unknown,
    title,
    defaults: {},
    body: (_c, build) => ({ ...textOf(build).parts, ...towers(root, sizesOf(build).hidden, build, takeForGranted) }),
    heads: headsOf(sizesOf),
  });
}

/** The parts of a composite beside its language model: a vision tower where its section states one; others are left out, and said. */
function towers(root: JsonObject, hidden: number, build: Build, takeForGranted: TakeForGranted): Parts {
  const leaveOut = (key: string): false => {
    takeForGranted('part-not-counted', key);
    build.approximate('part-not-counted');
    return false;
  };
  for (const key of otherSections(root)) leaveOut(key);
  const key = visionSectionOf(root);
  const section = key === undefined ? undefined : root[key];
  if (key === undefined || !isObject(section)) return {};
  const type = section['model_type'];
  if (typeof type === 'string' && findFamily(type))
    return { vision_tower: module(build.part(section, type, key).parts, { component: 'vision' }) };
  const tower = visionOf(section, hidden);
  if (!tower) return { vision_tower: leaveOut(key) };
  takeForGranted('vision-tower', key);
  return { vision_tower: tower };
}

/** The first of them is taken where the file names no class: an encoder's predicts masked tokens. */
function headsOf(sizesOf: (build: Build) => HeadSizes, encodes = false): Readonly<Record<string, Head<object>>> {
  const generating: Head<object> = (_c, body, build) => {
    const { hidden, vocab, tied } = sizesOf(build);
    return { model: body, lm_head: lmHead(hidden, vocab, tied && 'model.embed_tokens.weight') };
  };
  const classifying: Head<object> = (c, body, build) => ({ model: body, score: taskHead(sizesOf(build).hidden, labelsOf(c)) });
  return {
    ...(encodes ? { ForMaskedLM: generating } : {}),
    ForCausalLM: generating,
    ForConditionalGeneration: generating,
    ForMaskedLM: generating,
    LMHeadModel: generating,
    ForSequenceClassification: classifying,
    ForTokenClassification: classifying,
    ForQuestionAnswering: (_c, body, build) => ({ model: body, qa_outputs: taskHead(sizesOf(build).hidden, 2) }),
    Model: bareModel,
  };
}
