import type { JsonObject } from '../../config/json';
import { embedding, linear, positions, rmsNorm } from '../../modules/blocks';
import { layers, module, type Module, type Parts } from '../../modules/tree';
import { takeInventory } from '../../weights/inventory';
import { countParameters } from '../../weights/parameters';
import type { TakeForGranted } from './assumptions';
import { attentionOf, feedForwardOf, linearAttentionOf, shortConvolutionOf, stateSpaceOf } from './blocks';
import { planLayers, type LayerPlan } from './plan';
import { flagOf, realOf, sizeOf } from './read';
import { names, type Shape } from './shape';

/** The body of a decoder of this shape; what its config leaves open goes to `takeForGranted`. */
export function decoderBody(source: JsonObject, shape: Shape, bidirectional: boolean, takeForGranted: TakeForGranted): Parts {
  const stated = planLayers(source, shape);
  const plan = bidirectional ? stated.map((layer) => ({ ...layer, keeps: false })) : stated;
  const gated = isGated(source, shape);
  const inner = denseInner(source, shape, takeForGranted);
  takeForGranted(gated ? 'gated-feed-forward' : 'plain-feed-forward', shape.activation);
  takeForGranted('norms');
  if (!Object.entries(source).some(([key, value]) => /bias/.test(key) && typeof value === 'boolean')) takeForGranted('no-biases');
  if (!shape.latent && names.kvHeads.every((key) => source[key] === undefined)) takeForGranted('full-heads');
  const others = plan.filter(({ mixer }) => mixer !== 'full' && mixer !== 'sliding' && mixer !== 'none').length;
  if (others > 0) takeForGranted('other-mixers', others);
  if (bidirectional) takeForGranted('bidirectional');
  const table = positionTable(source, shape);
  takeForGranted(table === undefined ? 'no-position-table' : 'position-table', table);

  const sorts = new Map(plan.map((layer) => [JSON.stringify(layer), layer]));
  return {
    embed_tokens: embedding(shape.vocab, shape.width),
    embed_positions: table !== undefined && positions(table, shape.width),
    ...perLayerEmbedding(source, shape),
    layers: layers(
      plan.map((layer) => JSON.stringify(layer)),
      (key) => layerOf(source, shape, sorts.get(key) as LayerPlan, gated, inner),
    ),
    norm: rmsNorm(shape.width),
  };
}

function layerOf(source: JsonObject, shape: Shape, plan: LayerPlan, gated: boolean, inner: number): Parts {
  const perLayer = sizeOf(source, ['hidden_size_per_layer_input']);
  return {
    mixer: mixerOf(source, shape, plan),
    ssm: plan.mixer === 'parallel' && stateSpaceOf(source, shape),
    mlp: plan.feedForward !== 'none' && feedForwardOf(source, shape, plan, gated, inner),
    input_layernorm: rmsNorm(shape.width),
    post_attention_layernorm: plan.mixer !== 'none' && plan.feedForward !== 'none' && rmsNorm(shape.width),
    per_layer_input_gate: perLayer !== undefined && linear(shape.width, perLayer),
    per_layer_projection: perLayer !== undefined && linear(perLayer, shape.width),
  };
}

function mixerOf(source: JsonObject, shape: Shape, plan: LayerPlan): Module | false {
  switch (plan.mixer) {
    case 'none':
      return false;
    case 'linear':
      return linearAttentionOf(source, shape);
    case 'stateSpace':
      return stateSpaceOf(source, shape);
    case 'convolution':
      return shortConvolutionOf(source, shape);
    default:
      return attentionOf(source, shape, plan);
  }
}

/** Gemma 3n's and 4's embeddings of every token for every layer. */
function perLayerEmbedding(source: JsonObject, { width, depth }: Shape): Parts {
  const vocab = sizeOf(source, ['vocab_size_per_layer_input']);
  const size = sizeOf(source, ['hidden_size_per_layer_input']);
  if (vocab === undefined || size === undefined) return {};
  return { embed_tokens_per_layer: embedding(vocab, depth * size), per_layer_model_projection: linear(width, depth * size) };
}

/** Whether the feed-forward has a gate: by a key that says so, else by the activation and the norm that go with one. */
function isGated(source: JsonObject, { activation = '' }: Shape): boolean {
  const said = flagOf(source, ['gated_mlp', 'use_gated_mlp', 'mlp_gated', 'use_glu', 'is_gated_act']);
  if (said !== undefined) return said;
  if (/glu|silu|swish/.test(activation)) return true;
  const modern = source['rms_norm_eps'] !== undefined || source['norm_eps'] !== undefined;
  return modern && !/relu|xielu/.test(activation);
}

function denseInner(source: JsonObject, { width, inner }: Shape, takeForGranted: TakeForGranted): number {
  const stated = sizeOf(source, names.denseInner) ?? inner;
  if (stated !== undefined) return stated;
  const ratio = realOf(source, ['expansion_ratio', 'mlp_ratio', 'ffn_mult']);
  if (ratio !== undefined) return Math.max(1, Math.floor(ratio * width));
  takeForGranted('feed-forward-width', 4 * width);
  return 4 * width;
}

/** Longest table of positions that is taken for granted; longer contexts have been reached with rotary or relative ones only. */
const longestTable = 8192;

/** Length of the table of learned positions, which models of the GPT-2 and BERT line have and later ones do not. */
function positionTable(source: JsonObject, { context }: Shape): number | undefined {
  const relative = Object.keys(source).some((key) => /^(rope|rotary|alibi|relative|position_buckets|partial_rotary|no_rope)/.test(key));
  const kind = source['position_embedding_type'];
  const otherwise = source['rms_norm_eps'] !== undefined || (typeof kind === 'string' && !/absolute|learned/.test(kind));
  return relative || otherwise || context === undefined || context > longestTable ? undefined : context;
}

/** Share of the embedding in the rest of the model from which it pays to share it with the head. */
const tiedShare = 0.08;

/**
 * Whether the head shares the embedding's storage: as the config says, else as models of that size do. Either choice is off
 * by at most the embedding's share.
 */
export function isTied(root: JsonObject, source: JsonObject, shape: Shape, body: Parts, takeForGranted: TakeForGranted): boolean {
  const said = flagOf(root, ['tie_word_embeddings']) ?? flagOf(source, ['tie_word_embeddings', 'tie_embeddings']);
  if (said !== undefined) return said;
  const { total } = countParameters(takeInventory(module(body)));
  const table = shape.vocab * shape.width;
  const tied = table >= tiedShare * (total - table);
  takeForGranted(tied ? 'tied-head' : 'untied-head');
  return tied;
}
