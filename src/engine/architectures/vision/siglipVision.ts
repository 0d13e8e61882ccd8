import { depth } from '../../config/keys';
import { attentionOutput, conv2d, layerNorm, linear, parameter, positions } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { tensor, type Parts } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';
import { visionLayers } from './visionTransformer';

interface TowerKeys {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_channels: number;
  readonly image_size: number;
  readonly patch_size: number;
}

const tower = (c: TowerKeys): Parts => ({
  embeddings: {
    patch_embedding: conv2d(c.num_channels, c.hidden_size, c.patch_size),
    position_embedding: positions(Math.floor(c.image_size / c.patch_size) ** 2, c.hidden_size),
  },
  encoder: { layers: visionLayers(c) },
  post_layernorm: layerNorm(c.hidden_size),
});

export const siglipVision = family({
  types: ['siglip_vision_model'],
  title: 'SigLIP vision',
  source: 'transformers models/siglip',
  defaults: {
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: depth(12),
    num_attention_heads: 12,
    num_channels: 3,
    image_size: 224,
    patch_size: 16,
    vision_use_head: true,
  },
  body: (c) => ({
    ...tower(c),
    // Pools all patches into one by attention; left out where every patch is used.
    head: c.vision_use_head && {
      probe: parameter(1, 1, c.hidden_size),
      // torch.nn.MultiheadAttention keeps query, key and value in one matrix.
      attention: {
        in_proj_weight: tensor([3 * c.hidden_size, c.hidden_size], 'linear'),
        in_proj_bias: tensor([3 * c.hidden_size], 'bias'),
        out_proj: attentionOutput(c.hidden_size),
      },
      layernorm: layerNorm(c.hidden_size),
      mlp: mlp({
        fc1: linear(c.hidden_size, c.intermediate_size, true),
        fc2: linear(c.intermediate_size, c.hidden_size, true),
      }),
    },
  }),
  heads: { Model: bareModel },
});

/** The same without pooling, inside Idefics3 and SmolVLM. */
export const idefics3Vision = family({
  types: ['idefics3_vision', 'smolvlm_vision'],
  title: 'Idefics3 vision',
  source: 'transformers models/idefics3',
  defaults: {
    hidden_size: 1152,
    intermediate_size: 3072,
    num_hidden_layers: depth(12),
    num_attention_heads: 16,
    num_channels: 3,
    image_size: 224,
    patch_size: 32,
  },
  body: tower,
  heads: { Model: bareModel },
});
