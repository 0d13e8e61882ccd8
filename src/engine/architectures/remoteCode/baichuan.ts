import { depth, nullableReal, nullableSize, size } from '../../config/keys';
import { attention, keyValueState } from '../../modules/attention';
import { linear, rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family, type Build } from '../family';
import { decoderHeads } from '../heads';
import { rotaryFrequencies } from './rotary';
import { usualBody } from '../usualDecoder';

/** The 13 B models have ALiBi in place of rotary positions, and their config bounds the context by `model_max_length`. */
const isLarge = (c: { readonly model_max_length: number | null }): boolean => c.model_max_length !== null;

/** Baichuan-7B, whose class is spelt with two capitals, registers its rotary frequencies as saved buffers; later models do not. */
const savesRotary = ({ source }: Build): boolean =>
  Array.isArray(source['architectures']) && source['architectures'].includes('BaiChuanForCausalLM');

/**
 * Baichuan 1 and 2, 7 B and 13 B. They differ in defaults, positions and the normalization of the head's rows (Baichuan 2's
 * NormHead), none of which changes a parameter's shape.
 */
export const baichuan = family({
  types: ['baichuan'],
  title: 'Baichuan',
  source: 'modeling_baichuan.py of baichuan-inc/Baichuan-7B, Baichuan-13B-Chat, Baichuan2-7B and Baichuan2-13B-Chat',
  defaults: {
    model_max_length: nullableSize(null, 1),
    z_loss_weight: nullableReal(null),
    // The configuration of Baichuan2-7B is the only one whose vocabulary defaults to the larger one.
    vocab_size: size((c: { readonly model_max_length: number | null; readonly z_loss_weight: number | null }) =>
      !isLarge(c) && c.z_loss_weight !== null ? 125696 : 64000,
    ),
    hidden_size: size((c: { readonly model_max_length: number | null }) => (isLarge(c) ? 5120 : 4096)),
    intermediate_size: size((c: { readonly model_max_length: number | null }) => (isLarge(c) ? 13696 : 11008)),
    num_hidden_layers: depth((c: { readonly model_max_length: number | null }) => (isLarge(c) ? 40 : 32)),
    num_attention_heads: size((c: { readonly model_max_length: number | null }) => (isLarge(c) ? 40 : 32)),
    max_position_embeddings: size((c: { readonly model_max_length: number | null }) => c.model_max_length ?? 4096),
    tie_word_embeddings: false,
  },
  body: (c, build) => {
    const headDim = Math.max(1, Math.floor(c.hidden_size / c.num_attention_heads));
    const attended = c.num_attention_heads * headDim;
    return usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: attention(
          {
            W_pack: linear(c.hidden_size, 3 * c.hidden_size),
            o_proj: linear(attended, c.hidden_size),
            rotary_emb: savesRotary(build) && rotaryFrequencies(headDim, 'float32'),
          },
          keyValueState(c.num_attention_heads, headDim),
        ),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    );
  },
  heads: { ForCausalLM: decoderHeads().ForCausalLM, Model: decoderHeads().Model },
});
