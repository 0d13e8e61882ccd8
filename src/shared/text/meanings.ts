import type { KeyInsight, Meaning } from '../../engine/index';
import { quantMeanings } from './quantization';
import type { Translate } from './translate';

export interface MeaningText {
  readonly name: string;
  /** What it is, in one sentence; left out where the name says it. */
  readonly about?: string;
}

type Say = (t: Translate) => MeaningText;

const texts: Readonly<Record<Meaning, Say>> = {
  hiddenSize: (t) => ({ name: t('Hidden size'), about: t('Width of the vector that every layer reads and writes for each token.') }),
  layers: (t) => ({ name: t('Layers') }),
  vocabulary: (t) => ({ name: t('Vocabulary'), about: t('Tokens that the model knows: rows of the embedding and of the output head.') }),
  embeddingSize: (t) => ({ name: t('Embedding size'), about: t('Width of the embedding table, projected to the hidden size.') }),
  heads: (t) => ({ name: t('Query heads'), about: t('Heads of attention; each reads the context in its own way.') }),
  kvHeads: (t) => ({ name: t('Key/value heads'), about: t('Heads whose keys and values are cached; query heads share them in groups.') }),
  headDim: (t) => ({ name: t('Head width'), about: t('Width of one attention head.') }),
  multiQuery: (t) => ({ name: t('Multi-query attention'), about: t('All query heads share few key/value heads.') }),
  intermediateSize: (t) => ({
    name: t('Feed-forward width'),
    about: t('Inner width of the layer between attention blocks, where most weights of a dense model are.'),
  }),
  contextLimit: (t) => ({ name: t('Context limit'), about: t('Tokens that the model was made for.') }),
  originalContext: (t) => ({
    name: t('Original context'),
    about: t('Tokens that the model was trained on before its context was extended.'),
  }),
  dtype: (t) => ({ name: t('Dtype'), about: t('Type that the plain weights are stored in.') }),
  tiedEmbeddings: (t) => ({ name: t('Tied embeddings'), about: t('Whether the output head reuses the weights of the embedding.') }),
  experts: (t) => ({ name: t('Routed experts'), about: t('All of them take memory; only a few work on each token.') }),
  expertsPerToken: (t) => ({ name: t('Experts per token'), about: t('They set the work per token, not the memory.') }),
  expertWidth: (t) => ({ name: t('Expert width'), about: t('Inner width of one routed expert.') }),
  sharedExperts: (t) => ({ name: t('Shared experts'), about: t('Experts that see every token.') }),
  sharedExpertWidth: (t) => ({ name: t('Shared expert width') }),
  denseLayers: (t) => ({ name: t('Dense layers'), about: t('Layers with one feed-forward network instead of experts.') }),
  expertInterval: (t) => ({ name: t('Expert interval'), about: t('Every so many layers, one has experts.') }),
  kvRank: (t) => ({
    name: t('Latent rank of keys and values'),
    about: t('Multi-head latent attention caches one short vector per token instead of keys and values of every head.'),
  }),
  queryRank: (t) => ({ name: t('Rank of queries'), about: t('Queries go through a narrow layer, which saves weights but no cache.') }),
  ropeHeadDim: (t) => ({ name: t('Rotary part of a head') }),
  nopeHeadDim: (t) => ({ name: t('Part of a head without positions') }),
  valueHeadDim: (t) => ({ name: t('Value width of a head') }),
  slidingWindow: (t) => ({
    name: t('Sliding window'),
    about: t('Layers with a window keep only the last tokens: their cache stops growing there.'),
  }),
  windowEnabled: (t) => ({ name: t('Sliding window in use') }),
  layerTypes: (t) => ({ name: t('Layer types'), about: t('How each layer mixes tokens.') }),
  attentionInterval: (t) => ({ name: t('Full-attention interval'), about: t('Every so many layers, one sees the whole context.') }),
  stateSize: (t) => ({ name: t('State size'), about: t('A fixed state per sequence takes the place of a cache that grows.') }),
  convKernel: (t) => ({ name: t('Convolution width') }),
  ssmHeads: (t) => ({ name: t('State-space heads') }),
  ssmHeadDim: (t) => ({ name: t('State-space head width') }),
  ssmGroups: (t) => ({ name: t('State-space groups') }),
  ssmWidth: (t) => ({ name: t('State-space width') }),
  ssmExpansion: (t) => ({ name: t('State-space expansion') }),
  timeStepRank: (t) => ({ name: t('Time-step rank') }),
  linearKeyHeads: (t) => ({ name: t('Key heads of linear attention') }),
  linearKeyHeadDim: (t) => ({ name: t('Key head width of linear attention') }),
  linearValueHeads: (t) => ({ name: t('Value heads of linear attention') }),
  linearValueHeadDim: (t) => ({ name: t('Value head width of linear attention') }),
  positionEmbeddings: (t) => ({ name: t('Position embeddings') }),
  typeVocabulary: (t) => ({ name: t('Segment types') }),
  attentionBias: (t) => ({ name: t('Attention bias') }),
  mlpBias: (t) => ({ name: t('Feed-forward bias') }),
  ropeScaling: (t) => ({
    name: t('Rotary position scaling'),
    about: t('Reaches beyond the original context; the cache grows with the tokens that are used.'),
  }),
  ropeFactor: (t) => ({ name: t('Context extension') }),
  nextTokenLayers: (t) => ({
    name: t('Multi-token prediction layers'),
    about: t('Extra layers in the checkpoint for speculative decoding; the reference class does not load them.'),
  }),
  quantization: (t) => ({ name: t('Quantization'), about: t('How the weights of this checkpoint are packed.') }),
  ...quantMeanings,
  modelType: (t) => ({ name: t('Model type') }),
  architectures: (t) => ({ name: t('Architecture'), about: t('The class that is counted: base model and head.') }),
  textSection: (t) => ({ name: t('Text model') }),
  visionSection: (t) => ({ name: t('Vision tower') }),
  audioSection: (t) => ({ name: t('Audio tower') }),
  imageSize: (t) => ({ name: t('Image size') }),
  patchSize: (t) => ({ name: t('Patch size') }),
  imageChannels: (t) => ({ name: t('Image channels') }),
  patchMerge: (t) => ({ name: t('Patch merge'), about: t('Patches along each side that become one token of the text model.') }),
  temporalPatch: (t) => ({ name: t('Frames per patch') }),
  projectionSize: (t) => ({ name: t('Projection size') }),
  mlpRatio: (t) => ({ name: t('Feed-forward ratio') }),
  melBins: (t) => ({ name: t('Mel bins') }),
  imageTokens: (t) => ({ name: t('Tokens of an image'), about: t('Places of the context that one image, or a tile of it, takes.') }),
  audioTokens: (t) => ({ name: t('Tokens of audio'), about: t('Places of the context that one recording takes.') }),
};

/** Meanings that are something else on one side of an encoder-decoder. */
const ofSides: Readonly<Record<NonNullable<KeyInsight['side']>, Readonly<Partial<Record<Meaning, Say>>>>> = {
  encoder: {
    contextLimit: (t) => ({
      name: t('Encoder positions'),
      about: t('Frames of audio after the convolutions, not tokens; cross attention keeps keys and values of every one.'),
    }),
  },
  decoder: { contextLimit: (t) => ({ name: t('Context limit'), about: t('Tokens that the decoder was made for.') }) },
};

/** What a key means, in the reader's language. */
export const meaningText = ({ meaning, side }: Pick<KeyInsight, 'meaning' | 'side'>, t: Translate): MeaningText =>
  ((side && ofSides[side][meaning]) ?? texts[meaning])(t);
