import { depth } from '../../config/keys';
import { conv2d, layerNorm, linear, parameter, positions } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { tensor } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';
import { visionLayers } from './visionTransformer';

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
    embeddings: {
      patch_embedding: conv2d(c.num_channels, c.hidden_size, c.patch_size),
      position_embedding: positions(Math.floor(c.image_size / c.patch_size) ** 2, c.hidden_size),
    },
    encoder: { layers: visionLayers(c) },
    post_layernorm: layerNorm(c.hidden_size),
    // Pools all patches into one by attention; left out where every patch is used.
    head: c.vision_use_head && {
      probe: parameter(1, 1, c.hidden_size),
      // torch.nn.MultiheadAttention keeps query, key and value in one matrix.
      attention: {
        in_proj_weight: tensor([3 * c.hidden_size, c.hidden_size], 'linear'),
        in_proj_bias: tensor([3 * c.hidden_size], 'bias'),
        out_proj: linear(c.hidden_size, c.hidden_size, true),
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
