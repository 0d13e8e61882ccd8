/** What the keys of a config mean, whatever a family calls them. */
import type { JsonObject } from '../config/json';
import { quantKey, type QuantMeaning } from './quantization/keys';

/** A meaning that keys of several families share. Counts and sizes are integers; a comment says what is not plain from the name. */
export type Meaning =
  /** Width of the hidden state between layers. */
  | 'hiddenSize'
  | 'layers'
  /** Rows of the embedding table. */
  | 'vocabulary'
  /** Width of the embedding table where it differs from the hidden state's. */
  | 'embeddingSize'
  | 'heads'
  | 'kvHeads'
  | 'headDim'
  /** true: one key/value head for all (falcon); or that another key gives their number (chatglm). */
  | 'multiQuery'
  /** Inner width of a feed-forward network; of the experts in families that have no other key for it. */
  | 'intermediateSize'
  /** Tokens that the model was made for. */
  | 'contextLimit'
  /** Tokens before the context was extended by rope scaling. */
  | 'originalContext'
  | 'dtype'
  /** Whether embedding and output head share their weights. */
  | 'tiedEmbeddings'
  /** Number of routed experts per layer. */
  | 'experts'
  | 'expertsPerToken'
  /** Inner width of one routed expert. */
  | 'expertWidth'
  /** Number of experts per layer that see every token. */
  | 'sharedExperts'
  | 'sharedExpertWidth'
  /** First layers, or listed ones, without experts. */
  | 'denseLayers'
  /** Every so many layers, one has experts. */
  | 'expertInterval'
  /** Rank of the latent vector that stands for keys and values (multi-head latent attention). */
  | 'kvRank'
  /** Rank of the queries' down-projection. */
  | 'queryRank'
  | 'ropeHeadDim'
  | 'nopeHeadDim'
  | 'valueHeadDim'
  /** Tokens that a windowed layer sees, the current one included. */
  | 'slidingWindow'
  /** Whether the window is used at all. */
  | 'windowEnabled'
  /** One entry per layer: how it mixes tokens. */
  | 'layerTypes'
  /** Every so many layers, one sees everything or attends at all. */
  | 'attentionInterval'
  /** State elements per channel of a state-space layer. */
  | 'stateSize'
  /** Taps of a state-space or linear-attention layer's causal convolution. */
  | 'convKernel'
  | 'ssmHeads'
  | 'ssmHeadDim'
  | 'ssmGroups'
  /** Inner width of a state-space layer. */
  | 'ssmWidth'
  /** Inner width of a state-space layer as a multiple of the hidden size. */
  | 'ssmExpansion'
  | 'timeStepRank'
  | 'linearKeyHeads'
  | 'linearKeyHeadDim'
  | 'linearValueHeads'
  | 'linearValueHeadDim'
  /** Rows of a table of learned positions that bounds no context. */
  | 'positionEmbeddings'
  | 'typeVocabulary'
  | 'attentionBias'
  | 'mlpBias'
  /** The object that says how positions beyond the original context are reached. */
  | 'ropeScaling'
  /** By how much the original context is stretched. */
  | 'ropeFactor'
  /** Layers that predict further tokens (multi-token prediction). */
  | 'nextTokenLayers'
  /** The object that says how the checkpoint is quantized. */
  | 'quantization'
  | QuantMeaning
  | 'modelType'
  | 'architectures'
  /** Sections of a composite. */
  | 'textSection'
  | 'visionSection'
  | 'audioSection'
  | 'imageSize'
  | 'patchSize'
  | 'imageChannels'
  /** Patches along each side that are merged into one before the text model sees them. */
  | 'patchMerge'
  /** Frames that share one patch. */
  | 'temporalPatch'
  /** Width of the projection out of a tower. */
  | 'projectionSize'
  /** Inner width of a feed-forward network as a multiple of the hidden size. */
  | 'mlpRatio'
  | 'melBins'
  /** Tokens that an image, or a piece of one, becomes. */
  | 'imageTokens'
  | 'audioTokens';

/** Which half of an encoder-decoder a key belongs to, where the key's name says so. */
export type Side = 'encoder' | 'decoder';

/** What the section around a key describes; `quantization` and `rope` are no parts of a model. */
export type SectionKind = 'model' | 'text' | 'vision' | 'audio' | 'encoder' | 'decoder' | 'quantization' | 'rope';

export interface KeyMeaning {
  readonly meaning: Meaning;
  readonly side?: Side;
}

type Table = Readonly<Partial<Record<Meaning, readonly string[]>>>;

/** Names as transformers and the publishers' own code spell them. */
const anywhere: Table = {
  hiddenSize: ['hidden_size', 'n_embd', 'd_model', 'dim', 'model_dim', 'embed_dim', 'vt_hidden_size'],
  layers: ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers', 'vt_num_hidden_layers'],
  vocabulary: ['vocab_size', 'padded_vocab_size', 'n_vocab'],
  embeddingSize: ['embedding_size', 'word_embed_proj_dim'],
  heads: ['num_attention_heads', 'n_head', 'n_heads', 'num_heads', 'attention_heads', 'vt_num_attention_heads'],
  kvHeads: ['num_key_value_heads', 'num_kv_heads', 'n_head_kv', 'kv_n_heads', 'n_kv_heads', 'multi_query_group_num'],
  headDim: ['head_dim', 'd_kv', 'kv_channels', 'attention_head_dim'],
  multiQuery: ['multi_query', 'multi_query_attention'],
  intermediateSize: [
    'intermediate_size',
    'ffn_dim',
    'd_ff',
    'n_inner',
    'ffn_hidden_size',
    'block_ff_dim',
    'mlp_dim',
    'vt_intermediate_size',
  ],
  contextLimit: [
    'max_position_embeddings',
    'n_positions',
    'n_ctx',
    'max_seq_len',
    'max_seq_length',
    'max_sequence_length',
    'context_length',
    'seq_length',
    'seq_len',
    'model_max_length',
  ],
  originalContext: ['original_max_position_embeddings'],
  dtype: ['torch_dtype', 'dtype'],
  tiedEmbeddings: ['tie_word_embeddings'],
  experts: ['num_local_experts', 'n_routed_experts', 'num_experts', 'moe_num_experts', 'num_routed_experts'],
  expertsPerToken: ['num_experts_per_tok', 'num_experts_per_token', 'experts_per_token', 'moe_top_k', 'moe_topk', 'top_k_experts', 'moe_k'],
  expertWidth: ['moe_intermediate_size', 'expert_intermediate_size', 'moe_ffn_hidden_size'],
  sharedExperts: ['n_shared_experts', 'num_shared_experts', 'num_shared_expert', 'moe_num_shared_experts'],
  sharedExpertWidth: ['shared_expert_intermediate_size', 'shared_intermediate_size', 'moe_shared_expert_intermediate_size'],
  denseLayers: ['first_k_dense_replace', 'num_dense_layers', 'mlp_only_layers', 'moe_layer_start_index'],
  expertInterval: ['decoder_sparse_step', 'moe_layer_freq', 'expert_layer_period', 'interleave_moe_layer_step', 'moe_layer_interval'],
  kvRank: ['kv_lora_rank'],
  queryRank: ['q_lora_rank'],
  ropeHeadDim: ['qk_rope_head_dim'],
  nopeHeadDim: ['qk_nope_head_dim'],
  valueHeadDim: ['v_head_dim'],
  slidingWindow: ['sliding_window', 'sliding_window_size', 'window_size', 'attention_window', 'attention_chunk_size'],
  windowEnabled: ['use_sliding_window'],
  layerTypes: ['layer_types', 'layers_block_type', 'attention_types', 'hybrid_override_pattern', 'attn_type_list'],
  attentionInterval: ['sliding_window_pattern', '_sliding_window_pattern', 'full_attention_interval', 'attn_layer_period'],
  stateSize: ['state_size', 'mamba_d_state', 'ssm_state_size', 'd_state'],
  convKernel: ['conv_kernel', 'mamba_d_conv', 'd_conv', 'conv_L_cache', 'linear_conv_kernel_dim'],
  ssmHeads: ['mamba_n_heads', 'mamba_num_heads'],
  ssmWidth: ['mamba_d_ssm'],
  ssmHeadDim: ['mamba_d_head', 'mamba_head_dim'],
  ssmGroups: ['mamba_n_groups'],
  ssmExpansion: ['mamba_expand', 'expand'],
  timeStepRank: ['time_step_rank', 'mamba_dt_rank'],
  linearKeyHeads: ['linear_num_key_heads'],
  linearKeyHeadDim: ['linear_key_head_dim'],
  linearValueHeads: ['linear_num_value_heads'],
  linearValueHeadDim: ['linear_value_head_dim'],
  typeVocabulary: ['type_vocab_size'],
  attentionBias: ['attention_bias', 'qkv_bias', 'use_qkv_bias', 'add_qkv_bias'],
  mlpBias: ['mlp_bias'],
  ropeScaling: ['rope_scaling', 'rope_parameters'],
  nextTokenLayers: ['num_nextn_predict_layers', 'mtp_num_hidden_layers', 'num_mtp_modules'],
  quantization: ['quantization_config', 'quantization', 'compression_config'],
  quantBits: ['quantization_bit'],
  modelType: ['model_type'],
  architectures: ['architectures'],
  textSection: ['text_config', 'language_config', 'llm_config'],
  visionSection: ['vision_config', 'visual', 'vit_config', 'vision_model_config'],
  audioSection: ['audio_config', 'audio_encoder_config', 'speech_config'],
  patchMerge: ['spatial_merge_size'],
  melBins: ['num_mel_bins'],
  imageTokens: ['mm_tokens_per_image', 'image_seq_length', 'vision_soft_tokens_per_image', 'query_num'],
  audioTokens: ['audio_soft_tokens_per_image'],
};

/** Names that mean this inside a tower only. */
const inTowers: Table = {
  layers: ['depth', 'layers'],
  hiddenSize: ['width'],
  imageSize: ['image_size'],
  patchSize: ['patch_size'],
  imageChannels: ['num_channels', 'in_channels', 'in_chans'],
  temporalPatch: ['temporal_patch_size'],
  projectionSize: ['projection_dim', 'out_hidden_size', 'output_dim'],
  mlpRatio: ['mlp_ratio'],
  positionEmbeddings: ['num_position_embeddings'],
};

const inRope: Table = { ropeFactor: ['factor'], originalContext: ['original_max_position_embeddings'] };

/** Names that say which half of an encoder-decoder they belong to. */
const ofSides: Readonly<Record<string, readonly [Meaning, Side]>> = {
  encoder_layers: ['layers', 'encoder'],
  decoder_layers: ['layers', 'decoder'],
  num_decoder_layers: ['layers', 'decoder'],
  encoder_attention_heads: ['heads', 'encoder'],
  decoder_attention_heads: ['heads', 'decoder'],
  encoder_ffn_dim: ['intermediateSize', 'encoder'],
  decoder_ffn_dim: ['intermediateSize', 'decoder'],
  max_source_positions: ['contextLimit', 'encoder'],
  max_target_positions: ['contextLimit', 'decoder'],
};

const index = (table: Table): ReadonlyMap<string, KeyMeaning> =>
  new Map(Object.entries(table).flatMap(([meaning, names]) => names.map((name) => [name, { meaning: meaning as Meaning }] as const)));

const general = new Map<string, KeyMeaning>([
  ...index(anywhere),
  ...Object.entries(ofSides).map(([name, [meaning, side]]) => [name, { meaning, side }] as const),
]);
const tower = new Map([...general, ...index(inTowers)]);
const bySection: Readonly<Record<Exclude<SectionKind, 'quantization'>, ReadonlyMap<string, KeyMeaning>>> = {
  model: general,
  text: general,
  encoder: general,
  decoder: general,
  vision: tower,
  audio: tower,
  rope: index(inRope),
};

/** Names of a state-space model's own heads and inner width, which families without other mixers give no prefix. */
const ssmNames: Readonly<Record<string, Meaning>> = {
  num_heads: 'ssmHeads',
  head_dim: 'ssmHeadDim',
  n_groups: 'ssmGroups',
  intermediate_size: 'ssmWidth',
};

/**
 * What a key means, or `undefined` for one that buys or saves nothing.
 *
 * @param siblings the object that the key stands in: a few names mean something else beside certain others
 */
export function meaningOf(key: string, section: SectionKind, siblings: JsonObject): KeyMeaning | undefined {
  // DistilBERT calls its width dim and its feed-forward width hidden_dim.
  if (key === 'hidden_dim') return { meaning: siblings['dim'] === undefined ? 'hiddenSize' : 'intermediateSize' };
  const ssm = siblings['state_size'] !== undefined && siblings['num_attention_heads'] === undefined && Object.hasOwn(ssmNames, key);
  if (ssm && ssmNames[key] !== undefined) return { meaning: ssmNames[key] };
  if (section === 'quantization') return quantKey(key, 'block', siblings[key]);
  return bySection[section].get(key);
}

/** The kind of section that a key holds, or `undefined` where its object is none that is read here. */
export function sectionKind(key: string): SectionKind | undefined {
  if (key === 'encoder' || key === 'decoder') return key;
  switch (general.get(key)?.meaning) {
    case 'textSection':
      return 'text';
    case 'visionSection':
      return 'vision';
    case 'audioSection':
      return 'audio';
    case 'quantization':
      return 'quantization';
    case 'ropeScaling':
      return 'rope';
    default:
      return undefined;
  }
}
