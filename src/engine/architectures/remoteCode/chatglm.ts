import { depth, group, nullableSize, size } from '../../config/keys';
import { isObject } from '../../config/json';
import { attention, keyValueState } from '../../modules/attention';
import { embedding, layerNorm, linear, lmHead, rmsNorm, taskHead } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import type { Parts } from '../../modules/tree';
import { family, type Build } from '../family';
import { labelsOf } from '../heads';
import { firstChatglm, isFirstChatglm } from './chatglmFirst';
import { prefixEncoder } from './chatglmPrefix';
import { visionKeys, visionTower } from './chatglmVision';
import { rotaryFrequencies } from './rotary';

interface HeadKeys {
  readonly hidden_size: number;
  readonly vocab_size: number;
  readonly tie_word_embeddings: boolean;
}

/**
 * The whole model. The first generation's head is tied to its embedding; later models hold their own inside the body.
 * Configs that name the bare class (ChatGLM-6B, ChatGLM3-6B) stand beside checkpoints of this one, which auto_map loads.
 */
const wholeModel = (c: HeadKeys, body: Parts, build: Build): Parts => ({
  transformer: body,
  lm_head:
    isFirstChatglm(build.source) && lmHead(c.hidden_size, c.vocab_size, c.tie_word_embeddings && 'transformer.word_embeddings.weight'),
});

/** ChatGLM2, ChatGLM3 and GLM-4-9B; ChatGLM-6B by its own keys; GLM-4V by its `vision_config`. */
export const chatglm = family({
  types: ['chatglm'],
  title: 'ChatGLM',
  source: 'modeling_chatglm.py of THUDM/chatglm2-6b, chatglm3-6b, glm-4-9b-chat and glm-4v-9b; THUDM/chatglm-6b for the first',
  defaults: {
    num_layers: depth(28),
    padded_vocab_size: 65024,
    hidden_size: 4096,
    ffn_hidden_size: 13696,
    kv_channels: 128,
    num_attention_heads: 32,
    // The first generation's name of the next.
    max_sequence_length: nullableSize(null, 1),
    seq_length: size((c: { readonly max_sequence_length: number | null }) => c.max_sequence_length ?? 2048),
    rmsnorm: true,
    post_layer_norm: true,
    add_bias_linear: false,
    add_qkv_bias: false,
    multi_query_attention: false,
    multi_query_group_num: 1,
    pre_seq_len: nullableSize(null, 1),
    prefix_projection: false,
    vision_config: group(visionKeys),
    // Keys of the first generation.
    vocab_size: 150528,
    inner_hidden_size: 16384,
    position_encoding_2d: true,
    tie_word_embeddings: true,
  },
  contextKey: 'seq_length',
  body: (c, build) => {
    if (isFirstChatglm(build.source)) return firstChatglm(c);
    const norm = c.rmsnorm ? rmsNorm : layerNorm;
    const projected = c.num_attention_heads * c.kv_channels;
    const kvHeads = c.multi_query_attention ? c.multi_query_group_num : c.num_attention_heads;
    return {
      embedding: { word_embeddings: embedding(c.padded_vocab_size, c.hidden_size) },
      rotary_pos_emb: rotaryFrequencies(Math.floor(c.kv_channels / 2)),
      encoder: {
        layers: repeat(c.num_layers, () => ({
          input_layernorm: norm(c.hidden_size),
          self_attention: attention(
            {
              query_key_value: linear(c.hidden_size, projected + 2 * kvHeads * c.kv_channels, c.add_bias_linear || c.add_qkv_bias),
              dense: linear(projected, c.hidden_size, c.add_bias_linear),
            },
            keyValueState(kvHeads, c.kv_channels),
          ),
          post_attention_layernorm: norm(c.hidden_size),
          mlp: mlp({
            dense_h_to_4h: linear(c.hidden_size, 2 * c.ffn_hidden_size, c.add_bias_linear),
            dense_4h_to_h: linear(c.ffn_hidden_size, c.hidden_size, c.add_bias_linear),
          }),
        })),
        final_layernorm: c.post_layer_norm && norm(c.hidden_size),
      },
      output_layer: lmHead(c.hidden_size, c.padded_vocab_size, false),
      prefix_encoder:
        c.pre_seq_len !== null &&
        prefixEncoder({
          tokens: c.pre_seq_len,
          // The code sizes the prefix by the number of groups whether or not they are used.
          width: c.num_layers * c.kv_channels * c.multi_query_group_num * 2,
          projected: c.prefix_projection ? { hidden: c.hidden_size, from: 'width' } : undefined,
        }),
      vision: isObject(build.source['vision_config']) && visionTower(c.vision_config, c.hidden_size, c.ffn_hidden_size),
    };
  },
  heads: {
    ForConditionalGeneration: wholeModel,
    ForSequenceClassification: (c, body, build) => ({
      ...wholeModel(c, body, build),
      classifier_head: taskHead(c.hidden_size, labelsOf(c)),
    }),
    Model: wholeModel,
  },
});
