import type { Meaning } from '../meanings';
import { isQuantMeaning } from '../quantization/keys';
import type { Reader } from '../view';
import {
  readAttentionInterval,
  readContextLimit,
  readHeadWidth,
  readKeyValueHeads,
  readLatentRank,
  readLayerTypes,
  readQueryRank,
  readState,
  readWindow,
} from './cache';
import { readDenseLayers, readExperts, readExpertsPerToken, readNextToken, readSharedExperts } from './experts';
import { readDtype } from './files';
import { readQuantKey } from './quantization';
import { withMedia } from './media';
import { readRope } from './rope';
import {
  readDecided,
  readFeedForward,
  readHeads,
  readLayers,
  readPart,
  readStateSpaceWidth,
  readTable,
  readTying,
  readVocabulary,
} from './sizes';

/** Who reads a key of each meaning; the others decide parameters or nothing. */
const readers: Readonly<Partial<Record<Meaning, Reader>>> = {
  layers: readLayers,
  vocabulary: readVocabulary,
  heads: readHeads,
  kvHeads: readKeyValueHeads,
  multiQuery: readKeyValueHeads,
  headDim: readHeadWidth,
  ropeHeadDim: readHeadWidth,
  intermediateSize: readFeedForward,
  expertWidth: readFeedForward,
  sharedExpertWidth: readFeedForward,
  contextLimit: readContextLimit,
  dtype: readDtype,
  tiedEmbeddings: readTying,
  experts: readExperts,
  expertsPerToken: readExpertsPerToken,
  sharedExperts: readSharedExperts,
  denseLayers: readDenseLayers,
  expertInterval: readDenseLayers,
  kvRank: readLatentRank,
  queryRank: readQueryRank,
  slidingWindow: readWindow,
  layerTypes: readLayerTypes,
  attentionInterval: readAttentionInterval,
  stateSize: readState('recurrent'),
  convKernel: readState('convolution'),
  ssmWidth: readStateSpaceWidth,
  ssmExpansion: readStateSpaceWidth,
  linearValueHeads: readState('recurrent'),
  positionEmbeddings: readTable('positions'),
  typeVocabulary: readTable('segments'),
  ropeScaling: readRope,
  ropeFactor: readRope,
  nextTokenLayers: readNextToken,
  textSection: readPart('text'),
  visionSection: withMedia('image', readPart('vision')),
  audioSection: withMedia('audio', readPart('audio')),
  imageSize: withMedia('image', readDecided),
  patchSize: withMedia('image', readDecided),
  patchMerge: withMedia('image', readDecided),
  imageTokens: withMedia('image', readDecided),
  audioTokens: withMedia('audio', readDecided),
  melBins: withMedia('audio', readDecided),
};

export const readerOf = (meaning: Meaning): Reader => readers[meaning] ?? (isQuantMeaning(meaning) ? readQuantKey : readDecided);
