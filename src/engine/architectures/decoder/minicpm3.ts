import { depth, nullableSize, size } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { usualLatentAttention } from '../deepseekParts';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { usualBody } from '../usualDecoder';

export const minicpm3 = family({
  types: ['minicpm3'],
  title: 'MiniCPM3',
  source: 'transformers models/minicpm3',
  defaults: {
    vocab_size: 73448,
    hidden_size: 2560,
    intermediate_size: 6400,
    num_hidden_layers: depth(62),
    num_attention_heads: 40,
    q_lora_rank: nullableSize(768, 1),
    kv_lora_rank: 256,
    qk_nope_head_dim: 64,
    qk_rope_head_dim: 32,
    v_head_dim: size((c: { readonly hidden_size: number; readonly num_attention_heads: number }) =>
      Math.max(1, Math.floor(c.hidden_size / c.num_attention_heads)),
    ),
    attention_bias: false,
    mlp_bias: false,
    max_position_embeddings: 32768,
    tie_word_embeddings: true,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: usualLatentAttention(c),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size, c.mlp_bias),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    ),
  heads: decoderHeads(),
});
