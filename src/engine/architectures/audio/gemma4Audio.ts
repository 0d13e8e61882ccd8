import { anything, depth } from '../../config/keys';
import { attention } from '../../modules/attention';
import { linear, parameter, rmsNorm } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat, tensor, type Module } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';
import { boundedLinear } from '../vision/gemma4Vision';

/** A Conformer: two halves of a feed-forward around attention and a light convolution. */
export const gemma4Audio = family({
  types: ['gemma4_audio'],
  title: 'Gemma 4 audio',
  source: 'transformers models/gemma4',
  defaults: {
    hidden_size: 1024,
    num_hidden_layers: depth(12),
    num_attention_heads: 8,
    conv_kernel_size: 5,
    subsampling_conv_channels: anything<unknown>(null),
    output_proj_dims: 1536,
    use_clipped_linears: true,
  },
  body: (c) => {
    const width = c.hidden_size;
    const headDim = Math.floor(width / c.num_attention_heads);
    const heads = headDim * c.num_attention_heads;
    const stated: readonly unknown[] = Array.isArray(c.subsampling_conv_channels) ? (c.subsampling_conv_channels as unknown[]) : [];
    const [first = 128, second = 32] = stated.filter((each): each is number => typeof each === 'number');
    const line = (from: number, to: number): Module => boundedLinear(from, to, c.use_clipped_linears);
    const convolution = (shape: readonly number[]) => ({ weight: tensor(shape, 'convolution') });
    const feedForward = () =>
      mlp({
        ffw_layer_1: line(width, 4 * width),
        ffw_layer_2: line(4 * width, width),
        pre_layer_norm: rmsNorm(width),
        post_layer_norm: rmsNorm(width),
      });
    return {
      subsample_conv_projection: {
        layer0: { conv: convolution([first, 1, 3, 3]), norm: rmsNorm(first) },
        layer1: { conv: convolution([second, first, 3, 3]), norm: rmsNorm(second) },
        input_proj_linear: linear(Math.floor(first / 4) * second, width),
      },
      layers: repeat(c.num_hidden_layers, () => ({
        feed_forward1: feedForward(),
        feed_forward2: feedForward(),
        self_attn: attention({
          per_dim_scale: parameter(headDim),
          q_proj: line(width, heads),
          k_proj: line(width, heads),
          v_proj: line(width, heads),
          post: line(width, width),
          relative_k_proj: linear(width, heads),
        }),
        lconv1d: {
          linear_start: line(width, 2 * width),
          linear_end: line(width, width),
          depthwise_conv1d: convolution([width, 1, c.conv_kernel_size]),
          pre_layer_norm: rmsNorm(width),
          conv_norm: rmsNorm(width),
        },
        norm_pre_attn: rmsNorm(width),
        norm_post_attn: rmsNorm(width),
        norm_out: rmsNorm(width),
      })),
      output_proj: linear(width, c.output_proj_dims, true),
    };
  },
  heads: { Model: bareModel },
});
