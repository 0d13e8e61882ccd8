import { depth } from '../../config/keys';
import { groupedQueryAttention } from '../../modules/attention';
import { linear, rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { qwen2Body, qwen2Defaults } from '../decoder/qwen2';
import { family } from '../family';
import { decoderHeads } from '../heads';

/** Qwen2 with layers that predict further tokens, which its class loads although generating does not pass through them. */
export const mimo = family({
  types: ['mimo'],
  title: 'MiMo',
  source: 'modeling_mimo.py of XiaomiMiMo/MiMo-7B-Base',
  defaults: { ...qwen2Defaults, num_nextn_predict_layers: depth(0, 0) },
  body: (c, build) => ({
    ...qwen2Body(c, build),
    mtp_layers:
      c.num_nextn_predict_layers > 0 &&
      repeat(c.num_nextn_predict_layers, () => ({
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
        token_layernorm: rmsNorm(c.hidden_size),
        hidden_layernorm: rmsNorm(c.hidden_size),
        input_proj: linear(2 * c.hidden_size, c.hidden_size),
        final_layernorm: rmsNorm(c.hidden_size),
        // Their states are no part of the cache: transformers never runs them.
        self_attn: {
          ...groupedQueryAttention({
            hidden: c.hidden_size,
            heads: c.num_attention_heads,
            kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
            headDim: c.head_dim,
            bias: true,
            outBias: false,
          }),
          keeps: [],
        },
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
      })),
  }),
  heads: decoderHeads(),
});
