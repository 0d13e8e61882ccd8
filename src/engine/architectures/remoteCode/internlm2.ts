import { depth } from '../../config/keys';
import { attention, keyValueState } from '../../modules/attention';
import { embedding, linear, lmHead, rmsNorm, taskHead } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { kvHeads } from '../sharedKeys';

const { ForSequenceClassification, ForTokenClassification, Model } = decoderHeads();

export const internlm2 = family({
  types: ['internlm2'],
  title: 'InternLM2',
  source: 'modeling_internlm2.py of internlm/internlm2-chat-7b and internlm2_5-7b-chat',
  defaults: {
    vocab_size: 103168,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    bias: true,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  body: (c) => {
    const headDim = Math.max(1, Math.floor(c.hidden_size / c.num_attention_heads));
    return {
      tok_embeddings: embedding(c.vocab_size, c.hidden_size),
      layers: repeat(c.num_hidden_layers, () => ({
        attention: attention(
          {
            wqkv: linear(c.hidden_size, (c.num_attention_heads + 2 * c.num_key_value_heads) * headDim, c.bias),
            wo: linear(c.num_attention_heads * headDim, c.hidden_size, c.bias),
          },
          keyValueState(c.num_key_value_heads, headDim),
        ),
        feed_forward: mlp({
          w1: linear(c.hidden_size, c.intermediate_size),
          w3: linear(c.hidden_size, c.intermediate_size),
          w2: linear(c.intermediate_size, c.hidden_size),
        }),
        attention_norm: rmsNorm(c.hidden_size),
        ffn_norm: rmsNorm(c.hidden_size),
      })),
      norm: rmsNorm(c.hidden_size),
    };
  },
  heads: {
    ForCausalLM: (c, body) => ({
      model: body,
      output: lmHead(c.hidden_size, c.vocab_size, c.tie_word_embeddings && 'model.tok_embeddings.weight'),
    }),
    ForSequenceClassification,
    ForTokenClassification,
    ForQuestionAnswering: (c, body) => ({ transformer: body, qa_outputs: taskHead(c.hidden_size, 2) }),
    ForRewardModel: (c, body) => ({ model: body, v_head: taskHead(c.hidden_size, 1, false) }),
    Model,
  },
});
