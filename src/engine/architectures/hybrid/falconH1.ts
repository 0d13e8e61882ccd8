import { count, depth, nullableSize } from '../../config/keys';
import { groupedQueryAttention } from '../../modules/attention';
import { embedding, rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { mamba2Mixer } from '../../modules/stateSpace';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim } from '../sharedKeys';

/** Every layer attends and mixes by Mamba-2 side by side. */
export const falconH1 = family({
  types: ['falcon_h1'],
  title: 'Falcon-H1',
  source: 'transformers models/falcon_h1',
  settlesLayers: true,
  defaults: {
    vocab_size: 128000,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: nullableSize(8, 1),
    head_dim: headDim,
    attention_bias: false,
    mlp_bias: false,
    // Null: mamba_expand times the width.
    mamba_d_ssm: nullableSize(1024, 1),
    mamba_expand: 2,
    mamba_n_heads: 128,
    mamba_n_groups: count(1),
    mamba_d_state: 256,
    mamba_d_conv: 4,
    mamba_conv_bias: true,
    mamba_proj_bias: false,
    mamba_rms_norm: false,
    projectors_bias: false,
    max_position_embeddings: 8192,
    tie_word_embeddings: false,
  },
  body: (c) => ({
    embed_tokens: embedding(c.vocab_size, c.hidden_size),
    layers: repeat(c.num_hidden_layers, () => ({
      feed_forward: gatedMlp(c.hidden_size, c.intermediate_size, c.mlp_bias),
      mamba: mamba2Mixer({
        hidden: c.hidden_size,
        inner: c.mamba_d_ssm ?? c.mamba_expand * c.hidden_size,
        heads: c.mamba_n_heads,
        groups: c.mamba_n_groups,
        state: c.mamba_d_state,
        kernel: c.mamba_d_conv,
        bias: c.mamba_proj_bias,
        outBias: c.projectors_bias,
        convBias: c.mamba_conv_bias,
        norm: c.mamba_rms_norm,
      }),
      self_attn: groupedQueryAttention({
        hidden: c.hidden_size,
        heads: c.num_attention_heads,
        kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
        headDim: c.head_dim,
        bias: c.attention_bias,
      }),
      input_layernorm: rmsNorm(c.hidden_size),
      pre_ff_layernorm: rmsNorm(c.hidden_size),
    })),
    final_layernorm: rmsNorm(c.hidden_size),
  }),
  heads: decoderHeads(),
});
