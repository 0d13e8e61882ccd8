import { anything, count } from '../../config/keys';
import { router } from '../../modules/blocks';
import { experts, gatedMlp } from '../../modules/mlp';
import { layers, tensor } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { headNorms, usualAttention, usualBody, usualLayer } from '../usualDecoder';
import { exaone4Attention, exaone4Defaults } from './exaone4';

/** Names are those of the files, where the correction of scores stands beside the router. */
export const exaoneMoe = family({
  types: ['exaone_moe'],
  title: 'EXAONE MoE',
  source: 'transformers models/exaone_moe',
  defaults: {
    ...exaone4Defaults,
    first_k_dense_replace: count(1),
    mlp_layer_types: anything<unknown>(null),
    num_experts: 64,
    num_experts_per_tok: 8,
    num_shared_experts: 1,
    moe_intermediate_size: 1024,
  },
  body: (c, build) => {
    const attends = exaone4Attention(c, build);
    const feedForward = layerTypes<'dense' | 'sparse'>(
      c.mlp_layer_types,
      c.num_hidden_layers,
      ['dense', 'sparse'],
      (index) => (index < c.first_k_dense_replace ? 'dense' : 'sparse'),
      build,
      'mlp_layer_types',
    );
    return usualBody(
      c,
      layers(
        attends.map((type, index) => `${type} ${feedForward[index] ?? 'sparse'}` as const),
        (sort) =>
          usualLayer(
            c,
            usualAttention(c, { window: sort.startsWith('sliding') ? c.sliding_window : null, more: headNorms(c.head_dim) }),
            sort.endsWith('dense')
              ? gatedMlp(c.hidden_size, c.intermediate_size)
              : {
                  experts: experts(c.num_experts, c.num_experts_per_tok, gatedMlp(c.hidden_size, c.moe_intermediate_size)),
                  gate: router(c.hidden_size, c.num_experts),
                  e_score_correction_bias: tensor([c.num_experts], 'other', { buffer: true, dtype: 'float32' }),
                  shared_experts: gatedMlp(c.hidden_size, c.moe_intermediate_size * c.num_shared_experts),
                },
          ),
      ),
    );
  },
  heads: decoderHeads(),
});
