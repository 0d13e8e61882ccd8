/**
 * What the keys of a quantization block mean, by the object that they stand in. Names: transformers
 * utils/quantization_config.py; ModelCloud/GPTQModel gptqmodel/quantization/config.py; vllm-project/compressed-tensors
 * quantization/{quant_config,quant_scheme,quant_args}.py; NVIDIA/Model-Optimizer modelopt/torch/export; intel/auto-round
 * auto_round/export; ml-explore/mlx-lm utils.py; turboderp-org/exllamav2 and exllamav3 conversion; amd/quark-documentation.
 */
import { isObject, type JsonValue } from '../../config/json';

/** A meaning of keys in a quantization block. Those that several formats call differently are one. */
export type QuantMeaning =
  | 'quantMethod'
  | 'quantBits'
  /** A switch for one width of bits. */
  | 'quantLoad'
  /** Weights along a row that share a scale. */
  | 'quantGroupSize'
  /** Rows and columns that share a scale. */
  | 'quantBlockShape'
  /** What shares a scale: a tensor, a row, a group. */
  | 'quantStrategy'
  /** Integers or floats, and which. */
  | 'quantNumberType'
  | 'quantSymmetric'
  | 'quantZeroPoint'
  | 'quantActOrder'
  /** Whether the output head is quantized, too. */
  | 'quantHead'
  | 'quantHeadBits'
  /** Whether embeddings are quantized, too. */
  | 'quantEmbeddings'
  | 'quantUntie'
  /** Modules that keep the checkpoint's own type. */
  | 'quantSkip'
  /** Modules or classes that are quantized. */
  | 'quantTargets'
  | 'quantGroups'
  | 'quantGroup'
  | 'quantWeights'
  | 'quantActivations'
  /** A property of how activations are quantized. */
  | 'quantActivationDetail'
  | 'quantOutputs'
  | 'quantCache'
  /** A property of how the cache is quantized. */
  | 'quantCacheDetail'
  /** Whether ranges are taken while the model runs or stored. */
  | 'quantDynamicRanges'
  /** Modules with settings of their own. */
  | 'quantModuleRules'
  | 'quantModule'
  /** The layout of the packed tensors. */
  | 'quantPacking'
  | 'quantBackend'
  /** The type that packed words have in the file. */
  | 'quantPackType'
  | 'quantDoubleQuant'
  | 'quantFourBitType'
  | 'quantComputeType'
  | 'quantOutlierThreshold'
  | 'quantFullWeights'
  | 'quantOffload'
  | 'quantScaleType'
  | 'quantCalibration'
  /** Settings of the search for good packed values. */
  | 'quantSearch'
  | 'quantProvenance'
  /** How far the quantization came. */
  | 'quantStatus'
  | 'quantSparsity'
  | 'quantTransforms'
  | 'quantActivationBound'
  | 'quantDequantize'
  | 'quantCodebooks'
  | 'quantCodeBits'
  | 'quantVectorLength'
  | 'quantAxis'
  /** Scales that are quantized themselves. */
  | 'quantMeta'
  /** An object that holds settings of the method. */
  | 'quantSettings'
  | 'quantOutliers'
  | 'quantShapes'
  | 'quantBias'
  | 'quantTernary'
  | 'quantAdapter';

/** Objects of a quantization block, by what their keys are about. */
export type QuantScope =
  | 'block'
  | 'groups'
  | 'group'
  | 'weights'
  | 'activations'
  | 'cache'
  | 'modules'
  /** A single module's own settings. */
  | 'module'
  | 'calibration'
  | 'search'
  | 'provenance'
  | 'sparsity'
  | 'transforms'
  | 'backend';

export interface QuantKey {
  readonly meaning: QuantMeaning;
  /** What the keys of its object are about, where it holds one. */
  readonly inner: QuantScope;
  /** One of many: the name of a module, which no list of keys has. */
  readonly module: boolean;
}

/** Keys of a tensor's settings, wherever they stand; names apart by a space. */
const ofTensor: Readonly<Partial<Record<QuantMeaning, string>>> = {
  quantBits: 'bits w_bit num_bits nbits wbits weight_bits weight_bit',
  quantGroupSize: 'group_size q_group_size weight_group_size',
  quantBlockShape: 'weight_block_size block_structure',
  quantStrategy: 'strategy qscheme channel_wise ch_axis',
  quantNumberType: 'type data_type fmt mode forward_dtype mx_element_dtype',
  quantSymmetric: 'sym symmetric',
  quantZeroPoint: 'zero_point',
  quantActOrder: 'desc_act actorder',
  quantScaleType: 'scale_fmt scale_dtype scale_format scale_type zp_dtype',
  quantAxis: 'axis',
  quantDynamicRanges: 'is_dynamic',
  quantSearch: 'observer observer_kwargs observer_cls round_method scale_calculation_mode is_scale_quant',
};

const inBlock: Readonly<Partial<Record<QuantMeaning, string>>> = {
  ...ofTensor,
  quantMethod: 'quant_method quant_algo moe_quant_algo quant_type _type',
  quantLoad: 'load_in_4bit load_in_8bit _load_in_4bit _load_in_8bit',
  quantHead: 'lm_head quant_lm_head',
  quantHeadBits: 'head_bits',
  quantEmbeddings: 'include_input_output_embeddings include_embedding',
  quantUntie: 'untie_embedding_weights',
  quantSkip:
    'modules_to_not_convert ignore ignored_layers llm_int8_skip_modules exclude_modules exclude skip_modules linear_weights_not_to_quantize',
  quantTargets: 'targets modules_in_block_to_quantize block_name_to_quantize to_quant_block_names module_name_preceding_first_block',
  quantGroups: 'config_groups',
  quantGroup: 'global_quant_config',
  quantWeights: 'weights weight',
  quantActivations: 'input_activations input_tensors activations act_quant',
  quantActivationDetail: 'act_bits act_group_size act_sym act_data_type',
  quantOutputs: 'output_activations output_tensors softmax_quant_spec',
  quantCache: 'kv_cache_scheme kv_cache_quant_algo kv_cache_quant_config',
  quantCacheDetail: 'kv_cache_group min_kv_scale',
  quantDynamicRanges: 'activation_scheme act_dynamic is_dynamic',
  quantModuleRules:
    'extra_config quantized_layers layer_quant_config layer_type_quant_config config_for_layers shared_layer_config tensor_storage dynamic_config',
  quantPacking: 'format packing_format checkpoint_format is_marlin_format pack_method weight_format export int4_packing_format v2',
  quantBackend:
    'backend exllama_config use_exllama disable_exllama use_cuda_fp16 do_fuse modules_to_fuse fuse_max_seq_len max_input_length run_compressed pseudoquantization layout tune_metadata inner_k_tiles set_inductor_config fused use_hqq weight_merge_groups quant_mode',
  quantPackType: 'pack_dtype bnb_4bit_quant_storage is_indice_packed indices_as_float idx_dtype packsz view_as_float',
  quantDoubleQuant: 'bnb_4bit_use_double_quant',
  quantFourBitType: 'bnb_4bit_quant_type',
  quantComputeType: 'bnb_4bit_compute_dtype compute_dtype backward_dtype',
  quantOutlierThreshold: 'llm_int8_threshold',
  quantFullWeights: 'llm_int8_has_fp16_weight store_master_weights',
  quantOffload: 'llm_int8_enable_fp32_cpu_offload',
  quantCalibration:
    'dataset nsamples seqlen batch_size calibration tokenizer model_seqlen pad_token_id cache_block_outputs low_gpu_mem_usage offload_to_disk',
  quantSearch:
    'optimize round_zero damp_percent damp_auto_increment true_sequential static_groups mse act_group_aware iters lr minmax_lr gradient_accumulate_steps enable_quanted_input enable_minmax_tuning enable_norm_bias_tuning not_use_best_mse amp sampler algo_config forward_method enable_proxy_error scale_search min_sqnr gptaq failsafe',
  quantProvenance:
    'producer meta model_name_or_path model_file_base_name global_compression_ratio autoround_version provider quant_version _version codebook_version model_version',
  quantStatus: 'quantization_status',
  quantSparsity: 'sparsity_config sparsity',
  quantTransforms:
    'transform_config rotation hadamard_size hadamard_group_size transform_init rescale_WH resid_scale_override out_scales enable_perm enable_norm use_rms_norm rms_norm_eps',
  quantActivationBound: 'activation_scale_ub',
  quantDequantize: 'dequantize',
  quantCodebooks: 'num_codebooks num_centroids num_res_centroids codebook group_num',
  quantCodeBits: 'nbits_per_codebook codesz',
  quantVectorLength: 'in_group_size out_group_size vector_lens p',
  quantMeta: 'quant_zero quant_scale offload_meta scale_quant_params zero_quant_params super_bits super_group_size',
  quantSettings: 'quant_config weight_quant_params quip_params quant_type_kwargs _data default',
  quantOutliers: 'outlier_size beta1 beta2',
  quantShapes: 'shapes in_features out_features',
  quantBias: 'bias',
  quantTernary: 'linear_class quantization_mode',
  quantAdapter: 'adapter lora_rank',
};

const table = (names: Readonly<Partial<Record<QuantMeaning, string>>>): ReadonlyMap<string, QuantMeaning> =>
  new Map(Object.entries(names).flatMap(([meaning, keys]) => keys.split(' ').map((key) => [key, meaning as QuantMeaning] as const)));

/** The keys that an object of each scope may have, and what every other key in it is. */
const scopes: Readonly<Record<QuantScope, { readonly keys: ReadonlyMap<string, QuantMeaning>; readonly rest?: QuantMeaning }>> = {
  block: { keys: table(inBlock) },
  group: { keys: table(inBlock) },
  groups: { keys: new Map(), rest: 'quantGroup' },
  weights: {
    keys: table({ ...ofTensor, quantNumberType: `${ofTensor.quantNumberType} dtype`, quantDynamicRanges: 'is_dynamic dynamic' }),
    rest: 'quantSearch',
  },
  activations: {
    keys: table({ quantDynamicRanges: 'is_dynamic dynamic', quantSearch: ofTensor.quantSearch ?? '' }),
    rest: 'quantActivationDetail',
  },
  cache: { keys: table({ quantSearch: ofTensor.quantSearch ?? '' }), rest: 'quantCacheDetail' },
  modules: { keys: new Map(), rest: 'quantModule' },
  module: { keys: table(inBlock) },
  calibration: { keys: new Map(), rest: 'quantCalibration' },
  search: { keys: new Map(), rest: 'quantSearch' },
  provenance: { keys: table({ quantSearch: inBlock.quantSearch ?? '' }), rest: 'quantProvenance' },
  sparsity: { keys: new Map(), rest: 'quantSparsity' },
  transforms: { keys: new Map(), rest: 'quantTransforms' },
  backend: { keys: new Map(), rest: 'quantBackend' },
};

const innerScopes: Readonly<Partial<Record<QuantMeaning, QuantScope>>> = {
  quantGroups: 'groups',
  quantGroup: 'group',
  quantWeights: 'weights',
  quantActivations: 'activations',
  quantOutputs: 'activations',
  quantActivationDetail: 'activations',
  quantCache: 'cache',
  quantCacheDetail: 'cache',
  quantModuleRules: 'modules',
  quantModule: 'module',
  quantCalibration: 'calibration',
  quantSearch: 'search',
  quantProvenance: 'provenance',
  quantSparsity: 'sparsity',
  quantTransforms: 'transforms',
  quantBackend: 'backend',
};

/** Words of AutoAWQ for its packings; everywhere else `version` is who wrote the block. */
const packings: ReadonlySet<JsonValue | undefined> = new Set(['gemm', 'gemv', 'gemv_fast', 'marlin', 'exllama', 'ipex', 'GEMM', 'GEMV']);

/** A few names mean something else with another kind of value. */
function byValue(key: string, scope: QuantScope, value: JsonValue | undefined): QuantMeaning | undefined {
  if (scope !== 'block' && scope !== 'group' && scope !== 'module') return undefined;
  if (key === 'version') return packings.has(value) ? 'quantPacking' : 'quantProvenance';
  if (key === 'dynamic') return typeof value === 'boolean' ? 'quantDynamicRanges' : 'quantModuleRules';
  if ((key === 'weights' || key === 'weight') && typeof value === 'string') return 'quantNumberType';
  // MLX names single modules among the settings of all: an object of their own, or false.
  if (isObject(value)) return key.includes('.') || (key === 'lm_head' && value['bits'] !== undefined) ? 'quantModule' : undefined;
  return value === false && key.includes('.') ? 'quantModule' : undefined;
}

/**
 * What a key of a quantization block means, or `undefined` for a key that no format is known to have.
 *
 * @param value what it holds: a few names mean something else with another kind of value
 */
export function quantKey(key: string, scope: QuantScope, value: JsonValue | undefined): QuantKey | undefined {
  const { keys, rest } = scopes[scope];
  const meaning = byValue(key, scope, value) ?? keys.get(key) ?? rest;
  return meaning && { meaning, inner: innerScopes[meaning] ?? 'block', module: meaning === 'quantModule' };
}

export const isQuantMeaning = (meaning: string): meaning is QuantMeaning => meaning.startsWith('quant') && meaning !== 'quantization';
