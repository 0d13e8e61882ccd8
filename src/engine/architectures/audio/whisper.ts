import { depth } from '../../config/keys';
import { attention } from '../../modules/attention';
import { conv1d, embedding, layerNorm, linear, lmHead, parameter, positions, taskHead } from '../../modules/blocks';
import { labelled, module, repeat, type Module, type State } from '../../modules/tree';
import { family } from '../family';
import { bareModel, labelsOf } from '../heads';

/** Attention with biases everywhere but on the keys. */
const biasedAttention = (width: number, ...keeps: readonly State[]): Module =>
  attention(
    {
      k_proj: linear(width, width),
      v_proj: linear(width, width, true),
      q_proj: linear(width, width, true),
      out_proj: linear(width, width, true),
    },
    ...keeps,
  );

/** Radford et al. 2022. The feed-forward layers stand in the layer itself, not in a module of their own. */
export const whisper = family({
  types: ['whisper'],
  title: 'Whisper',
  source: 'transformers models/whisper',
  defaults: {
    vocab_size: 51865,
    num_mel_bins: 80,
    d_model: 384,
    encoder_layers: depth(4),
    encoder_attention_heads: 6,
    encoder_ffn_dim: 1536,
    decoder_layers: depth(4),
    decoder_attention_heads: 6,
    decoder_ffn_dim: 1536,
    max_source_positions: 1500,
    max_target_positions: 448,
    use_weighted_layer_sum: false,
    classifier_proj_size: 256,
    tie_word_embeddings: true,
  },
  aliases: {
    num_key_value_heads: 'encoder_attention_heads',
    num_attention_heads: 'encoder_attention_heads',
    hidden_size: 'd_model',
    num_hidden_layers: 'encoder_layers',
  },
  contextKey: 'max_target_positions',
  body: (c, build) => {
    const self: State = { kind: 'attention', elementsPerToken: 2 * c.d_model, heads: c.decoder_attention_heads };
    // The decoder as a class of its own has no encoder whose states it could keep.
    const cross: readonly State[] = build.head === 'ForCausalLM' ? [] : [{ ...self, kind: 'cross' }];
    return {
      encoder: module(
        {
          conv1: conv1d(c.num_mel_bins, c.d_model, 3),
          conv2: conv1d(c.d_model, c.d_model, 3),
          embed_positions: positions(c.max_source_positions, c.d_model),
          layers: repeat(c.encoder_layers, () => ({
            self_attn: biasedAttention(c.d_model),
            self_attn_layer_norm: layerNorm(c.d_model),
            fc1: labelled('mlp', linear(c.d_model, c.encoder_ffn_dim, true)),
            fc2: labelled('mlp', linear(c.encoder_ffn_dim, c.d_model, true)),
            final_layer_norm: layerNorm(c.d_model),
          })),
          layer_norm: layerNorm(c.d_model),
        },
        { component: 'audio' },
      ),
      decoder: {
        embed_tokens: embedding(c.vocab_size, c.d_model),
        embed_positions: positions(c.max_target_positions, c.d_model),
        layers: repeat(c.decoder_layers, () => ({
          self_attn: biasedAttention(c.d_model, self),
          self_attn_layer_norm: layerNorm(c.d_model),
          encoder_attn: biasedAttention(c.d_model, ...cross),
          encoder_attn_layer_norm: layerNorm(c.d_model),
          fc1: labelled('mlp', linear(c.d_model, c.decoder_ffn_dim, true)),
          fc2: labelled('mlp', linear(c.decoder_ffn_dim, c.d_model, true)),
          final_layer_norm: layerNorm(c.d_model),
        })),
        layer_norm: layerNorm(c.d_model),
      },
    };
  },
  heads: {
    ForConditionalGeneration: (c, body) => ({
      model: body,
      proj_out: lmHead(c.d_model, c.vocab_size, c.tie_word_embeddings && 'model.decoder.embed_tokens.weight'),
    }),
    ForCausalLM: (c, body) => ({
      model: { decoder: body['decoder'] },
      proj_out: lmHead(c.d_model, c.vocab_size, c.tie_word_embeddings && 'model.decoder.embed_tokens.weight'),
    }),
    ForAudioClassification: (c, body) => ({
      encoder: body['encoder'],
      // One weight per layer and one for the embeddings.
      layer_weights: c.use_weighted_layer_sum && parameter(c.encoder_layers + 1),
      projector: labelled('head', linear(c.d_model, c.classifier_proj_size, true)),
      classifier: taskHead(c.classifier_proj_size, labelsOf(c)),
    }),
    Model: bareModel,
  },
});
