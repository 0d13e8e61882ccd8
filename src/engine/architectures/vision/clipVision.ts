import { depth } from '../../config/keys';
import { conv2d, layerNorm, parameter, positions } from '../../modules/blocks';
import { family } from '../family';
import { bareModel } from '../heads';
import { visionLayers } from './visionTransformer';

export const clipVision = family({
  types: ['clip_vision_model'],
  title: 'CLIP vision',
  source: 'transformers models/clip',
  defaults: {
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: depth(12),
    num_attention_heads: 12,
    num_channels: 3,
    image_size: 224,
    patch_size: 32,
  },
  body: (c) => ({
    embeddings: {
      class_embedding: parameter(c.hidden_size),
      patch_embedding: conv2d(c.num_channels, c.hidden_size, c.patch_size, false),
      // One position per patch and one for the class.
      position_embedding: positions(Math.floor(c.image_size / c.patch_size) ** 2 + 1, c.hidden_size),
    },
    // Spelt so in the checkpoints.
    pre_layrnorm: layerNorm(c.hidden_size),
    encoder: { layers: visionLayers(c) },
    post_layernorm: layerNorm(c.hidden_size),
  }),
  heads: { Model: bareModel },
});
