import { anything, depth, type Config } from '../../config/keys';
import { attention } from '../../modules/attention';
import { conv3d, layerNorm, linear, positions } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat, type Parts } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';

const defaults = {
  depth: depth(27),
  hidden_size: 1152,
  intermediate_size: 4304,
  num_heads: 16,
  in_channels: 3,
  patch_size: 16,
  spatial_merge_size: 2,
  temporal_patch_size: 2,
  out_hidden_size: 3584,
  num_position_embeddings: 2304,
};
const aliases = { num_attention_heads: 'num_heads', num_hidden_layers: 'depth' };
type Keys = Config<typeof defaults>;

/** Squares of patches become one token of the language model; the norm is over a patch, or over the square. */
function merger(c: Keys, overSquare: boolean): Parts {
  const merged = c.hidden_size * c.spatial_merge_size ** 2;
  return {
    norm: layerNorm(overSquare ? merged : c.hidden_size),
    linear_fc1: linear(merged, merged, true),
    linear_fc2: linear(merged, c.out_hidden_size, true),
  };
}

const tower = (c: Keys): Parts => ({
  patch_embed: { proj: conv3d(c.in_channels, c.hidden_size, [c.temporal_patch_size, c.patch_size, c.patch_size]) },
  pos_embed: positions(c.num_position_embeddings, c.hidden_size),
  blocks: repeat(c.depth, () => ({
    norm1: layerNorm(c.hidden_size),
    norm2: layerNorm(c.hidden_size),
    attn: attention({ qkv: linear(c.hidden_size, 3 * c.hidden_size, true), proj: linear(c.hidden_size, c.hidden_size, true) }),
    mlp: mlp({
      linear_fc1: linear(c.hidden_size, c.intermediate_size, true),
      linear_fc2: linear(c.intermediate_size, c.hidden_size, true),
    }),
  })),
  merger: merger(c, false),
});

/** The tower of Qwen3.5: learned positions, and squares of patches merged into one token of the language model. */
export const qwen35Vision = family({
  types: ['qwen3_5_vision', 'qwen3_5_moe_vision'],
  title: 'Qwen3.5 vision',
  source: 'transformers models/qwen3_5',
  defaults,
  aliases,
  body: tower,
  heads: { Model: bareModel },
});

/** Layers of the tower whose output goes into the first layers of the language model: one of each stated number. */
const tapped = (stated: unknown, c: Keys): number => (Array.isArray(stated) ? Math.min(stated.length, c.depth) : 3);

/** The same with features of some of its layers merged apart ("DeepStack", arXiv 2406.04334). */
export const qwen3VlVision = family({
  types: ['qwen3_vl_vision', 'qwen3_vl_moe_vision'],
  title: 'Qwen3-VL vision',
  source: 'transformers models/qwen3_vl',
  defaults: { ...defaults, deepstack_visual_indexes: anything<unknown>(null) },
  aliases,
  body: (c) => ({ ...tower(c), deepstack_merger_list: repeat(tapped(c.deepstack_visual_indexes, c), () => merger(c, true)) }),
  heads: { Model: bareModel },
});
