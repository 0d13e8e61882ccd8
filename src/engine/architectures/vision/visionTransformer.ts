import { attention } from '../../modules/attention';
import { layerNorm, linear } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat, type Stack } from '../../modules/tree';

interface VisionKeys {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
}

/** The encoder layers that CLIP and SigLIP share: attention and feed-forward, each after a norm, all with biases. */
export const visionLayers = (c: VisionKeys): Stack =>
  repeat(c.num_hidden_layers, () => ({
    self_attn: attention({
      k_proj: linear(c.hidden_size, c.hidden_size, true),
      v_proj: linear(c.hidden_size, c.hidden_size, true),
      q_proj: linear(c.hidden_size, c.hidden_size, true),
      out_proj: linear(c.hidden_size, c.hidden_size, true),
    }),
    layer_norm1: layerNorm(c.hidden_size),
    mlp: mlp({
      fc1: linear(c.hidden_size, c.intermediate_size, true),
      fc2: linear(c.intermediate_size, c.hidden_size, true),
    }),
    layer_norm2: layerNorm(c.hidden_size),
  }));
