import { depth, real, type Config } from '../../config/keys';
import { attentionOutput, conv2d, layerNorm, linear, parameter } from '../../modules/blocks';
import { module, repeat, tensor, type Module } from '../../modules/tree';

/** Keys of Qwen-VL's `visual`, with the values of the published models. */
export const visualKeys = {
  image_size: 448,
  patch_size: 14,
  width: 1664,
  layers: depth(48),
  heads: 16,
  mlp_ratio: real(4.9231),
  n_queries: 256,
  output_dim: 4096,
} as const;

/** Positions of the encoder, whatever the image's size (they are interpolated). */
const encoderPositions = 256;

/** The vision transformer of Qwen-VL and the layer of cross attention that pools its output into `n_queries` tokens. */
export function visualTower(c: Config<typeof visualKeys>): Module {
  const inner = Math.floor(c.width * c.mlp_ratio);
  const queries = Math.floor(Math.sqrt(c.n_queries)) ** 2;
  const outer = c.output_dim;
  return module(
    {
      conv1: conv2d(3, c.width, c.patch_size, false),
      positional_embedding: tensor([encoderPositions, c.width], 'position'),
      ln_pre: layerNorm(c.width),
      transformer: {
        resblocks: repeat(c.layers, () => ({
          ln_1: layerNorm(c.width),
          ln_2: layerNorm(c.width),
          attn: { in_proj: linear(c.width, 3 * c.width, true), out_proj: linear(c.width, c.width, true) },
          mlp: { c_fc: linear(c.width, inner, true), c_proj: linear(inner, c.width, true) },
        })),
      },
      attn_pool: {
        pos_embed: tensor([queries, outer], 'position'),
        query: parameter(queries, outer),
        kv_proj: c.width !== outer && linear(c.width, outer),
        attn: {
          in_proj_weight: tensor([3 * outer, outer], 'linear'),
          in_proj_bias: tensor([3 * outer], 'bias'),
          out_proj: attentionOutput(outer),
        },
        ln_q: layerNorm(outer),
        ln_kv: layerNorm(outer),
      },
      ln_post: layerNorm(outer),
      proj: tensor([outer, outer], 'linear', { layout: 'in,out' }),
    },
    { component: 'vision' },
  );
}
