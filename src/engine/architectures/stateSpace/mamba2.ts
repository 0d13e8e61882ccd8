import { depth } from '../../config/keys';
import { embedding, rmsNorm } from '../../modules/blocks';
import { mamba2Mixer } from '../../modules/stateSpace';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';

export const mamba2 = family({
  types: ['mamba2'],
  title: 'Mamba-2',
  source: 'transformers models/mamba2',
  settlesLayers: true,
  defaults: {
    vocab_size: 32768,
    hidden_size: 4096,
    num_hidden_layers: depth(64),
    expand: 2,
    num_heads: 128,
    head_dim: 64,
    n_groups: 8,
    state_size: 128,
    conv_kernel: 4,
    use_bias: false,
    use_conv_bias: true,
    tie_word_embeddings: false,
  },
  body: (c) => ({
    embeddings: embedding(c.vocab_size, c.hidden_size),
    layers: repeat(c.num_hidden_layers, () => ({
      norm: rmsNorm(c.hidden_size),
      mixer: mamba2Mixer({
        hidden: c.hidden_size,
        inner: c.expand * c.hidden_size,
        heads: c.num_heads,
        groups: c.n_groups,
        state: c.state_size,
        kernel: c.conv_kernel,
        bias: c.use_bias,
        convBias: c.use_conv_bias,
        norm: true,
      }),
    })),
    norm_f: rmsNorm(c.hidden_size),
  }),
  heads: decoderHeads('backbone', 'embeddings'),
});
