import { depth } from '../../config/keys';
import { buffer, parameter, rmsNorm } from '../../modules/blocks';
import { mlp, plainMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';
import { headNorms, usualAttention, usualBody } from '../usualDecoder';

/** The activation xIELU has two trained scalars a layer, and two fixed ones that are saved (activations.py, XIELUActivation). */
const trainedActivation = { alpha_p: parameter(1), alpha_n: parameter(1), beta: buffer(), eps: buffer() };

export const apertus = family({
  types: ['apertus'],
  title: 'Apertus',
  source: 'transformers models/apertus',
  defaults: {
    vocab_size: 131072,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    hidden_act: 'xielu',
    max_position_embeddings: 65536,
    tie_word_embeddings: false,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: usualAttention(c, { bias: c.attention_bias, more: headNorms(c.head_dim) }),
        mlp: mlp({ ...plainMlp(c.hidden_size, c.intermediate_size).children, act_fn: c.hidden_act === 'xielu' && trainedActivation }),
        attention_layernorm: rmsNorm(c.hidden_size),
        feedforward_layernorm: rmsNorm(c.hidden_size),
      })),
    ),
  heads: decoderHeads(),
});
