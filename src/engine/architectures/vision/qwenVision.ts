import { depth } from '../../config/keys';
import { attention } from '../../modules/attention';
import { conv3d, layerNorm, linear, rmsNorm, sequential } from '../../modules/blocks';
import { gatedMlp, mlp } from '../../modules/mlp';
import { module, repeat, type Module } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';

/** What the towers of Qwen2-VL and Qwen2.5-VL call alike. */
const shared = { num_heads: 16, in_channels: 3, patch_size: 14, spatial_merge_size: 2, temporal_patch_size: 2 } as const;
const aliases = { num_attention_heads: 'num_heads', num_hidden_layers: 'depth' } as const;

interface PatchKeys {
  readonly in_channels: number;
  readonly patch_size: number;
  readonly temporal_patch_size: number;
}
const patchEmbedding = (c: PatchKeys, width: number): Module =>
  module({ proj: conv3d(c.in_channels, width, [c.temporal_patch_size, c.patch_size, c.patch_size], false) });

const fusedAttention = (width: number): Module => attention({ qkv: linear(width, 3 * width, true), proj: linear(width, width, true) });

/** Joins a square of patches into one token of the language model. */
const merger = (norm: Module, width: number, side: number, out: number): Module =>
  module({
    ln_q: norm,
    mlp: sequential(linear(width * side ** 2, width * side ** 2, true), undefined, linear(width * side ** 2, out, true)),
  });

export const qwen2VlVision = family({
  types: ['qwen2_vl_vision'],
  title: 'Qwen2-VL vision',
  source: 'transformers models/qwen2_vl',
  // hidden_size is the width of the language model here; embed_dim is the tower's own.
  defaults: { ...shared, depth: depth(32), embed_dim: 1280, hidden_size: 3584, mlp_ratio: 4 },
  aliases,
  body: (c) => ({
    patch_embed: patchEmbedding(c, c.embed_dim),
    blocks: repeat(c.depth, () => ({
      norm1: layerNorm(c.embed_dim),
      norm2: layerNorm(c.embed_dim),
      attn: fusedAttention(c.embed_dim),
      mlp: mlp({
        fc1: linear(c.embed_dim, c.embed_dim * c.mlp_ratio, true),
        fc2: linear(c.embed_dim * c.mlp_ratio, c.embed_dim, true),
      }),
    })),
    merger: merger(layerNorm(c.embed_dim), c.embed_dim, c.spatial_merge_size, c.hidden_size),
  }),
  heads: { Model: bareModel },
});

export const qwen25VlVision = family({
  types: ['qwen2_5_vl_vision'],
  title: 'Qwen2.5-VL vision',
  source: 'transformers models/qwen2_5_vl',
  defaults: { ...shared, depth: depth(32), hidden_size: 3584, intermediate_size: 3420, out_hidden_size: 3584 },
  aliases,
  body: (c) => ({
    patch_embed: patchEmbedding(c, c.hidden_size),
    blocks: repeat(c.depth, () => ({
      norm1: rmsNorm(c.hidden_size),
      norm2: rmsNorm(c.hidden_size),
      attn: fusedAttention(c.hidden_size),
      mlp: gatedMlp(c.hidden_size, c.intermediate_size, true),
    })),
    merger: merger(rmsNorm(c.hidden_size), c.hidden_size, c.spatial_merge_size, c.out_hidden_size),
  }),
  heads: { Model: bareModel },
});
