import { depth, type Config } from '../../config/keys';
import { conv2d, layerNorm, linear, parameter, positions } from '../../modules/blocks';
import { module, repeat, type Module } from '../../modules/tree';

/** Keys of GLM-4V's `vision_config`, with the values of the published model. */
export const visionKeys = {
  in_channels: 3,
  patch_size: 14,
  hidden_size: 1792,
  intermediate_size: 15360,
  num_hidden_layers: depth(63),
  num_positions: 6401,
} as const;

/** EVA2-CLIP as GLM-4V holds it: encoder, a strided convolution onto the language model's width, and a gated projector. */
export function visionTower(c: Config<typeof visionKeys>, hidden: number, ffnHidden: number): Module {
  const width = c.hidden_size;
  return module(
    {
      patch_embedding: {
        proj: conv2d(c.in_channels, width, c.patch_size),
        cls_embedding: parameter(1, width),
        position_embedding: positions(c.num_positions, width),
      },
      transformer: {
        layers: repeat(c.num_hidden_layers, () => ({
          input_layernorm: layerNorm(width),
          attention: { query_key_value: linear(width, 3 * width, true), dense: linear(width, width, true) },
          mlp: { fc1: linear(width, c.intermediate_size, true), fc2: linear(c.intermediate_size, width, true) },
          post_attention_layernorm: layerNorm(width),
        })),
      },
      linear_proj: {
        linear_proj: linear(hidden, hidden),
        norm1: layerNorm(hidden),
        dense_h_to_4h: linear(hidden, ffnHidden),
        gate_proj: linear(hidden, ffnHidden),
        dense_4h_to_h: linear(ffnHidden, hidden),
      },
      conv: conv2d(width, hidden, 2),
      boi: parameter(1, 1, hidden),
      eoi: parameter(1, 1, hidden),
    },
    { component: 'vision' },
  );
}
