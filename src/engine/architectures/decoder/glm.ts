import { depth } from '../../config/keys';
import { linear, rmsNorm } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat, type Parts } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { usualAttention, usualBody } from '../usualDecoder';

interface GlmSort {
  readonly type: string;
  readonly title: string;
  /** Norms that a layer has beyond the usual two. */
  readonly moreNorms: (hidden: number) => Parts;
}

const glmFamily = ({ type, title, moreNorms }: GlmSort) =>
  family({
    types: [type],
    title,
    source: `transformers models/${type}`,
    defaults: {
      vocab_size: 151552,
      hidden_size: 4096,
      intermediate_size: 13696,
      num_hidden_layers: depth(40),
      num_attention_heads: 32,
      num_key_value_heads: 2,
      head_dim: 128,
      attention_bias: true,
      max_position_embeddings: 131072,
      tie_word_embeddings: false,
    },
    body: (c) =>
      usualBody(
        c,
        repeat(c.num_hidden_layers, () => ({
          self_attn: usualAttention(c, { bias: c.attention_bias, outBias: false }),
          mlp: mlp({
            gate_up_proj: linear(c.hidden_size, 2 * c.intermediate_size),
            down_proj: linear(c.intermediate_size, c.hidden_size),
          }),
          input_layernorm: rmsNorm(c.hidden_size),
          post_attention_layernorm: rmsNorm(c.hidden_size),
          ...moreNorms(c.hidden_size),
        })),
      ),
    heads: decoderHeads(),
  });

export const glm = glmFamily({ type: 'glm', title: 'GLM-4', moreNorms: () => ({}) });

export const glm4 = glmFamily({
  type: 'glm4',
  title: 'GLM-4-0414',
  moreNorms: (hidden) => ({ post_self_attn_layernorm: rmsNorm(hidden), post_mlp_layernorm: rmsNorm(hidden) }),
});
