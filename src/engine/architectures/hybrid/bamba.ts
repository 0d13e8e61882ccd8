import { anything, count, depth } from '../../config/keys';
import { embedding, rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { mamba2Mixer } from '../../modules/stateSpace';
import { layers, type Module } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { perLayer } from '../layerTypes';
import { headDim } from '../sharedKeys';
import { usualAttention } from '../usualDecoder';

/** Keys of a Mamba-2 mixer as Bamba and Granite 4 name them. */
export const bambaMixerKeys = {
  mamba_n_heads: 128,
  mamba_n_groups: count(1),
  mamba_d_state: 256,
  mamba_d_conv: 4,
  mamba_expand: 2,
  mamba_conv_bias: true,
  mamba_proj_bias: false,
};

type MixerKeys = Readonly<
  Record<'hidden_size' | 'mamba_n_heads' | 'mamba_n_groups' | 'mamba_d_state' | 'mamba_d_conv' | 'mamba_expand', number> &
    Record<'mamba_conv_bias' | 'mamba_proj_bias', boolean>
>;

/** Mamba-2 with a gated norm (modeling_bamba.py, BambaMixer). */
export const bambaMixer = (c: MixerKeys): Module =>
  mamba2Mixer({
    hidden: c.hidden_size,
    inner: c.mamba_expand * c.hidden_size,
    heads: c.mamba_n_heads,
    groups: c.mamba_n_groups,
    state: c.mamba_d_state,
    kernel: c.mamba_d_conv,
    bias: c.mamba_proj_bias,
    convBias: c.mamba_conv_bias,
    norm: true,
  });

export const bamba = family({
  types: ['bamba'],
  title: 'Bamba',
  source: 'transformers models/bamba',
  settlesLayers: true,
  defaults: {
    vocab_size: 128000,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: headDim,
    attention_bias: false,
    mlp_bias: false,
    // Numbers of the layers that attend.
    attn_layer_indices: anything<unknown>(null),
    ...bambaMixerKeys,
    max_position_embeddings: 262144,
    tie_word_embeddings: false,
  },
  body: (c) => {
    const attending = new Set<unknown>(Array.isArray(c.attn_layer_indices) ? c.attn_layer_indices : []);
    return {
      embed_tokens: embedding(c.vocab_size, c.hidden_size),
      layers: layers(
        perLayer(c.num_hidden_layers, (index) => attending.has(index)),
        (attends) => ({
          feed_forward: gatedMlp(c.hidden_size, c.intermediate_size, c.mlp_bias),
          self_attn: attends && usualAttention(c, { bias: c.attention_bias }),
          mamba: !attends && bambaMixer(c),
          input_layernorm: rmsNorm(c.hidden_size),
          pre_ff_layernorm: rmsNorm(c.hidden_size),
        }),
      ),
      final_layernorm: rmsNorm(c.hidden_size),
    };
  },
  heads: decoderHeads(),
});
