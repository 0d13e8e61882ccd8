import { depth } from '../../config/keys';
import { attention } from '../../modules/attention';
import { layerNorm, linear, parameter } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat, tensor } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';

/** The tower of Llama 4; its adapter joins squares of patches. */
export const llama4Vision = family({
  types: ['llama4_vision_model'],
  title: 'Llama 4 vision',
  source: 'transformers models/llama4',
  defaults: {
    hidden_size: 768,
    intermediate_size: 5632,
    num_hidden_layers: depth(34),
    num_attention_heads: 16,
    num_channels: 3,
    image_size: 448,
    patch_size: 14,
    projector_input_dim: 4096,
    projector_output_dim: 4096,
    vision_output_dim: 7680,
  },
  body: (c) => {
    const inner = Math.floor(c.hidden_size / c.num_attention_heads) * c.num_attention_heads;
    return {
      class_embedding: parameter(c.hidden_size),
      // One position per patch and one for the class.
      positional_embedding_vlm: tensor([Math.floor(c.image_size / c.patch_size) ** 2 + 1, c.hidden_size], 'position'),
      patch_embedding: { linear: linear(c.num_channels * c.patch_size ** 2, c.hidden_size) },
      layernorm_pre: layerNorm(c.hidden_size),
      layernorm_post: layerNorm(c.hidden_size),
      model: {
        layers: repeat(c.num_hidden_layers, () => ({
          self_attn: attention({
            q_proj: linear(c.hidden_size, inner, true),
            k_proj: linear(c.hidden_size, inner, true),
            v_proj: linear(c.hidden_size, inner, true),
            o_proj: linear(inner, c.hidden_size, true),
          }),
          mlp: mlp({
            fc1: linear(c.hidden_size, c.intermediate_size, true),
            fc2: linear(c.intermediate_size, c.hidden_size, true),
          }),
          input_layernorm: layerNorm(c.hidden_size),
          post_attention_layernorm: layerNorm(c.hidden_size),
        })),
      },
      vision_adapter: {
        mlp: mlp({
          fc1: linear(c.intermediate_size, c.projector_input_dim),
          fc2: linear(c.projector_output_dim, c.projector_output_dim),
        }),
      },
    };
  },
  heads: { Model: bareModel },
});
