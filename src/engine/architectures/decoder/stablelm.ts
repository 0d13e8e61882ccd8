import { depth } from '../../config/keys';
import { embedding, layerNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { groupedQueryAttention } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';

export const stablelm = family({
  types: ['stablelm'],
  title: 'StableLM',
  source: 'transformers models/stablelm',
  defaults: {
    vocab_size: 50304,
    hidden_size: 2560,
    intermediate_size: 6912,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: 32,
    use_qkv_bias: false,
    qk_layernorm: false,
    use_parallel_residual: false,
    max_position_embeddings: 4096,
    tie_word_embeddings: false,
  },
  body: (c) => {
    const headDim = Math.floor(c.hidden_size / c.num_attention_heads);
    /** Each head has a norm of its own. */
    const headNorms = (heads: number) => c.qk_layernorm && { norms: repeat(heads, () => layerNorm(headDim, false)) };
    return {
      embed_tokens: embedding(c.vocab_size, c.hidden_size),
      layers: repeat(c.num_hidden_layers, () => ({
        self_attn: groupedQueryAttention({
          hidden: c.hidden_size,
          heads: c.num_attention_heads,
          kvHeads: c.num_key_value_heads,
          headDim,
          bias: c.use_qkv_bias,
          outBias: false,
          more: { q_layernorm: headNorms(c.num_attention_heads), k_layernorm: headNorms(c.num_key_value_heads) },
        }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        input_layernorm: layerNorm(c.hidden_size),
        // In parallel, attention and feed-forward read the same norm.
        post_attention_layernorm: !c.use_parallel_residual && layerNorm(c.hidden_size),
      })),
      norm: layerNorm(c.hidden_size),
    };
  },
  heads: decoderHeads(),
});
