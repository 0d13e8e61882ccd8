import { depth } from '../../config/keys';
import { attention, keyValueState } from '../../modules/attention';
import { embedding, linear, lmHead, positions, rmsNorm, sequential, taskHead } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { layers, module, tensor, type Module, type Parts, type State } from '../../modules/tree';
import { family } from '../family';
import { bareModel, labelsOf } from '../heads';
import { perLayer } from '../layerTypes';

interface T5Keys {
  readonly vocab_size: number;
  readonly d_model: number;
  readonly d_kv: number;
  readonly d_ff: number;
  readonly num_heads: number;
  readonly relative_attention_num_buckets: number;
  readonly feed_forward_proj: string;
  readonly is_gated_act: boolean;
  readonly tie_word_embeddings: boolean;
}

const usualLayers = 6;
const ownLayers = (written: unknown): number =>
  typeof written === 'number' && Number.isInteger(written) && written > 0 ? written : usualLayers;

/** Classes that hold the encoder alone. */
const encoderOnly: readonly string[] = ['EncoderModel', 'ForTokenClassification'];
/** Classes that keep the whole model under a name of its own. */
const wrapped: readonly string[] = ['ForSequenceClassification', 'ForTokenClassification'];

const gatedByName = (c: Pick<T5Keys, 'feed_forward_proj'>): boolean => c.feed_forward_proj.split('-')[0] === 'gated';

/** A stack of layers; those of the decoder attend to the encoder's output too. */
function stack(c: T5Keys, total: number, decodes: boolean, keeps: boolean, shared: string): Parts {
  const inner = c.num_heads * c.d_kv;
  const self = keyValueState(c.num_heads, c.d_kv);
  const cross: State = { kind: 'cross', elementsPerToken: 2 * inner, heads: c.num_heads };
  const attend = (bias: boolean, state: State): Module =>
    attention(
      {
        q: linear(c.d_model, inner),
        k: linear(c.d_model, inner),
        v: linear(c.d_model, inner),
        o: linear(inner, c.d_model),
        // Relative positions as a learned bias, held by the first layer for all.
        relative_attention_bias: bias && positions(c.relative_attention_num_buckets, c.num_heads),
      },
      ...(keeps ? [state] : []),
    );
  return {
    embed_tokens: { weight: tensor([c.vocab_size, c.d_model], 'embedding', { tiedTo: shared }) },
    block: layers(
      perLayer(total, (index) => index === 0),
      (first) => ({
        layer: sequential(
          { SelfAttention: attend(first, self), layer_norm: rmsNorm(c.d_model) },
          ...(decodes ? [{ EncDecAttention: attend(false, cross), layer_norm: rmsNorm(c.d_model) }] : []),
          {
            DenseReluDense: mlp({
              wi: !c.is_gated_act && linear(c.d_model, c.d_ff),
              wi_0: c.is_gated_act && linear(c.d_model, c.d_ff),
              wi_1: c.is_gated_act && linear(c.d_model, c.d_ff),
              wo: linear(c.d_ff, c.d_model),
            }),
            layer_norm: rmsNorm(c.d_model),
          },
        ),
      }),
    ),
    final_layer_norm: rmsNorm(c.d_model),
  };
}

const conditionalGeneration = (c: T5Keys, body: Parts): Parts => {
  // transformers ties the head whatever the file says, and unties it on loading where the checkpoint's tensors differ.
  // They do in T5 v1.1, FLAN-T5 and ByT5, all of them gated and marked as untied (flan-t5-base: 990 MB of float32).
  const untied = !c.tie_word_embeddings && gatedByName(c);
  return { ...body, lm_head: lmHead(c.d_model, c.vocab_size, !untied && 'shared.weight') };
};

export const t5 = family({
  types: ['t5'],
  title: 'T5',
  source: 'transformers models/t5',
  defaults: {
    vocab_size: 32128,
    d_model: 512,
    d_kv: 64,
    d_ff: 2048,
    num_layers: depth(usualLayers),
    // Set before the other name of the encoder's layers, num_hidden_layers, is read: that one leaves the decoder alone.
    num_decoder_layers: depth((_: unknown, source) => ownLayers(source['num_layers']), 0),
    num_heads: 8,
    relative_attention_num_buckets: 32,
    feed_forward_proj: 'relu',
    is_gated_act: gatedByName,
    is_decoder: false,
    tie_word_embeddings: true,
  },
  aliases: { hidden_size: 'd_model', num_attention_heads: 'num_heads', num_hidden_layers: 'num_layers', head_dim: 'd_kv' },
  body: (c, build) => {
    const alone = encoderOnly.includes(build.head);
    const shared = wrapped.includes(build.head) ? 'transformer.shared.weight' : 'shared.weight';
    return {
      shared: embedding(c.vocab_size, c.d_model),
      // The classes with an encoder alone do not reset is_decoder for it.
      encoder: stack(c, c.num_layers, alone && c.is_decoder, false, shared),
      decoder: !alone && stack(c, c.num_decoder_layers, true, true, shared),
    };
  },
  heads: {
    ForConditionalGeneration: conditionalGeneration,
    WithLMHeadModel: conditionalGeneration,
    EncoderModel: bareModel,
    ForSequenceClassification: (c, body) => ({
      transformer: body,
      classification_head: module(
        { dense: linear(c.d_model, c.d_model, true), out_proj: taskHead(c.d_model, labelsOf(c)) },
        { component: 'head' },
      ),
    }),
    ForTokenClassification: (c, body) => ({ transformer: body, classifier: taskHead(c.d_model, labelsOf(c)) }),
    ForQuestionAnswering: (c, body) => ({ ...body, qa_outputs: taskHead(c.d_model, labelsOf(c)) }),
    Model: bareModel,
  },
});
