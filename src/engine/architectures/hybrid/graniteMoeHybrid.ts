import { anything, count, depth } from '../../config/keys';
import { linear, rmsNorm } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { layers } from '../../modules/tree';
import { fusedExperts } from '../decoder/graniteMoe';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention, usualBody } from '../usualDecoder';
import { bambaMixer, bambaMixerKeys } from './bamba';

/** Granite 4: layers of Mamba-2 and of attention, each with a dense feed-forward beside its experts, or without experts. */
export const graniteMoeHybrid = family({
  types: ['granitemoehybrid'],
  title: 'Granite 4 hybrid',
  source: 'transformers models/granitemoehybrid',
  settlesLayers: true,
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    num_local_experts: count(8),
    num_experts_per_tok: count(2),
    shared_intermediate_size: 1024,
    layer_types: anything<unknown>(null),
    ...bambaMixerKeys,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  aliases: { layers_block_type: 'layer_types' },
  body: (c, build) => {
    const mixers = layerTypes<'linear_attention' | 'full_attention'>(
      c.layer_types,
      c.num_hidden_layers,
      ['linear_attention', 'full_attention'],
      () => 'linear_attention',
      build,
    );
    return usualBody(
      c,
      layers(mixers, (mixer) => ({
        self_attn: mixer === 'full_attention' && usualAttention(c, { bias: c.attention_bias }),
        mamba: mixer === 'linear_attention' && bambaMixer(c),
        block_sparse_moe: c.num_local_experts > 0 && fusedExperts(c),
        shared_mlp: mlp({
          input_linear: linear(c.hidden_size, 2 * c.shared_intermediate_size),
          output_linear: linear(c.shared_intermediate_size, c.hidden_size),
        }),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    );
  },
  heads: decoderHeads(),
});
