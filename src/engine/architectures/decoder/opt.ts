import { depth, size } from '../../config/keys';
import { embedding, layerNorm, linear, plainNorm, positions } from '../../modules/blocks';
import { attention, keyValueState } from '../../modules/attention';
import { labelled, repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, headsOverWidth } from '../heads';

export const opt = family({
  types: ['opt'],
  title: 'OPT',
  source: 'transformers models/opt',
  defaults: {
    vocab_size: 50272,
    hidden_size: 768,
    num_hidden_layers: depth(12),
    num_attention_heads: 12,
    ffn_dim: 3072,
    max_position_embeddings: 2048,
    word_embed_proj_dim: size((c: { readonly hidden_size: number }) => c.hidden_size),
    do_layer_norm_before: true,
    _remove_final_layer_norm: false,
    enable_bias: true,
    layer_norm_elementwise_affine: true,
    tie_word_embeddings: true,
  },
  body: (c) => {
    const headDim = Math.floor(c.hidden_size / c.num_attention_heads);
    const project = () => linear(c.hidden_size, c.hidden_size, c.enable_bias);
    const norm = () => (c.layer_norm_elementwise_affine ? layerNorm(c.hidden_size) : plainNorm());
    // OPT-350M embeds in fewer dimensions than it computes in.
    const narrow = c.word_embed_proj_dim !== c.hidden_size;
    return {
      decoder: {
        embed_tokens: embedding(c.vocab_size, c.word_embed_proj_dim),
        // The first two positions are never used (OPTLearnedPositionalEmbedding).
        embed_positions: positions(c.max_position_embeddings + 2, c.hidden_size),
        project_out: narrow && linear(c.hidden_size, c.word_embed_proj_dim),
        project_in: narrow && linear(c.word_embed_proj_dim, c.hidden_size),
        final_layer_norm: c.do_layer_norm_before && !c._remove_final_layer_norm && norm(),
        layers: repeat(c.num_hidden_layers, () => ({
          self_attn: attention(
            { k_proj: project(), v_proj: project(), q_proj: project(), out_proj: project() },
            keyValueState(c.num_attention_heads, headDim),
          ),
          self_attn_layer_norm: norm(),
          fc1: labelled('mlp', linear(c.hidden_size, c.ffn_dim, c.enable_bias)),
          fc2: labelled('mlp', linear(c.ffn_dim, c.hidden_size, c.enable_bias)),
          final_layer_norm: norm(),
        })),
      },
    };
  },
  // Heads read what `project_out` gives, where there is one.
  heads: headsOverWidth('word_embed_proj_dim', decoderHeads('model', 'decoder.embed_tokens')),
});
