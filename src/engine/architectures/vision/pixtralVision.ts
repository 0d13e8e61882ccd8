import { depth } from '../../config/keys';
import { attention } from '../../modules/attention';
import { conv2d, linear, rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';

export const pixtralVision = family({
  types: ['pixtral'],
  title: 'Pixtral vision',
  source: 'transformers models/pixtral',
  defaults: {
    hidden_size: 1024,
    intermediate_size: 4096,
    num_hidden_layers: depth(24),
    num_attention_heads: 16,
    num_channels: 3,
    patch_size: 16,
  },
  body: (c) => ({
    patch_conv: conv2d(c.num_channels, c.hidden_size, c.patch_size, false),
    ln_pre: rmsNorm(c.hidden_size),
    transformer: {
      layers: repeat(c.num_hidden_layers, () => ({
        attention_norm: rmsNorm(c.hidden_size),
        feed_forward: gatedMlp(c.hidden_size, c.intermediate_size),
        attention: attention({
          k_proj: linear(c.hidden_size, c.hidden_size),
          v_proj: linear(c.hidden_size, c.hidden_size),
          q_proj: linear(c.hidden_size, c.hidden_size),
          o_proj: linear(c.hidden_size, c.hidden_size),
        }),
        ffn_norm: rmsNorm(c.hidden_size),
      })),
    },
  }),
  heads: { Model: bareModel },
});
