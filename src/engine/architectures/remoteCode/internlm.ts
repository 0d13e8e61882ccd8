import { anything, depth } from '../../config/keys';
import { groupedQueryAttention } from '../../modules/attention';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { rotaryFrequencies } from './rotary';
import { usualBody } from '../usualDecoder';

const { ForCausalLM, ForSequenceClassification, Model } = decoderHeads();

export const internlm = family({
  types: ['internlm'],
  title: 'InternLM',
  source: 'modeling_internlm.py of internlm/internlm-chat-7b',
  defaults: {
    vocab_size: 103168,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    bias: true,
    rotary: anything<unknown>(null),
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  body: (c) => {
    const headDim = Math.max(1, Math.floor(c.hidden_size / c.num_attention_heads));
    // The first code saves the rotary frequencies; the one that came with the `rotary` key no longer does.
    const rotary = c.rotary === null && rotaryFrequencies(headDim, 'float32');
    return usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: groupedQueryAttention({
          hidden: c.hidden_size,
          heads: c.num_attention_heads,
          kvHeads: c.num_attention_heads,
          headDim,
          bias: c.bias,
          more: { rotary_emb: rotary },
        }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    );
  },
  heads: { ForCausalLM, ForSequenceClassification, Model },
});
