import { anything, depth, size } from '../../config/keys';
import { embedding, plainNorm, rmsNorm } from '../../modules/blocks';
import { mambaMixer } from '../../modules/stateSpace';
import { repeat, type Parts } from '../../modules/tree';
import { family, type Family } from '../family';
import { decoderHeads } from '../heads';
import { timeStepRank } from './timeStepRank';

const defaults = {
  vocab_size: 50280,
  hidden_size: 768,
  state_size: 16,
  num_hidden_layers: depth(32),
  expand: 2,
  intermediate_size: size((c: { readonly expand: number; readonly hidden_size: number }) => c.expand * c.hidden_size),
  conv_kernel: 4,
  use_bias: false,
  use_conv_bias: true,
  time_step_rank: anything<unknown>('auto'),
  tie_word_embeddings: true,
};

/** @param more further parts of each mixer */
const mambaFamily = (type: string, title: string, more: Parts = {}): Family =>
  family({
    types: [type],
    title,
    source: `transformers models/${type}`,
    settlesLayers: true,
    defaults,
    body: (c, build) => ({
      embeddings: embedding(c.vocab_size, c.hidden_size),
      layers: repeat(c.num_hidden_layers, () => ({
        norm: rmsNorm(c.hidden_size),
        mixer: mambaMixer({
          hidden: c.hidden_size,
          inner: c.intermediate_size,
          state: c.state_size,
          kernel: c.conv_kernel,
          rank: timeStepRank(c.time_step_rank, c.hidden_size, 'time_step_rank', build),
          bias: c.use_bias,
          convBias: c.use_conv_bias,
          more,
        }),
      })),
      norm_f: rmsNorm(c.hidden_size),
    }),
    heads: decoderHeads('backbone', 'embeddings'),
  });

export const mamba = mambaFamily('mamba', 'Mamba');

/** Zuo et al. 2024 (arXiv 2410.05355): the step and what writes and reads the state are normalized, without weights. */
export const falconMamba = mambaFamily('falcon_mamba', 'Falcon Mamba', {
  dt_layernorm: plainNorm(),
  b_layernorm: plainNorm(),
  c_layernorm: plainNorm(),
});
