import { anything, depth, size } from '../../config/keys';
import { embedding, rmsNorm } from '../../modules/blocks';
import { mambaMixer } from '../../modules/stateSpace';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { timeStepRank } from './timeStepRank';

export const mamba = family({
  types: ['mamba'],
  title: 'Mamba',
  source: 'transformers models/mamba',
  settlesLayers: true,
  defaults: {
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
  },
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
      }),
    })),
    norm_f: rmsNorm(c.hidden_size),
  }),
  heads: decoderHeads('backbone', 'embeddings'),
});
