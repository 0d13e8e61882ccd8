import { depth, group, nullableSize, size } from '../../config/keys';
import { isObject } from '../../config/json';
import { attention, keyValueState } from '../../modules/attention';
import { embedding, linear, lmHead, rmsNorm } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';
import { audioKeys, audioTower } from './qwenAudio';
import { visualKeys, visualTower } from './qwenVisual';

/** Qwen (the first), and with its `visual` or `audio` key Qwen-VL and Qwen-Audio. */
export const qwen = family({
  types: ['qwen'],
  title: 'Qwen',
  source: 'modeling_qwen.py of Qwen/Qwen-7B, Qwen-VL-Chat and Qwen-Audio',
  defaults: {
    // Only the first code has this key: it sizes the embedding, while the head has vocab_size rows.
    padded_vocab_size: nullableSize(null, 1),
    vocab_size: size((c: { readonly padded_vocab_size: number | null }) => (c.padded_vocab_size === null ? 151936 : 151851)),
    hidden_size: 4096,
    intermediate_size: 22016,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    kv_channels: 128,
    no_bias: true,
    max_position_embeddings: 8192,
    tie_word_embeddings: false,
    visual: group(visualKeys),
    audio: group(audioKeys),
  },
  aliases: {
    n_embd: 'hidden_size',
    n_head: 'num_attention_heads',
    n_layer: 'num_hidden_layers',
    n_positions: 'max_position_embeddings',
    ffn_hidden_size: 'intermediate_size',
  },
  body: (c, build) => {
    const projected = c.num_attention_heads * c.kv_channels;
    // Gate and up together are as wide as the key says.
    const inner = Math.floor(c.intermediate_size / 2);
    const bias = !c.no_bias;
    return {
      wte: embedding(c.padded_vocab_size ?? c.vocab_size, c.hidden_size),
      h: repeat(c.num_hidden_layers, () => ({
        ln_1: rmsNorm(c.hidden_size),
        attn: attention(
          { c_attn: linear(c.hidden_size, 3 * projected, true), c_proj: linear(c.hidden_size, projected, bias) },
          keyValueState(c.num_attention_heads, c.kv_channels),
        ),
        ln_2: rmsNorm(c.hidden_size),
        mlp: mlp({
          w1: linear(c.hidden_size, inner, bias),
          w2: linear(c.hidden_size, inner, bias),
          c_proj: linear(inner, c.hidden_size, bias),
        }),
      })),
      ln_f: rmsNorm(c.hidden_size),
      visual: isObject(build.source['visual']) && visualTower(c.visual),
      audio: isObject(build.source['audio']) && audioTower(c.audio),
    };
  },
  heads: {
    LMHeadModel: (c, body) => ({
      transformer: body,
      lm_head: lmHead(c.hidden_size, c.vocab_size, c.tie_word_embeddings && 'transformer.wte.weight'),
    }),
    Model: bareModel,
  },
});
