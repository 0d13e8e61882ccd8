import { depth } from '../../config/keys';
import { groupedQueryAttention } from '../../modules/attention';
import { embedding, layerNorm, rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';

const { ForCausalLM, ForSequenceClassification, Model } = decoderHeads();

export const bluelm = family({
  types: ['BlueLM'],
  title: 'BlueLM',
  source: 'modeling_bluelm.py of vivo-ai/BlueLM-7B',
  defaults: {
    vocab_size: 100096,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    use_stable_embedding: true,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  body: (c) => ({
    embed_tokens: embedding(c.vocab_size, c.hidden_size),
    embed_layer_norm: c.use_stable_embedding && layerNorm(c.hidden_size),
    layers: repeat(c.num_hidden_layers, () => ({
      // The config may name key/value heads; the attention does not read them.
      self_attn: groupedQueryAttention({
        hidden: c.hidden_size,
        heads: c.num_attention_heads,
        kvHeads: c.num_attention_heads,
        headDim: Math.max(1, Math.floor(c.hidden_size / c.num_attention_heads)),
      }),
      mlp: gatedMlp(c.hidden_size, c.intermediate_size),
      input_layernorm: rmsNorm(c.hidden_size),
      post_attention_layernorm: rmsNorm(c.hidden_size),
    })),
    norm: rmsNorm(c.hidden_size),
  }),
  heads: { ForCausalLM, ForSequenceClassification, Model },
});
