import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyzeText, insightAt as lookUp, type Analysis, type Explanation, type JsonObject } from '../../../src/engine/index';
import { isObject } from '../../../src/engine/config/json';
import { recognisedAt, recognisedKeys } from '../../../src/engine/insights/sections';
import { analysisOf, deepseek, hintAt, insightAt, insightsOf, llama, settings, type Config } from './models';

const withBlock = (block: Config, name = 'quantization_config'): Config => ({ ...llama, [name]: block });
const at = (config: Config, path: string): Explanation => insightAt(config, `quantization_config.${path}`).explain();
const bytesOf = (config: Config): number => analysisOf(config).checkpoint.bytes + analysisOf(config).checkpoint.extras.textBytes;
const hint = (config: Config, path: string) => insightAt(config, `quantization_config.${path}`).hint;

const gptq = { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: true, sym: true, lm_head: false, checkpoint_format: 'gptq' };
const nf4 = { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4', bnb_4bit_use_double_quant: false };
const weights = { num_bits: 4, type: 'int', symmetric: true, strategy: 'group', group_size: 128, dynamic: false, actorder: null };
const packed = {
  quant_method: 'compressed-tensors',
  format: 'pack-quantized',
  ignore: ['lm_head'],
  kv_cache_scheme: { num_bits: 8, type: 'float', dynamic: false },
  config_groups: { group_0: { targets: ['Linear'], input_activations: null, weights } },
};
const ofWeights = (changed: Config): Config =>
  withBlock({
    ...packed,
    config_groups: { group_0: { targets: ['Linear'], input_activations: null, weights: { ...weights, ...changed } } },
  });
const inWeights = 'config_groups.group_0.weights';

/** Keys as the writers of each format spell them (sources: src/engine/insights/quantization/keys.ts). */
const blocks: Readonly<Record<string, JsonObject>> = JSON.parse(`{
  "gptq": {"bits": 4, "group_size": 128, "damp_percent": 0.01, "static_groups": false, "true_sequential": true, "model_name_or_path": null,
    "pack_dtype": "int32", "meta": {"quantizer": ["gptqmodel:4.0"], "uri": "u", "mse": 0}, "dynamic": {"-:.*down_proj": {}}, "dataset": null,
    "modules_in_block_to_quantize": null, "use_exllama": true, "tokenizer": null, "max_input_length": null},
  "awq": {"w_bit": 4, "q_group_size": 128, "zero_point": true, "version": "GEMM", "do_fuse": false, "fuse_max_seq_len": null, "backend": "autoawq"},
  "bitsandbytes": {"_load_in_4bit": true, "bnb_4bit_compute_dtype": "bfloat16", "bnb_4bit_quant_storage": "uint8", "llm_int8_threshold": 6,
    "llm_int8_has_fp16_weight": false, "llm_int8_enable_fp32_cpu_offload": false, "llm_int8_skip_modules": null},
  "fp8": {"activation_scheme": "dynamic", "fmt": "e4m3", "scale_fmt": "ue8m0", "weight_block_size": [128, 128], "ignored_layers": [], "dequantize": false},
  "compressed-tensors": {"quantization_status": "compressed", "global_compression_ratio": null, "sparsity_config": {}, "transform_config": {},
    "config_groups": {"group_0": {"output_activations": null, "format": null, "targets": [], "input_activations": {"num_bits": 8, "dynamic": true},
      "weights": {"block_structure": null, "observer": "mse", "observer_kwargs": {}, "scale_dtype": null, "zp_dtype": null}}}},
  "modelopt": {"quant_algo": "MIXED_PRECISION", "kv_cache_quant_algo": null, "exclude_modules": [], "producer": {"name": "modelopt"},
    "quantized_layers": {"model.layers.0.mlp.down_proj": {"quant_algo": "NVFP4", "group_size": 16}}},
  "aqlm": {"nbits_per_codebook": 16, "num_codebooks": 1, "in_group_size": 8, "out_group_size": 1, "linear_weights_not_to_quantize": []},
  "vptq": {"config_for_layers": {"model.layers.0.mlp.down_proj": {"num_centroids": [-1, 256], "num_res_centroids": [-1, -1], "vector_lens": [-1, 8],
    "outlier_size": 0, "bias": false, "enable_norm": true, "enable_perm": true, "group_num": 1, "is_indice_packed": true}}},
  "quip": {"quip_params": {"codebook": "E8P12", "codesz": 8, "idx_dtype": "int64", "lora_rank": 0, "packsz": 4, "rescale_WH": false}},
  "hqq": {"quant_config": {"weight_quant_params": {"nbits": 4, "group_size": 64, "axis": 1}, "scale_quant_params": null}, "skip_modules": []},
  "exl3": {"bits": 4, "head_bits": 6, "version": "0.0.1", "calibration": {"rows": 100, "cols": 2048}, "out_scales": "auto"},
  "quark": {"global_quant_config": {"weight": {"dtype": "fp8_e4m3", "qscheme": "per_tensor", "ch_axis": null, "is_dynamic": false, "round_method": "half_even"},
    "input_tensors": {"dtype": "fp8_e4m3"}, "output_tensors": null, "bias": null}, "exclude": [], "layer_quant_config": {}, "quant_mode": "eager_mode",
    "export": {"kv_cache_group": [], "pack_method": "reorder", "weight_format": "real_quantized"}},
  "torchao": {"quant_type": {"default": {"_type": "Int4WeightOnlyConfig", "_version": 1, "_data": {"group_size": 128, "layout": {"_data": {"inner_k_tiles": 8}}}}},
    "include_input_output_embeddings": false, "untie_embedding_weights": false},
  "auto-round": {"packing_format": "auto_round:auto_gptq", "iters": 200, "nsamples": 512, "batch_size": 8, "seqlen": 2048, "data_type": "int",
    "enable_quanted_input": true, "block_name_to_quantize": null, "extra_config": {"model.layers.0.mlp.down_proj": {"bits": 16}}, "autoround_version": "0.5"},
  "bitnet": {"linear_class": "bitlinear", "quantization_mode": "offline", "modules_to_not_convert": null},
  "mlx": {"mode": "affine", "model.layers.0.mlp.down_proj": {"bits": 8, "group_size": 64}, "lm_head": {"bits": 6}, "model.layers.1.mlp.up_proj": false}
}`) as Record<string, JsonObject>;

/** The keys inside of an object, at most so many of each object. */
const keysIn = (object: JsonObject, path: readonly string[], most = Infinity): readonly (readonly string[])[] =>
  Object.entries(object)
    .slice(0, most)
    .flatMap(([key, value]) => [[...path, key], ...(isObject(value) ? keysIn(value, [...path, key], most) : [])]);

const unknownIn = (analysis: Analysis, name: string, block: JsonObject, most?: number): readonly string[] =>
  keysIn(block, [name], most)
    .filter((path) => !recognisedAt(analysis, path))
    .map((path) => path.join('.'));

describe('keys of a quantization block', () => {
  for (const [format, block] of Object.entries(blocks))
    it(`are all recognised: ${format}`, () => {
      const analysis = analysisOf(withBlock({ quant_method: format, bits: 4, ...block }));
      assert.deepEqual(unknownIn(analysis, 'quantization_config', block), []);
    });

  it('are all recognised in every published config', function () {
    const folder = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'truth', 'configs');
    if (!existsSync(folder)) {
      console.log('keys of published quantization blocks: skipped (no ../shared/truth/configs)');
      return this.skip();
    }
    let seen = 0;
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      const { result } = analyzeText(readFileSync(join(folder, file), 'utf8'));
      if (result.kind !== 'model') continue;
      for (const { path, value } of recognisedKeys(result).filter(({ meaning }) => meaning === 'quantization')) {
        if (!isObject(value) || path.length > 1) continue;
        seen++;
        assert.deepEqual(unknownIn(result, path.join('.'), value, 60), [], file);
      }
    }
    assert.ok(seen > 30, `only ${seen} blocks`);
  });

  it('mean what their place and value say', () => {
    const meaning = (config: Config, path: string) => insightAt(config, `quantization_config.${path}`).meaning;
    const dynamic = withBlock({ ...gptq, dynamic: { '-:.*down_proj': {} } });
    assert.equal(meaning(dynamic, 'dynamic'), 'quantModuleRules');
    assert.equal(meaning(withBlock(packed), `${inWeights}.dynamic`), 'quantDynamicRanges');
    assert.equal(meaning(withBlock(packed), `${inWeights}.num_bits`), 'quantBits');
    assert.equal(meaning(withBlock(packed), 'kv_cache_scheme.num_bits'), 'quantCacheDetail');
    assert.equal(meaning(withBlock({ quant_method: 'awq', bits: 4, version: 'gemm' }), 'version'), 'quantPacking');
    assert.equal(meaning(withBlock({ quant_method: 'exl3', bits: 4, version: '0.0.1' }), 'version'), 'quantProvenance');
  });

  it('of single modules are found by their place, and stand in no list', () => {
    const config = withBlock({ bits: 4, group_size: 64, 'model.layers.0.mlp.down_proj': { bits: 8, group_size: 64 } }, 'quantization');
    assert.ok(!insightsOf(config).some(({ path }) => path.includes('model.layers.0.mlp.down_proj')));
    const path = ['quantization', 'model.layers.0.mlp.down_proj'];
    const module = lookUp(analysisOf(config), settings, path);
    assert.equal(module?.meaning, 'quantModule');
    const without = { bits: 4, group_size: 64 };
    const delta = bytesOf(config) - bytesOf(withBlock(without, 'quantization'));
    assert.equal(delta, (4096 * 14336) / 2, 'four bits more per weight');
    assert.deepEqual(module?.explain().effect, { kind: 'difference', delta, against: undefined });
    assert.deepEqual(lookUp(analysisOf(config), settings, [...path, 'bits'])?.explain().effect, {
      kind: 'difference',
      delta,
      against: undefined,
    });
    assert.equal(lookUp(analysisOf(config), settings, ['hidden_size']), undefined);
  });
});

describe('what keys of a quantization block do', () => {
  it('is worked out with the other value of a switch', () => {
    const saved = bytesOf(withBlock(nf4)) - bytesOf(withBlock({ ...nf4, bnb_4bit_use_double_quant: true }));
    assert.ok(saved > 0);
    assert.deepEqual(hint(withBlock(nf4), 'bnb_4bit_use_double_quant'), { kind: 'saving', saved: -saved, possible: true });
    const on = withBlock({ ...nf4, bnb_4bit_use_double_quant: true });
    assert.deepEqual(hint(on, 'bnb_4bit_use_double_quant'), { kind: 'saving', saved, possible: false });
    const [change] = insightAt(on, 'quantization_config.bnb_4bit_use_double_quant').changes();
    assert.deepEqual([change?.value, change && change.weightBytes.delta > 0], [false, true]);
  });
  it('is nothing for the order of columns in GPTQ, and zero points either way for symmetry', () => {
    assert.deepEqual(hint(withBlock(gptq), 'desc_act'), { kind: 'noBytes' });
    assert.equal(hint(withBlock({ ...gptq, desc_act: false }), 'desc_act'), undefined);
    const groups = (4096 * 14336 * 3 + 4096 * (4096 * 2 + 1024 * 2)) / 128;
    assert.deepEqual(hint(withBlock(gptq), 'sym'), { kind: 'zeros', bytes: (32 * groups) / 2, either: true });
  });
  it('is a saving where the format leaves zero points out', () => {
    const zeros = bytesOf(ofWeights({ symmetric: false })) - bytesOf(ofWeights({}));
    assert.deepEqual(hint(ofWeights({}), `${inWeights}.symmetric`), { kind: 'saving', saved: zeros, possible: false });
    assert.deepEqual(hint(ofWeights({ symmetric: false }), `${inWeights}.symmetric`), { kind: 'zeros', bytes: zeros, either: false });
    const float = ofWeights({ type: 'float', num_bits: 8 });
    assert.equal(hint(float, `${inWeights}.symmetric`), undefined, 'floats have no zero point');
  });
  it('is an index per column where compressed-tensors orders groups', () => {
    const ordered = ofWeights({ actorder: 'group' });
    const added = bytesOf(ordered) - bytesOf(ofWeights({}));
    assert.equal(added, 32 * (6 * 4096 + 14336) * 4);
    assert.deepEqual(hint(ordered, `${inWeights}.actorder`), { kind: 'saving', saved: -added, possible: false });
    assert.deepEqual(hint(ofWeights({ actorder: 'weight' }), `${inWeights}.actorder`), { kind: 'noBytes' });
  });
  it('is half of the cache, at the limit of context', () => {
    const gib = 2 ** 30;
    assert.deepEqual(hint(withBlock(packed), 'kv_cache_scheme'), {
      kind: 'smallerCache',
      from: { tokens: 131072, bytes: 16 * gib },
      to: { tokens: 131072, bytes: 8 * gib },
    });
    const modelopt = withBlock({ quant_method: 'modelopt', quant_algo: 'FP8', kv_cache_quant_algo: 'FP8' });
    assert.equal(hint(modelopt, 'kv_cache_quant_algo')?.kind, 'smallerCache');
    assert.deepEqual(at(withBlock({ ...packed, kv_cache_scheme: null }), 'kv_cache_scheme').effect, { kind: 'none' });
  });
  it('is the head, packed or not', () => {
    const { saved, possible } = hintAt(withBlock(gptq), 'quantization_config.lm_head', 'saving');
    assert.equal(possible, true);
    const on = withBlock({ ...gptq, lm_head: true });
    assert.equal(bytesOf(withBlock(gptq)) - bytesOf(on), -saved);
    assert.deepEqual(hint(on, 'lm_head'), { kind: 'saving', saved: -saved, possible: false });
  });
  it('is what a sparse format leaves out, or not known', () => {
    const sparse = withBlock({ ...packed, sparsity_config: { format: 'sparse-24-bitmask', sparsity_structure: '2:4' } });
    const { effect } = at(sparse, 'sparsity_config');
    assert.ok(effect?.kind === 'unknown' || effect?.kind === 'difference', effect?.kind);
    assert.deepEqual(at(withBlock({ ...packed, sparsity_config: {} }), 'sparsity_config').effect, { kind: 'none' });
  });
  it('is what rules for single modules add', () => {
    const rules = withBlock({ ...gptq, dynamic: { '-:.*down_proj': {} } });
    const { saved } = hintAt(rules, 'quantization_config.dynamic', 'saving');
    assert.equal(-saved, bytesOf(rules) - bytesOf(withBlock(gptq)));
    assert.ok(saved < 0);
  });
  it('is said to be nothing for keys that change no byte, without a hint', () => {
    const config = withBlock({ ...nf4, bnb_4bit_compute_dtype: 'bfloat16', bnb_4bit_quant_storage: 'uint8', llm_int8_threshold: 6 });
    for (const key of ['bnb_4bit_quant_type', 'bnb_4bit_compute_dtype', 'bnb_4bit_quant_storage', 'llm_int8_threshold']) {
      assert.deepEqual(at(config, key).effect, { kind: 'none' }, key);
      assert.equal(hint(config, key), undefined, key);
    }
  });
  it('is the plain weights where they are unpacked when loaded', () => {
    const config = { ...llama, quantization_config: { quant_method: 'fp8', weight_block_size: [128, 128], dequantize: true } };
    assert.deepEqual(hint(config, 'dequantize'), { kind: 'expanded', bytes: 2 * 8030261248 });
  });
  it('is not claimed for layouts that are not followed, nor for a block that does not count', () => {
    const odd = withBlock({ quant_method: 'no-such-method', bits: 4, desc_act: true, sparsity_config: { format: 'sparse-24-bitmask' } });
    assert.deepEqual(at(odd, 'desc_act').effect, { kind: 'unknown' });
    assert.deepEqual(at(odd, 'sparsity_config').effect, { kind: 'unknown' });
    assert.equal(hint(odd, 'desc_act'), undefined);
    const both = { ...withBlock(gptq), quantization: { bits: 4, group_size: 64 } };
    assert.equal(hint(both, 'sym'), undefined, 'MLX’s own block comes first');
  });
  it('is of no group alone where several have settings of their own', () => {
    const { group_0: first } = packed.config_groups;
    const two = withBlock({ ...packed, config_groups: { group_0: first, group_1: { ...first, targets: ['re:.*down_proj'] } } });
    assert.equal(hint(two, `${inWeights}.num_bits`), undefined);
    assert.equal(hint(withBlock(packed), `${inWeights}.num_bits`)?.kind, 'packed');
  });
});

describe('next values of keys of a quantization block', () => {
  const changes = (config: Config, path: string) =>
    insightAt(config, `quantization_config.${path}`)
      .changes()
      .map(({ value, weightBytes }) => [value, Math.sign(weightBytes.delta)]);
  it('are other groups, widths and switches', () => {
    assert.deepEqual(changes(withBlock(gptq), 'group_size'), [
      [32, 1],
      [64, 1],
    ]);
    assert.deepEqual(changes(withBlock(gptq), 'bits').at(-1), [8, 1]);
    assert.deepEqual(changes(withBlock(gptq), 'lm_head'), [[true, -1]]);
    assert.deepEqual(changes(withBlock(packed), 'ignore'), [[[], -1]]);
    assert.deepEqual(changes(withBlock(packed), `${inWeights}.symmetric`), [[false, 1]]);
  });
  it('of a switch for a width turn the other width off', () => {
    const [eight] = insightAt(withBlock({ ...nf4, load_in_8bit: false }), 'quantization_config.load_in_8bit').changes();
    assert.deepEqual(
      eight?.edits.map(({ path, value }) => [path.at(-1), value]),
      [
        ['load_in_8bit', true],
        ['load_in_4bit', false],
      ],
    );
  });
});

describe('what keys of a quantization block require', () => {
  it('follows from the scheme and the value', () => {
    assert.deepEqual(at(withBlock(gptq), 'quant_method').requires, ['calibration', 'gptq-kernels']);
    assert.deepEqual(at(withBlock(nf4), 'quant_method').requires, ['no-calibration', 'bitsandbytes']);
    assert.deepEqual(at(withBlock(gptq), 'desc_act').requires, ['act-order-kernels']);
    assert.deepEqual(at(withBlock({ ...gptq, sym: false }), 'sym').requires, ['symmetric-only']);
    assert.deepEqual(at(withBlock({ ...gptq, bits: 3 }), 'bits').requires, ['marlin-bits']);
    assert.deepEqual(at(withBlock({ ...gptq, group_size: 1024 }), 'group_size').requires, ['group-divides', 'marlin-groups']);
    assert.deepEqual(at(withBlock(gptq), 'group_size').requires, ['group-divides']);
    assert.deepEqual(at(withBlock(packed), 'kv_cache_scheme').requires, ['eight-bit-cache']);
    const fp8 = { ...deepseek, quantization_config: { quant_method: 'fp8', activation_scheme: 'dynamic', weight_block_size: [128, 128] } };
    assert.deepEqual(at(fp8, 'activation_scheme').requires, ['fp8-units']);
  });
});
