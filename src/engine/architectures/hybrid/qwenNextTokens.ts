import { linear, rmsNorm } from '../../modules/blocks';
import { labelled, repeat, type Parts } from '../../modules/tree';

/**
 * Layers that predict further tokens, as the files of Qwen3-Next and Qwen3.5 hold them: beside the model, with its embedding
 * and head shared. Names as in vllm-project/vllm vllm/model_executor/models/qwen3_next_mtp.py.
 */
export const qwenNextTokens = (count: number, hidden: number, layer: () => Parts): Parts =>
  count === 0
    ? {}
    : {
        mtp: {
          pre_fc_norm_embedding: rmsNorm(hidden),
          pre_fc_norm_hidden: rmsNorm(hidden),
          fc: labelled('projector', linear(2 * hidden, hidden)),
          layers: repeat(count, layer),
          norm: rmsNorm(hidden),
        },
      };
