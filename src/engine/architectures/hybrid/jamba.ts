import { anything, count, depth, nullableSize } from '../../config/keys';
import { groupedQueryAttention } from '../../modules/attention';
import { embedding, rmsNorm, router } from '../../modules/blocks';
import { experts, gatedMlp } from '../../modules/mlp';
import { mambaMixer } from '../../modules/stateSpace';
import { layers } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { perLayer } from '../layerTypes';
import { headDim } from '../sharedKeys';
import { timeStepRank } from '../stateSpace/timeStepRank';

/** Lieber et al. 2024: one layer in a period attends, the others are Mamba; one in another period has experts. */
export const jamba = family({
  types: ['jamba'],
  title: 'Jamba',
  source: 'transformers models/jamba',
  settlesLayers: true,
  defaults: {
    vocab_size: 65536,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: nullableSize(8, 1),
    head_dim: headDim,
    num_experts: count(16),
    num_experts_per_tok: 2,
    expert_layer_period: 2,
    expert_layer_offset: count(1),
    attn_layer_period: 8,
    attn_layer_offset: count(4),
    mamba_d_state: 16,
    mamba_d_conv: 4,
    mamba_expand: 2,
    mamba_dt_rank: anything<unknown>('auto'),
    mamba_conv_bias: true,
    mamba_proj_bias: false,
    max_position_embeddings: 262144,
    tie_word_embeddings: false,
  },
  aliases: { num_local_experts: 'num_experts' },
  body: (c, build) => {
    const sorts = perLayer(c.num_hidden_layers, (index) => {
      const mixer = index % c.attn_layer_period === c.attn_layer_offset ? 'attention' : 'mamba';
      const sparse = c.num_experts > 1 && index % c.expert_layer_period === c.expert_layer_offset;
      return `${mixer} ${sparse ? 'sparse' : 'dense'}` as const;
    });
    const rank = timeStepRank(c.mamba_dt_rank, c.hidden_size, 'mamba_dt_rank', build);
    return {
      embed_tokens: embedding(c.vocab_size, c.hidden_size),
      layers: layers(sorts, (sort) => ({
        self_attn:
          sort.startsWith('attention') &&
          groupedQueryAttention({
            hidden: c.hidden_size,
            heads: c.num_attention_heads,
            kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
            headDim: c.head_dim,
          }),
        mamba:
          sort.startsWith('mamba') &&
          mambaMixer({
            hidden: c.hidden_size,
            inner: c.mamba_expand * c.hidden_size,
            state: c.mamba_d_state,
            kernel: c.mamba_d_conv,
            rank,
            bias: c.mamba_proj_bias,
            convBias: c.mamba_conv_bias,
            more: { dt_layernorm: rmsNorm(rank), b_layernorm: rmsNorm(c.mamba_d_state), c_layernorm: rmsNorm(c.mamba_d_state) },
          }),
        feed_forward: sort.endsWith('sparse')
          ? {
              router: router(c.hidden_size, c.num_experts),
              experts: experts(c.num_experts, c.num_experts_per_tok, gatedMlp(c.hidden_size, c.intermediate_size)),
            }
          : gatedMlp(c.hidden_size, c.intermediate_size),
        input_layernorm: rmsNorm(c.hidden_size),
        pre_ff_layernorm: rmsNorm(c.hidden_size),
      })),
      final_layernorm: rmsNorm(c.hidden_size),
    };
  },
  heads: decoderHeads(),
});
