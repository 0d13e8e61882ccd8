import assert from 'node:assert/strict';
import { analyze, parseSidecars, toJson, type Analysis, type JsonObject, type Sidecars } from '../../../src/engine/index';
import { llama31Of8B } from './models';

const json = (value: object): JsonObject => toJson(value) as JsonObject;
function analyzed(config: object, sidecars: Readonly<Partial<Record<keyof Sidecars, object>>>): Analysis {
  const result = analyze(json(config), Object.fromEntries(Object.entries(sidecars).map(([key, value]) => [key, json(value)])));
  assert.ok(result.kind === 'model');
  return result;
}
const contradictions = ({ findings }: Analysis) => findings.filter(({ code }) => code === 'quantization-contradiction');

const nvfp4 = { quant_algo: 'NVFP4', kv_cache_quant_algo: null, group_size: 16, exclude_modules: ['lm_head'] };
const modelOpt = { producer: { name: 'modelopt', version: '0.31.0' }, quantization: nvfp4 };
const autoGptq = { bits: 4, group_size: 128, damp_percent: 0.01, desc_act: false, static_groups: false, sym: true, true_sequential: true };
const autoAwq = { zero_point: true, q_group_size: 128, w_bit: 4, version: 'GEMM' };
const gptq = { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: false };
const awq = { quant_method: 'awq', bits: 4, group_size: 128, version: 'gemm' };

describe('files beside a config', () => {
  const own = (block: object): Analysis => analyzed({ ...llama31Of8B, quantization_config: block }, {});

  it('say how the weights are stored where the config does not: ModelOpt, AutoGPTQ, AutoAWQ', () => {
    const cases: readonly (readonly [keyof Sidecars, object, object])[] = [
      ['hfQuantConfig', modelOpt, { ...nvfp4, quant_method: 'modelopt' }],
      ['hfQuantConfig', nvfp4, { ...nvfp4, quant_method: 'modelopt' }],
      ['quantizeConfig', autoGptq, { ...autoGptq, quant_method: 'gptq' }],
      ['quantizeConfig', autoAwq, awq],
      ['quantConfig', autoAwq, awq],
      ['quantConfig', autoGptq, { ...autoGptq, quant_method: 'gptq' }],
    ];
    for (const [key, sidecar, block] of cases) {
      const { checkpoint, findings } = analyzed(llama31Of8B, { [key]: sidecar });
      assert.notEqual(checkpoint.source, 'config.json');
      assert.deepEqual({ ...checkpoint, source: 'config.json' }, own(block).checkpoint);
      assert.equal(checkpoint.parameters, 8_030_261_248);
      assert.ok(!findings.some(({ code }) => code.startsWith('quantization')));
    }
  });

  it('list the modules that optimum-quanto quantized', () => {
    const module = (weights: string) => ({ weights, activations: 'none' });
    const quantoMap = { 'model.layers.0.mlp.up_proj': module('qint8'), 'model.layers.0.mlp.down_proj': module('qint4') };
    const { checkpoint } = analyzed(llama31Of8B, { quantoMap });
    assert.deepEqual([checkpoint.source, checkpoint.basis.kind], ['quanto_qmap.json', 'exact']);
    assert.equal(checkpoint.extras.quantizedParameters, 2 * 4096 * 14336);
    assert.deepEqual(Object.keys(checkpoint.extras.parametersByScheme).sort(), ['quanto-int4', 'quanto-int8']);
  });

  it('count less than the config, and a finding says where they describe other weights', () => {
    const model = analyzed({ ...llama31Of8B, quantization_config: gptq }, { hfQuantConfig: modelOpt });
    assert.equal(model.checkpoint.source, 'config.json');
    assert.equal(model.checkpoint.scheme, 'gptq-int4-g128');
    const [found, ...more] = contradictions(model);
    assert.deepEqual(more, []);
    assert.deepEqual(found?.path, ['quantization_config']);
    const { file, scheme, taken, takenScheme, bytes, takenBytes } = found.values;
    assert.deepEqual([file, scheme, taken, takenScheme], ['hf_quant_config.json', 'nvfp4', 'config.json', 'gptq-int4-g128']);
    assert.notEqual(bytes, takenBytes);
  });

  it('that agree with it are no contradiction, in whatever words', () => {
    const block = { quant_algo: 'NVFP4', quant_method: 'modelopt', ignore: ['lm_head'], kv_cache_scheme: null };
    assert.deepEqual(contradictions(analyzed({ ...llama31Of8B, quantization_config: block }, { hfQuantConfig: modelOpt })), []);
    assert.deepEqual(contradictions(analyzed({ ...llama31Of8B, quantization_config: gptq }, { quantizeConfig: autoGptq })), []);
  });

  it('contradict one another, too: ModelOpt counts before AutoGPTQ, AutoGPTQ before AutoAWQ', () => {
    const model = analyzed(llama31Of8B, { quantConfig: autoAwq, quantizeConfig: { ...autoGptq, bits: 8 } });
    assert.equal(model.checkpoint.source, 'quantize_config.json');
    assert.equal(model.checkpoint.scheme, 'gptq-int8-g128');
    assert.equal(contradictions(model)[0]?.values['file'], 'quant_config.json');
  });

  it('are not all: two blocks of one config may contradict each other', () => {
    const both = analyzed({ ...llama31Of8B, quantization: { bits: 4, group_size: 64 }, quantization_config: gptq }, {});
    assert.equal(both.checkpoint.scheme, 'mlx-4bit-g64');
    const [found, ...more] = contradictions(both);
    assert.deepEqual(more, []);
    assert.deepEqual([found?.values['file'], found?.values['taken']], ['quantization_config', 'quantization']);
    const same = { bits: 4, group_size: 64 };
    assert.deepEqual(contradictions(analyzed({ ...llama31Of8B, quantization: same, quantization_config: same }, {})), []);
  });

  it('say nothing when they are empty', () => {
    const { checkpoint } = analyzed(llama31Of8B, { hfQuantConfig: {}, quantizeConfig: {} });
    assert.deepEqual([checkpoint.scheme, checkpoint.source], ['bf16', 'config.json']);
  });

  it('are read from their texts, and named where they hold no object', () => {
    const texts = { 'hf_quant_config.json': JSON.stringify(modelOpt), 'quantize_config.json': '{', 'quant_config.json': '[]' };
    const { sidecars, unreadable } = parseSidecars(texts);
    assert.deepEqual(Object.keys(sidecars), ['hfQuantConfig']);
    assert.deepEqual(unreadable, ['quantize_config.json', 'quant_config.json']);
  });
});
