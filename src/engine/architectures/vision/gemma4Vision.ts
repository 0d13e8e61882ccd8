import { depth } from '../../config/keys';
import { attention } from '../../modules/attention';
import { buffer, linear, rmsNorm } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { module, repeat, tensor, type Module } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';

/** A linear layer that may have bounds of what goes in and comes out, which files hold as scalars. */
export const boundedLinear = (inFeatures: number, outFeatures: number, bounded: boolean): Module =>
  module({
    linear: linear(inFeatures, outFeatures),
    ...(bounded && { input_min: buffer(), input_max: buffer(), output_min: buffer(), output_max: buffer() }),
  });

export const gemma4Vision = family({
  types: ['gemma4_vision'],
  title: 'Gemma 4 vision',
  source: 'transformers models/gemma4',
  defaults: {
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: depth(16),
    num_attention_heads: 12,
    num_key_value_heads: 12,
    head_dim: 64,
    patch_size: 16,
    position_embedding_size: 10240,
    use_clipped_linears: false,
    standardize: false,
  },
  body: (c) => {
    const line = (from: number, to: number): Module => boundedLinear(from, to, c.use_clipped_linears);
    const [width, heads, keys] = [c.hidden_size, c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim];
    return {
      patch_embedder: {
        // A table for each direction.
        position_embedding_table: tensor([2, c.position_embedding_size, width], 'position'),
        input_proj: linear(3 * c.patch_size ** 2, width),
      },
      encoder: {
        layers: repeat(c.num_hidden_layers, () => ({
          self_attn: attention({
            q_proj: line(width, heads),
            k_proj: line(width, keys),
            v_proj: line(width, keys),
            o_proj: line(heads, width),
            q_norm: rmsNorm(c.head_dim),
            k_norm: rmsNorm(c.head_dim),
          }),
          mlp: mlp({
            gate_proj: line(width, c.intermediate_size),
            up_proj: line(width, c.intermediate_size),
            down_proj: line(c.intermediate_size, width),
          }),
          input_layernorm: rmsNorm(width),
          post_attention_layernorm: rmsNorm(width),
          pre_feedforward_layernorm: rmsNorm(width),
          post_feedforward_layernorm: rmsNorm(width),
        })),
      },
      ...(c.standardize && { std_bias: buffer(width), std_scale: buffer(width) }),
    };
  },
  heads: { Model: bareModel },
});
