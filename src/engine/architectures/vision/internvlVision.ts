import { anything, depth } from '../../config/keys';
import { attention } from '../../modules/attention';
import { layerNorm, linear, parameter, rmsNorm } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat, tensor } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';

/** Height and width, which may be one number. */
function sidesOf(stated: unknown, otherwise: number): readonly [number, number] {
  const [first, second]: readonly unknown[] = Array.isArray(stated) ? (stated as unknown[]) : [stated, stated];
  const side = (value: unknown): number => (typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : otherwise);
  return [side(first), side(second)];
}

export const internvlVision = family({
  types: ['internvl_vision'],
  title: 'InternVL vision',
  source: 'transformers models/internvl',
  defaults: {
    hidden_size: 1024,
    intermediate_size: 4096,
    num_hidden_layers: depth(24),
    num_attention_heads: 16,
    num_channels: 3,
    image_size: anything<unknown>(448),
    patch_size: anything<unknown>(14),
    attention_bias: false,
    use_qk_norm: false,
    norm_type: 'layer_norm',
    use_mask_token: false,
    use_absolute_position_embeddings: true,
    use_mean_pooling: true,
  },
  body: (c) => {
    const width = c.hidden_size;
    const [height, across] = sidesOf(c.patch_size, 14);
    const [tall, wide] = sidesOf(c.image_size, 448);
    const norm = c.norm_type === 'rms_norm' ? rmsNorm : layerNorm;
    return {
      embeddings: {
        cls_token: parameter(1, 1, width),
        mask_token: c.use_mask_token && parameter(1, 1, width),
        // One position per patch and one for the class.
        position_embeddings:
          c.use_absolute_position_embeddings && tensor([1, Math.floor(tall / height) * Math.floor(wide / across) + 1, width], 'position'),
        patch_embeddings: {
          projection: { weight: tensor([width, c.num_channels, height, across], 'convolution'), bias: tensor([width], 'bias') },
        },
      },
      encoder: {
        layer: repeat(c.num_hidden_layers, () => ({
          lambda_1: parameter(width),
          lambda_2: parameter(width),
          attention: attention({
            q_proj: linear(width, width, c.attention_bias),
            k_proj: linear(width, width, c.attention_bias),
            v_proj: linear(width, width, c.attention_bias),
            projection_layer: linear(width, width, true),
            q_norm: c.use_qk_norm && rmsNorm(width),
            k_norm: c.use_qk_norm && rmsNorm(width),
          }),
          mlp: mlp({ fc1: linear(width, c.intermediate_size, true), fc2: linear(c.intermediate_size, width, true) }),
          layernorm_before: norm(width),
          layernorm_after: norm(width),
        })),
      },
      layernorm: !c.use_mean_pooling && layerNorm(width),
    };
  },
  heads: { Model: bareModel },
});
