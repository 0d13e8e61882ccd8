import { anything, count, depth, nullableSize, type Config } from '../../config/keys';
import { maxLayers } from '../../limits';
import { embedding, linear, rmsNorm } from '../../modules/blocks';
import { experts, plainMlp } from '../../modules/mlp';
import { correctedRouter } from '../../modules/routers';
import { mamba2Mixer } from '../../modules/stateSpace';
import { labelled, layers, type Module, type Parts } from '../../modules/tree';
import { family, type Build } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { usualAttention } from '../usualDecoder';

const defaults = {
  vocab_size: 131072,
  hidden_size: 4096,
  intermediate_size: 21504,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 128,
  mlp_bias: false,
  use_bias: false,
  use_conv_bias: true,
  // A list of kinds, or a letter for each layer in files of the first models.
  layers_block_type: anything<unknown>(null),
  hybrid_override_pattern: anything<unknown>(null),
  mamba_num_heads: 128,
  mamba_head_dim: 64,
  n_groups: count(8),
  ssm_state_size: 128,
  conv_kernel: 4,
  n_routed_experts: 8,
  num_experts_per_tok: 2,
  moe_intermediate_size: 7688,
  moe_shared_expert_intermediate_size: 7688,
  // Experts work on a narrower projection of the hidden state.
  moe_latent_size: nullableSize(null),
  max_position_embeddings: 4096,
  tie_word_embeddings: false,
  // Keys of the published files, which the class does not read.
  num_nextn_predict_layers: depth(0, 0),
  mtp_layers_block_type: anything<unknown>(null),
  mtp_hybrid_override_pattern: anything<unknown>(null),
};
type Keys = Config<typeof defaults>;

const kinds = ['linear_attention', 'moe', 'full_attention', 'mlp'] as const;
type Kind = (typeof kinds)[number];
/** Letters of `hybrid_override_pattern` (configuration_nemotron_h.py, _pattern_to_list). */
const letters: Readonly<Record<string, Kind>> = { M: 'linear_attention', E: 'moe', '*': 'full_attention', '-': 'mlp' };

/** The kind of each layer, from a list or from letters; the pattern that the reference takes where neither is there. */
function kindsOf(list: unknown, pattern: unknown, otherwise: readonly Kind[], key: string, build: Build): readonly Kind[] {
  const named = typeof pattern === 'string' ? [...pattern.slice(0, maxLayers)].map((letter) => letters[letter] ?? letter) : [];
  const stated = Array.isArray(list) ? list.slice(0, maxLayers) : named;
  if (stated.length === 0) return otherwise;
  return layerTypes<Kind>(stated, stated.length, kinds, () => 'linear_attention', build, key);
}

function mixer(c: Keys, kind: Kind): Module | Parts {
  const inner = c.mamba_num_heads * c.mamba_head_dim;
  const latent = c.moe_latent_size;
  switch (kind) {
    case 'linear_attention':
      return mamba2Mixer({
        hidden: c.hidden_size,
        inner,
        heads: c.mamba_num_heads,
        groups: c.n_groups,
        state: c.ssm_state_size,
        kernel: c.conv_kernel,
        bias: c.use_bias,
        convBias: c.use_conv_bias,
        norm: true,
      });
    case 'full_attention':
      return usualAttention(c);
    case 'mlp':
      return plainMlp(c.hidden_size, c.intermediate_size, c.mlp_bias);
    case 'moe':
      return {
        experts: experts(c.n_routed_experts, c.num_experts_per_tok, plainMlp(latent ?? c.hidden_size, c.moe_intermediate_size)),
        gate: correctedRouter(c.hidden_size, c.n_routed_experts),
        shared_experts: plainMlp(c.hidden_size, c.moe_shared_expert_intermediate_size, c.mlp_bias),
        fc1_latent_proj: latent !== null && linear(c.hidden_size, latent, c.mlp_bias),
        fc2_latent_proj: latent !== null && linear(latent, c.hidden_size, c.mlp_bias),
      };
  }
}

/** The reference derives the number of layers from their kinds, whatever num_hidden_layers says. */
const layersOf = (c: Keys, build: Build): readonly Kind[] =>
  kindsOf(c.layers_block_type, c.hybrid_override_pattern, kinds, 'layers_block_type', build);

/**
 * Layers that predict a further token: the first joins hidden state and embedding, the last norms what comes out
 * (vllm-project/vllm vllm/model_executor/models/nemotron_h_mtp.py, which takes one step of them).
 */
function nextTokens(c: Keys, build: Build): Parts {
  if (c.num_nextn_predict_layers === 0) return {};
  const further = kindsOf(
    c.mtp_layers_block_type,
    c.mtp_hybrid_override_pattern,
    ['full_attention', 'moe'],
    'mtp_layers_block_type',
    build,
  );
  const join = {
    enorm: rmsNorm(c.hidden_size),
    hnorm: rmsNorm(c.hidden_size),
    eh_proj: labelled('projector', linear(2 * c.hidden_size, c.hidden_size)),
  };
  const place = (index: number): string => `${index === 0 ? 'first' : ''}${index === further.length - 1 ? 'last' : ''}`;
  return {
    mtp: {
      layers: layers(
        further.map((kind, index) => `${kind} ${place(index)}` as const),
        (sort) => {
          const [kind, at = ''] = sort.split(' ') as [Kind, string];
          return {
            ...(at.startsWith('first') && join),
            norm: rmsNorm(c.hidden_size),
            mixer: mixer(c, kind),
            final_layernorm: at.endsWith('last') && rmsNorm(c.hidden_size),
          };
        },
      ),
    },
  };
}

/** Every layer is one norm and one mixer: a state space, attention, a feed-forward or experts. Names are those of the files. */
export const nemotronH = family({
  types: ['nemotron_h'],
  title: 'Nemotron-H',
  source: 'transformers models/nemotron_h',
  settlesLayers: true,
  defaults,
  aliases: {
    layer_types: 'layers_block_type',
    num_local_experts: 'n_routed_experts',
    mamba_n_groups: 'n_groups',
    mamba_d_conv: 'conv_kernel',
    mamba_conv_bias: 'use_conv_bias',
  },
  body: (c, build) => ({
    embeddings: embedding(c.vocab_size, c.hidden_size),
    layers: layers(layersOf(c, build), (kind) => ({ norm: rmsNorm(c.hidden_size), mixer: mixer(c, kind) })),
    norm_f: rmsNorm(c.hidden_size),
  }),
  unloaded: nextTokens,
  heads: decoderHeads('backbone', 'embeddings'),
});
