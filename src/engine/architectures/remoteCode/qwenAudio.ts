import { depth, type Config } from '../../config/keys';
import { buffer, conv1d, embedding, layerNorm, linear } from '../../modules/blocks';
import { module, repeat, type Module } from '../../modules/tree';

/** Keys of Qwen-Audio's `audio`, with the values of the published models. */
export const audioKeys = {
  n_mels: 80,
  n_ctx: 1500,
  n_state: 1280,
  n_layer: depth(32),
  output_dim: 4096,
  add_audio_bos_eos_token: true,
} as const;

/** The encoder of Whisper as Qwen-Audio holds it, with a projection to the language model and two learned marks. */
export function audioTower(c: Config<typeof audioKeys>): Module {
  const width = c.n_state;
  return module(
    {
      positional_embedding: buffer(c.n_ctx, width),
      conv1: conv1d(c.n_mels, width, 3),
      conv2: conv1d(width, width, 3),
      blocks: repeat(c.n_layer, () => ({
        attn: {
          query: linear(width, width, true),
          key: linear(width, width),
          value: linear(width, width, true),
          out: linear(width, width, true),
        },
        attn_ln: layerNorm(width),
        mlp: { '0': linear(width, 4 * width, true), '2': linear(4 * width, width, true) },
        mlp_ln: layerNorm(width),
      })),
      ln_post: layerNorm(width),
      proj: linear(width, c.output_dim, true),
      audio_bos_eos_token: c.add_audio_bos_eos_token && embedding(2, c.output_dim),
    },
    { component: 'audio' },
  );
}
