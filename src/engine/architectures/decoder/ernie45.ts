import { anything, count, depth, size } from '../../config/keys';
import { experts, gatedMlp } from '../../modules/mlp';
import { layers, module, repeat, tensor } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { perLayer } from '../layerTypes';
import { headDim } from '../sharedKeys';
import { usualAttention, usualBody, usualLayer } from '../usualDecoder';

export const ernie45 = family({
  types: ['ernie4_5'],
  title: 'ERNIE 4.5',
  source: 'transformers models/ernie4_5',
  defaults: {
    vocab_size: 103424,
    hidden_size: 1024,
    intermediate_size: 3072,
    num_hidden_layers: depth(18),
    num_attention_heads: 16,
    num_key_value_heads: 2,
    head_dim: 128,
    use_bias: false,
    max_position_embeddings: 131072,
    tie_word_embeddings: true,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () =>
        usualLayer(c, usualAttention(c, { bias: c.use_bias }), gatedMlp(c.hidden_size, c.intermediate_size, c.use_bias)),
      ),
    ),
  heads: decoderHeads(),
});

export const ernie45Moe = family({
  types: ['ernie4_5_moe'],
  title: 'ERNIE 4.5 MoE',
  source: 'transformers models/ernie4_5_moe',
  defaults: {
    vocab_size: 103424,
    hidden_size: 2560,
    intermediate_size: 12288,
    num_hidden_layers: depth(28),
    num_attention_heads: 20,
    num_key_value_heads: 4,
    head_dim: headDim,
    use_bias: false,
    moe_intermediate_size: 1536,
    moe_k: 6,
    moe_num_experts: 64,
    moe_num_shared_experts: count(2),
    moe_layer_start_index: count(1),
    // Minus one in the files: up to the last layer.
    moe_layer_end_index: anything<unknown>(-1),
    moe_layer_interval: size(1),
    max_position_embeddings: 131072,
    tie_word_embeddings: true,
  },
  aliases: { num_experts: 'moe_num_experts', num_experts_per_tok: 'moe_k' },
  body: (c) => {
    const end = c.moe_layer_end_index;
    const last = typeof end === 'number' && end !== -1 ? end : c.num_hidden_layers - 1;
    // Routing is done at 32 bits, and its weights stay so (_keep_in_fp32_modules_strict).
    const wide = { dtype: 'float32' } as const;
    return usualBody(
      c,
      layers(
        perLayer(
          c.num_hidden_layers,
          (index) => (index + 1) % c.moe_layer_interval === 0 && index >= c.moe_layer_start_index && index <= last,
        ),
        (sparse) =>
          usualLayer(
            c,
            usualAttention(c, { bias: c.use_bias }),
            sparse
              ? {
                  gate: module({ weight: tensor([c.moe_num_experts, c.hidden_size], 'router', wide) }, { component: 'router' }),
                  moe_statics: { e_score_correction_bias: tensor([1, c.moe_num_experts], 'other', wide) },
                  experts: experts(c.moe_num_experts, c.moe_k, gatedMlp(c.hidden_size, c.moe_intermediate_size)),
                  shared_experts:
                    c.moe_num_shared_experts > 0 && gatedMlp(c.hidden_size, c.moe_intermediate_size * c.moe_num_shared_experts, c.use_bias),
                }
              : gatedMlp(c.hidden_size, c.intermediate_size, c.use_bias),
          ),
      ),
    );
  },
  // One key says whether the dense projections have a bias, and the head.
  heads: decoderHeads('model', 'embed_tokens', ({ use_bias: bias }: { readonly use_bias: boolean }) => bias),
});
