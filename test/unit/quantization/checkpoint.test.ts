import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toJson, type Analysis, type JsonObject } from '../../../src/engine/index';
import { findingSink } from '../../../src/engine/findings';
import { linear, lmHead, router } from '../../../src/engine/modules/blocks';
import { module, repeat } from '../../../src/engine/modules/tree';
import { describeCheckpoint, type Checkpoint } from '../../../src/engine/quantization/checkpoint';
import { takeInventory } from '../../../src/engine/weights/inventory';
import {
  gptOssOf20B,
  llama1Of30B,
  llama2Of13B,
  llama31Of8B,
  llama32Of3B,
  llama33Of70B,
  mistralOf7B,
  modelOf,
  qwen3Of14B,
  qwen3Of30BA3B,
  qwen3Of32B,
} from './models';

const gptq = (bits: number, group_size: number, more: object = {}) => ({
  quant_method: 'gptq',
  bits,
  group_size,
  desc_act: false,
  ...more,
});
const bnb4 = {
  quant_method: 'bitsandbytes',
  load_in_4bit: true,
  bnb_4bit_quant_type: 'nf4',
  bnb_4bit_use_double_quant: true,
  llm_int8_skip_modules: null,
};
const fp8Block = { quant_method: 'fp8', activation_scheme: 'dynamic', weight_block_size: [128, 128] };
const group = (weights: object, more: object = {}) => ({ targets: ['Linear'], weights, input_activations: null, ...more });
const compressed = (format: string, group_0: object, more: object = {}) => ({
  quant_method: 'compressed-tensors',
  format,
  ignore: ['lm_head'],
  config_groups: { group_0 },
  ...more,
});

const checkpointOf = (config: object, block: object): Checkpoint => modelOf(config, block).checkpoint;
const codes = ({ findings }: Analysis): string[] => findings.map(({ code }) => code).filter((code) => code.startsWith('quantization'));

describe('what a checkpoint already is', () => {
  const published: readonly (readonly [title: string, config: object, block: object, scheme: string, bytes: number])[] = [
    ['GPTQ of LLaMA 30B', llama1Of30B, gptq(4, 32, { desc_act: true }), 'gptq-int4-g32-actorder', 19_434_816_512],
    ['GPTQ of Llama 2 13B at 8 bits', llama2Of13B, gptq(8, 128), 'gptq-int8-g128', 13_652_715_520],
    [
      'AWQ of Mistral 7B',
      mistralOf7B,
      { quant_method: 'awq', bits: 4, group_size: 128, version: 'GEMM', zero_point: true },
      'awq-int4-g128',
      4_150_796_288,
    ],
    [
      'AWQ of Qwen3 32B',
      qwen3Of32B,
      { quant_method: 'awq', w_bit: 4, q_group_size: 128, version: 'gemm' },
      'awq-int4-g128',
      19_325_298_688,
    ],
    [
      'LLM.int8 of Llama 3.1 8B, the rest F32',
      { ...llama31Of8B, torch_dtype: 'float32' },
      { quant_method: 'bitsandbytes', load_in_8bit: true },
      'bnb-int8',
      11_188_584_672,
    ],
    ['NF4 with double quantization of Llama 2 13B', llama2Of13B, bnb4, 'bnb-nf4-dq', 7_201_722_880],
    [
      'FP8 per channel of Llama 3.1 8B',
      llama31Of8B,
      compressed(
        'float-quantized',
        group(
          { num_bits: 8, type: 'float', strategy: 'channel', symmetric: true },
          { input_activations: { dynamic: true, num_bits: 8, type: 'float' } },
        ),
      ),
      'fp8-channel',
      9_083_953_152,
    ],
    [
      'packed integers of Llama 3.3 70B',
      llama33Of70B,
      compressed(
        'pack-quantized',
        group({ num_bits: 4, type: 'int', strategy: 'group', group_size: 128, symmetric: true, actorder: 'group' }),
      ),
      'w4a16-g128',
      39_525_311_232,
    ],
    [
      'NVFP4 of Llama 3.3 70B',
      llama33Of70B,
      { quant_method: 'modelopt', quant_algo: 'NVFP4', group_size: 16, exclude_modules: ['lm_head'] },
      'nvfp4',
      42_709_045_632,
    ],
    [
      'MXFP4 of gpt-oss 20B',
      gptOssOf20B,
      { quant_method: 'mxfp4', modules_to_not_convert: ['model.layers.*.self_attn', 'lm_head'] },
      'mxfp4',
      13_761_264_768,
    ],
    [
      'MXFP4 of gpt-oss 120B',
      { ...gptOssOf20B, num_hidden_layers: 36, num_local_experts: 128 },
      { quant_method: 'mxfp4' },
      'mxfp4',
      65_248_815_744,
    ],
    ['MLX of Qwen3 14B', qwen3Of14B, { bits: 4, group_size: 64 }, 'mlx-4bit-g64', 8_307_783_680],
  ];
  for (const [title, config, block, scheme, bytes] of published)
    it(`${title}: ${bytes} bytes`, () => {
      const found = checkpointOf(config, block);
      assert.equal(found.bytes, bytes);
      assert.equal(found.scheme, scheme);
      assert.notEqual(found.basis.kind, 'approximate');
    });

  it('is plain without a block, float32 tensors and buffers included', () => {
    const { checkpoint, parameters } = modelOf(llama31Of8B);
    assert.equal(checkpoint.scheme, 'bf16');
    assert.equal(checkpoint.bytes, 2 * parameters.stored);
    assert.equal(modelOf(llama31Of8B, {}).checkpoint.scheme, 'bf16');
  });
  it('says what the bytes are made of', () => {
    const { bytes, extras } = checkpointOf(llama31Of8B, { quant_method: 'awq', bits: 4, group_size: 128 });
    const packed = extras.quantizedParameters / 2;
    assert.equal(bytes, extras.keptBytes + packed + extras.overheadBytes);
    assert.equal(extras.tensors, 32 * (7 * 3 + 2) + 3);
    assert.equal(extras.textBytes, 0);
  });
  it('shows the state text of bitsandbytes apart', () => {
    const { extras } = checkpointOf(llama2Of13B, bnb4);
    assert.equal(extras.textBytes, 48_000);
  });
});

describe('GPTQ files', () => {
  const bytes = (more: object): number => checkpointOf(llama2Of13B, gptq(4, 128, more)).bytes;
  const zeroBias = 2 * 40 * (4 * 5120 + 2 * 13824 + 5120);

  it('have a zero bias unless something in the block is younger than it', () => {
    for (const more of [{ checkpoint_format: 'gptq' }, { meta: { quantizer: ['gptqmodel:1.4.0'] } }, { dataset: 'c4' }])
      assert.equal(bytes({}) - bytes(more), zeroBias, JSON.stringify(more));
    assert.deepEqual(checkpointOf(llama2Of13B, gptq(4, 128)).basis, { kind: 'rule', reasons: ['gptq-zero-bias'] });
    assert.equal(checkpointOf(llama2Of13B, gptq(4, 128, { checkpoint_format: 'gptq' })).basis.kind, 'exact');
  });
  it('are read in the layout of 2023 when one is told so', () => {
    const { root, inventory } = modelOf(llama2Of13B, gptq(4, 128));
    const old = describeCheckpoint(root, inventory, 'fp16', undefined, { writer: 'gptq-for-llama' });
    const outputs = zeroBias / 2;
    assert.equal(old.bytes - bytes({ checkpoint_format: 'gptq' }), 2 * groupsOf13B() + 4 * outputs - 4 * 40 * (6 * 5120 + 13824));
  });
  const groupsOf13B = (): number => 40 * (4 * 40 * 5120 + 2 * 40 * 13824 + 108 * 5120);

  it('follow the dynamic rules of GPTQModel, first match first', () => {
    const more = {
      checkpoint_format: 'gptq',
      dynamic: { [String.raw`-:.*\.layers\.[01]\.`]: {}, [String.raw`+:.*\.down_proj`]: { bits: 8, group_size: 32 } },
    };
    const found = checkpointOf(llama2Of13B, gptq(4, 128, more));
    assert.equal(found.scheme, 'gptq-int4-g128+gptq-int8-g32');
    assert.equal(found.extras.parametersByScheme['gptq-int8-g32'], 38 * 13824 * 5120);
    assert.equal(found.extras.keptByReason['kept-by-name'], 2 * 2 * (4 * 5120 * 5120 + 3 * 13824 * 5120));
  });
  it('follow them under AWQ, too, and quantize its head where the block says so', () => {
    const awq = { quant_method: 'awq', bits: 4, group_size: 128, format: 'gemm' };
    const found = checkpointOf(llama2Of13B, {
      ...awq,
      dynamic: { [String.raw`-:.*\.k_proj`]: {}, [String.raw`.*\.o_proj`]: { group_size: 32 } },
    });
    assert.equal(found.extras.keptByReason['kept-by-name'], 2 * 40 * 5120 * 5120);
    assert.equal(found.extras.parametersByScheme['awq-int4-g32'], 40 * 5120 * 5120);
    assert.equal(checkpointOf(llama2Of13B, { ...awq, lm_head: true }).extras.keptByReason.head, undefined);
  });
  it('have neither order of columns nor zero points in the packing of BitBLAS, unless they are asymmetric', () => {
    const matrices = 40 * (4 * 5120 * 5120 + 3 * 13824 * 5120);
    const packed = (more: object) => checkpointOf(llama2Of13B, gptq(4, 128, { checkpoint_format: 'bitblas', ...more }));
    const kept = (found: ReturnType<typeof packed>): number => found.bytes - matrices / 2 - (2 * matrices) / 128;
    assert.equal(kept(packed({})), packed({}).extras.keptBytes);
    assert.equal(kept(packed({ sym: false })), packed({}).extras.keptBytes + matrices / 128 / 2);
    assert.deepEqual(packed({}).basis, { kind: 'rule', reasons: ['layout-by-source'] });
  });
  it('quantize the head and single modules where the block says so', () => {
    const head = checkpointOf(llama2Of13B, gptq(4, 128, { checkpoint_format: 'gptq', lm_head: true }));
    assert.equal(head.extras.keptByReason.head, undefined);
    const some = checkpointOf(llama2Of13B, gptq(4, 128, { modules_in_block_to_quantize: [['self_attn.q_proj'], ['mlp.up_proj']] }));
    assert.equal(some.extras.quantizedParameters, 40 * (5120 * 5120 + 13824 * 5120));
  });
});

describe('lists of modules', () => {
  const kept = (config: object, block: object): number => checkpointOf(config, block).extras.keptByReason['kept-by-name'] ?? 0;

  it('keep one layer and not its namesakes', () => {
    assert.equal(
      kept(llama31Of8B, { quant_method: 'awq', bits: 4, group_size: 128, modules_to_not_convert: ['model.layers.1'] }),
      2 * layerOf8B,
    );
    assert.equal(
      kept(llama31Of8B, { ...fp8Block, modules_to_not_convert: ['lm_head', 'model.layers.10.self_attn.q_proj'] }),
      2 * (4096 * 4096 + 128256 * 4096),
    );
  });
  const layerOf8B = 2 * 4096 * 4096 + 2 * 1024 * 4096 + 3 * 14336 * 4096;

  it('replace the default of bitsandbytes', () => {
    const listed = { ...bnb4, llm_int8_skip_modules: ['lm_head', 'multi_modal_projector', 'model.layers.0.self_attn'] };
    assert.equal(kept(llama32Of3B, listed), 2 * (2 * 3072 * 3072 + 2 * 1024 * 3072));
    assert.equal(checkpointOf(llama31Of8B, { ...bnb4, llm_int8_skip_modules: ['model.layers.0'] }).extras.keptByReason.head, undefined);
    assert.equal(checkpointOf(llama31Of8B, bnb4).extras.keptByReason.head, 2 * 128256 * 4096);
  });
  it('keep what llm-compressor ignores by name or expression', () => {
    const weights = { num_bits: 8, type: 'float', strategy: 'channel' };
    const block = compressed('float-quantized', group(weights), { ignore: ['re:.*self_attn.*', 'lm_head', 'model.layers.3.mlp.up_proj'] });
    assert.equal(kept(llama31Of8B, block), 2 * (32 * (2 * 4096 * 4096 + 2 * 1024 * 4096) + 14336 * 4096 + 128256 * 4096));
  });
  it('quantize the head when llm-compressor does not ignore it', () => {
    const block = compressed(
      'int-quantized',
      group({ num_bits: 8, type: 'int', strategy: 'channel' }, { input_activations: { dynamic: true } }),
      { ignore: [] },
    );
    const found = checkpointOf(llama31Of8B, block);
    assert.equal(found.scheme, 'w8a8-int8');
    assert.equal(found.extras.keptByReason.head, undefined);
  });
  it('give groups of modules their own layout', () => {
    const block = {
      ...compressed(
        'mixed-precision',
        group({ num_bits: 4, type: 'int', strategy: 'group', group_size: 128 }, { format: 'pack-quantized' }),
      ),
      config_groups: {
        group_0: group({ num_bits: 4, type: 'int', strategy: 'group', group_size: 128 }, { format: 'pack-quantized' }),
        group_1: {
          targets: ['re:.*down_proj'],
          weights: { num_bits: 8, type: 'float', strategy: 'block', block_structure: [128, 128] },
          format: 'float-quantized',
        },
      },
    };
    const found = checkpointOf(llama31Of8B, block);
    assert.equal(found.scheme, 'w4a16-g128+fp8-block128');
    assert.equal(found.extras.parametersByScheme['fp8-block128'], 32 * 14336 * 4096);
  });
  it('name what ModelOpt quantizes in mixed precision', () => {
    const quantized_layers = {
      'model.layers.0.mlp.up_proj': { quant_algo: 'NVFP4', group_size: 16 },
      'model.layers.1.mlp.up_proj': { quant_algo: 'FP8' },
    };
    const found = checkpointOf(llama31Of8B, { quant_method: 'modelopt', quant_algo: 'MIXED_PRECISION', quantized_layers });
    assert.deepEqual(found.extras.parametersByScheme, { nvfp4: 14336 * 4096, 'fp8-tensor': 14336 * 4096 });
  });
  it('override bits of single modules in MLX', () => {
    const block = {
      bits: 4,
      group_size: 64,
      'model.layers.0.mlp.down_proj': { bits: 8, group_size: 32 },
      'model.layers.1.mlp.down_proj': false,
    };
    const found = checkpointOf(llama31Of8B, block);
    assert.equal(found.extras.parametersByScheme['mlx-8bit-g32'], 14336 * 4096);
    assert.equal(found.extras.keptByReason['kept-by-name'], 2 * 14336 * 4096);
    const experts = checkpointOf(qwen3Of30BA3B, {
      bits: 4,
      group_size: 64,
      'model.layers.2.mlp.switch_mlp.up_proj': { bits: 6, group_size: 64 },
    });
    assert.equal(experts.extras.parametersByScheme['mlx-6bit-g64'], 128 * 768 * 2048);
  });
});

describe('FP8 files', () => {
  it('hold block scales in the type of their publisher', () => {
    const blocks = (checkpoint: Checkpoint): number => checkpoint.extras.overheadBytes;
    const qwen = modelOf(qwen3Of14B, fp8Block);
    const scales = 40 * (2 * 40 * 40 + 2 * 8 * 40 + 3 * 136 * 40);
    assert.equal(blocks(qwen.checkpoint), 2 * scales);
    const { inventory } = qwen;
    const as = (model_type: string, more: object = {}) =>
      blocks(describeCheckpoint(toJson({ model_type, quantization_config: { ...fp8Block, ...more } }) as JsonObject, inventory, 'bf16'));
    assert.equal(as('deepseek_v3'), 4 * scales);
    assert.equal(as('deepseek_v3', { scale_fmt: 'ue8m0' }), 4 * scales);
    assert.equal(as('deepseek_v4', { scale_fmt: 'ue8m0' }), scales);
    assert.equal(qwen.checkpoint.basis.kind, 'rule');
  });
  it('hold scalars when there are no blocks', () => {
    const linears = 7 * 32;
    assert.equal(checkpointOf(llama31Of8B, { quant_method: 'fp8', activation_scheme: 'static' }).extras.overheadBytes, 8 * linears);
    assert.equal(
      checkpointOf(llama31Of8B, { quant_method: 'fp8', activation_scheme: 'dynamic', weight_block_size: null }).extras.overheadBytes,
      2 * linears,
    );
    assert.equal(checkpointOf(llama31Of8B, { quant_method: 'fbgemm_fp8' }).scheme, 'fp8-channel');
  });
  it('add scales of the cache where the cache is FP8', () => {
    const block = { quant_algo: 'FP8', exclude_modules: ['lm_head'] };
    const more = checkpointOf(llama31Of8B, { ...block, kv_cache_scheme: 'FP8' }).bytes - checkpointOf(llama31Of8B, block).bytes;
    assert.equal(more, 32 * 2 * 4);
  });
});

describe('where the block stands', () => {
  const awq = { quant_method: 'awq', bits: 4, group_size: 128 };
  const { inventory } = modelOf(llama31Of8B);
  const schemeOf = (root: object) => describeCheckpoint(toJson(root) as JsonObject, inventory, 'bf16').scheme;

  it('is the top level, the text section, or an older key', () => {
    assert.equal(schemeOf({ quantization_config: awq }), 'awq-int4-g128');
    assert.equal(schemeOf({ text_config: { quantization_config: awq } }), 'awq-int4-g128');
    assert.equal(
      schemeOf({ compression_config: compressed('int-quantized', group({ num_bits: 8, type: 'int', strategy: 'channel' })) }),
      'w8a16-int8',
    );
    assert.equal(schemeOf({ quantization: { bits: 8, group_size: 32 } }), 'mlx-8bit-g32');
    assert.equal(schemeOf({ quantization: { quant_algo: 'FP8', exclude_modules: ['lm_head'] } }), 'fp8-tensor');
    assert.equal(schemeOf({ quantization_config: null }), 'bf16');
  });
  it('leaves a tower alone when it stands in the text section', () => {
    const tower = module({ weight: module({ weight: linear(256, 256).children['weight'] }) }, { component: 'vision' });
    const model = takeInventory(
      module({ vision: tower, layers: repeat(2, () => ({ proj: linear(256, 256), gate: router(256, 8) })), head: lmHead(256, 512, false) }),
    );
    const block = compressed('float-quantized', group({ num_bits: 8, type: 'float', strategy: 'channel' }));
    const parameters = (root: object) => describeCheckpoint(toJson(root) as JsonObject, model, 'bf16').extras.quantizedParameters;
    assert.equal(parameters({ quantization_config: { ...block, ignore: ['head'] } }), 3 * 256 * 256);
    assert.equal(parameters({ text_config: { quantization_config: { ...block, ignore: ['head'] } } }), 2 * 256 * 256);
  });
});

describe('a block that cannot be taken at its word', () => {
  it('is estimated at its nominal width when the method is unknown, and says so', () => {
    for (const [block, bits] of [
      [{ quant_method: 'quanto', weights: 'int3' }, 3],
      [{ quant_method: 'QUiP', codebook: 'E8P12' }, 2],
      [{ quant_method: 'paroquant', bits: 4, group_size: 128 }, 4],
      [{ quant_method: 'torchao', quant_type: { default: { _type: 'UIntXWeightOnlyConfig', _data: { weight_dtype: 'int3' } } } }, 3],
      [{ quant_method: 'brand-new' }, 8],
    ] as const) {
      const model = modelOf(llama31Of8B, block);
      assert.deepEqual(codes(model), ['quantization-unknown'], block.quant_method);
      assert.equal(model.findings.find(({ code }) => code === 'quantization-unknown')?.values['bits'], bits);
      assert.equal(model.checkpoint.basis.kind, 'approximate');
      assert.ok(model.checkpoint.bytes < 2 * model.parameters.total);
    }
  });
  it('says nothing at all: loading stops for want of a method', () => {
    const model = modelOf(llama31Of8B, {});
    assert.deepEqual(codes(model), ['quantization-incomplete']);
    assert.deepEqual(model.findings.find(({ code }) => code === 'quantization-incomplete')?.values, {
      key: 'quant_method',
      assumed: 'bf16',
    });
    assert.deepEqual([model.checkpoint.scheme, model.checkpoint.basis.kind], ['bf16', 'approximate']);
  });
  it('has groups that divide no row: everything stays, for certain', () => {
    const model = modelOf(
      { ...llama31Of8B, hidden_size: 4100, intermediate_size: 1100, num_attention_heads: 50, num_key_value_heads: 10, head_dim: 82 },
      { bits: 4, group_size: 64 },
    );
    assert.deepEqual(codes(model), ['quantization-no-rows']);
    assert.equal(model.checkpoint.basis.kind, 'exact');
    assert.equal(model.checkpoint.extras.quantizedParameters, 0);
  });
  it('says which keys it lacks and what was taken instead', () => {
    const model = modelOf(llama31Of8B, { quant_method: 'gptq', group_size: 128 });
    assert.deepEqual(codes(model), ['quantization-incomplete']);
    assert.equal(model.checkpoint.scheme, 'gptq-int4-g128');
  });
  it('says at its own key what is no number that it can be, and that bytes alone are an estimate', () => {
    const invalid = (block: object) => {
      const model = modelOf(llama31Of8B, block);
      assert.deepEqual([model.basis.kind, model.checkpoint.basis.kind], ['exact', 'approximate']);
      const found = model.findings.filter(({ path }) => path[0] === 'quantization_config');
      return found.map(({ code, path, values }) => [code, path.join('.'), values['expected'], values['found'], values['assumed']]);
    };
    const at = (key: string, ...values: unknown[]) => ['invalid-value', `quantization_config.${key}`, ...values];
    const gptq = { quant_method: 'gptq', bits: 4, group_size: 128 };
    assert.deepEqual(invalid({ ...gptq, bits: 99 }), [at('bits', 'integer 2..8', 99, 4)]);
    assert.deepEqual(invalid({ ...gptq, bits: '4' }), [at('bits', 'integer 2..8', '4', 4)]);
    assert.deepEqual(invalid({ ...gptq, group_size: [128] }), [at('group_size', 'integer 1..2147483648', 'list', 128)]);
    assert.deepEqual(invalid({ quant_method: 'awq', bits: 3, group_size: 128 }), [at('bits', '4', 3, 4)]);
  });
  it('is approximate when a rule in it is refused', () => {
    const model = modelOf(llama31Of8B, gptq(4, 128, { dynamic: { '-:(?!x).*': {} } }));
    assert.deepEqual(codes(model), ['quantization-pattern']);
    assert.equal(model.checkpoint.basis.kind, 'approximate');
  });
  it('never shows the size of plain weights, whatever it holds, unless it switches nothing on', () => {
    const { inventory, parameters } = modelOf(llama31Of8B);
    const method = fc.constantFrom(
      'gptq',
      'awq',
      'bitsandbytes',
      'fp8',
      'fbgemm_fp8',
      'compressed-tensors',
      'modelopt',
      'auto-round',
      'quanto',
      'aqlm',
      'vptq',
      'spqr',
      'exl2',
      'exl3',
      'bitnet',
      'hqq',
      'eetq',
      'quark',
      'torchao',
      'higgs',
      'fp_quant',
      '',
      7,
      null,
    );
    const junk = fc.jsonValue({ maxDepth: 2 });
    const keys = [
      'bits',
      'group_size',
      'desc_act',
      'load_in_8bit',
      'weight_block_size',
      'config_groups',
      'quant_algo',
      'version',
      'meta',
      'scale_fmt',
      'head_bits',
      'tensor_storage',
      'in_group_size',
      'config_for_layers',
      'shapes',
      'quant_config',
      'quant_type',
      'global_quant_config',
    ];
    fc.assert(
      fc.property(method, fc.dictionary(fc.constantFrom(...keys), junk), (quant_method, more) => {
        const sink = findingSink();
        const found = describeCheckpoint(toJson({ quantization_config: { ...more, quant_method } }) as JsonObject, inventory, 'bf16', sink);
        assert.ok(Number.isSafeInteger(found.bytes), String(found.bytes));
        assert.ok(found.bytes > 0);
        const skipped = sink.findings.some(({ code }) => code === 'quantization-skipped');
        assert.ok(found.bytes !== 2 * parameters.stored || skipped || found.basis.kind === 'approximate');
        assert.ok(found.basis.kind !== 'approximate' || sink.findings.length > 0);
      }),
      { numRuns: 500 },
    );
  });
  it('is approximate when nothing of the model is what it quantizes', () => {
    const model = modelOf(llama31Of8B, { quant_method: 'mxfp4' });
    assert.deepEqual(codes(model), ['quantization-incomplete']);
    assert.ok(model.checkpoint.bytes < model.parameters.total);
    assert.equal(model.checkpoint.basis.kind, 'approximate');
    assert.ok(model.checkpoint.basis.reasons.includes('modules-not-found'));
  });
  it('with thousands of hostile patterns is read in bounded time', () => {
    const ignore = Array.from({ length: 3000 }, (_, at) => `re:((.*a)*(.*b)*)*${at}$`);
    const model = modelOf(
      llama31Of8B,
      compressed('float-quantized', group({ num_bits: 8, type: 'float', strategy: 'channel' }), { ignore }),
    );
    assert.equal(model.kind, 'model');
  });
});
