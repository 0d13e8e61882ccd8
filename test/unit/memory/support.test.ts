import assert from 'node:assert/strict';
import { answerRun, findDevice, findEngine, type Analysis, type JsonObject } from '../../../src/engine/index';
import { engines } from '../../../src/engine/memory/engines/registry';
import { sample } from '../panel/models';
import { deepseekLite, llama8b, modelOf } from './servingModels';

interface Asked {
  readonly on?: string;
  readonly model?: Analysis;
  readonly version?: string;
  readonly weights?: string;
  readonly options?: JsonObject;
}

/** What is answered: the code of a problem, or the codes of what is said beside the figures. */
function said(name: string, { on = 'H100 SXM 80GB', model = llama8b, version, weights = 'checkpoint', options = {} }: Asked = {}) {
  const engine = findEngine(name);
  const found = findDevice(on);
  assert.ok(engine && found.kind === 'found', `${name} ${on}`);
  const answer = answerRun(model, { engine, version, device: found.device, count: 1, memory: undefined, weights, options });
  return 'problem' in answer ? answer.problem.code : answer.memory.notes.map(({ code }) => code);
}
const isSaid = (answer: string | readonly string[], code: string): boolean => typeof answer !== 'string' && answer.includes(code);

const whisper = sample('whisper-large-v3');
const t5 = sample('t5-large');
const bert = sample('bert-base-uncased');
const bart = modelOf({
  architectures: ['BartForConditionalGeneration'],
  model_type: 'bart',
  is_encoder_decoder: true,
  d_model: 1024,
  encoder_layers: 12,
  decoder_layers: 12,
  encoder_attention_heads: 16,
  decoder_attention_heads: 16,
  encoder_ffn_dim: 4096,
  decoder_ffn_dim: 4096,
  vocab_size: 50265,
  max_position_embeddings: 1024,
  torch_dtype: 'float16',
});
const v32 = modelOf({ ...deepseekLite.root, index_head_dim: 128, index_n_heads: 64, index_topk: 2048, model_type: 'deepseek_v32' });

describe('what engines run on', () => {
  it('no engine answers with figures for a device that it has no back end for', () => {
    const none = 'device-not-for-engine';
    for (const on of ['MI300X', 'M4 Max 128GB', 'Arc B580'])
      for (const [name, weights] of [
        ['tensorrt-llm', 'checkpoint'],
        ['exllama', 'exl3-4.0bpw'],
      ] as const)
        assert.equal(said(name, { on, weights }), none, `${name} ${on}`);
    assert.equal(said('tgi', { on: 'M4 Max 128GB' }), none);
    assert.equal(said('mlx', { on: 'MI300X' }), none);
    assert.equal(said('sglang', { on: 'M4 Max 128GB', version: '0.5.6' }), none);
    for (const name of ['llama.cpp', 'ollama', 'lm-studio']) assert.equal(said(name, { on: 'TPU v5e', weights: 'Q4_K_M' }), none, name);
  });

  it('where a plug-in or another program runs the layers, its name is said in place of figures', () => {
    for (const name of ['vllm', 'sglang']) assert.equal(said(name, { on: 'M4 Max 128GB' }), 'device-by-plugin', name);
    assert.equal(said('vllm', { on: 'TPU v5e' }), 'device-by-plugin');
    assert.equal(said('tgi', { on: 'Gaudi 3' }), 'device-by-plugin');
  });

  it('a back end that the rules were not read for is a note, and figures are given', () => {
    const noted = 'device-other-backend';
    assert.ok(isSaid(said('mlx', { weights: 'mlx-4bit-g64' }), noted));
    assert.equal(said('mlx', { weights: 'mlx-4bit-g64', version: '0.25.0' }), 'device-not-for-engine');
    assert.ok(isSaid(said('exllama', { on: 'MI300X', weights: 'exl2-4.0bpw' }), noted));
    assert.ok(isSaid(said('vllm', { on: 'Arc B580' }), noted));
    assert.ok(isSaid(said('tgi', { on: 'Arc B580' }), noted));
  });

  it('of NVIDIA, what no build has kernels for is too old', () => {
    assert.equal(said('vllm', { on: 'Tesla P40' }), 'device-too-old');
    assert.notEqual(said('vllm', { on: 'V100 SXM2 32GB' }), 'device-too-old');
  });

  it('nothing that runs is refused', () => {
    for (const { id } of engines) {
      const weights = id === 'exllama' ? 'exl3-4.0bpw' : id === 'mlx' ? 'mlx-4bit-g64' : 'checkpoint';
      const on = id === 'mlx' ? 'M4 Max 128GB' : 'RTX 4090';
      assert.equal(typeof said(id, { on, weights }), 'object', id);
    }
    for (const name of ['vllm', 'sglang', 'tgi', 'llama.cpp', 'ollama', 'transformers'])
      assert.equal(typeof said(name, { on: 'MI300X' }), 'object', name);
    for (const name of ['llama.cpp', 'ollama', 'lm-studio', 'transformers'])
      assert.equal(typeof said(name, { on: 'M4 Max 128GB' }), 'object', name);
  });
});

describe('what engines run', () => {
  it('two-stack models only where there is a class for them', () => {
    const refused = 'model-not-for-engine';
    for (const name of ['vllm', 'sglang', 'tensorrt-llm', 'mlx']) assert.equal(said(name, { model: t5 }), refused, name);
    for (const name of ['llama.cpp', 'tgi', 'transformers']) assert.equal(typeof said(name, { model: t5 }), 'object', name);
    for (const name of ['vllm', 'sglang', 'transformers']) assert.equal(typeof said(name, { model: whisper }), 'object', name);
    for (const name of ['tensorrt-llm', 'mlx']) assert.equal(said(name, { model: whisper }), refused, name);
    for (const name of ['llama.cpp', 'ollama', 'lm-studio']) assert.equal(said(name, { model: whisper }), 'model-runs-elsewhere', name);
  });

  it('BART went from vLLM after 0.10 and came back as a plug-in', () => {
    assert.equal(typeof said('vllm', { model: bart, version: '0.10.2' }), 'object');
    assert.equal(said('vllm', { model: bart, version: '0.12.0' }), 'model-not-for-engine');
    assert.ok(isSaid(said('vllm', { model: bart, version: '0.19.0' }), 'model-by-plugin'));
  });

  it('encoders: mlx-lm has none, others are asked', () => {
    assert.equal(said('mlx', { model: bert }), 'model-not-for-engine');
    assert.equal(typeof said('vllm', { model: bert }), 'object');
    assert.ok(isSaid(said('tgi', { model: bert }), 'model-unlisted'));
  });
});

describe("vLLM's flags by version, model and device", () => {
  const cache = (type: string, more: Asked = {}) => said('vllm', { ...more, options: { 'kv-cache-dtype': type } });

  it('rows of sparse latent attention are for models that have it', () => {
    assert.equal(cache('fp8_ds_mla'), 'cache-type-latent');
    assert.equal(cache('fp8_ds_mla', { model: deepseekLite }), 'cache-type-latent');
    assert.equal(typeof cache('fp8_ds_mla', { model: v32 }), 'object');
    assert.equal(cache('fp8_ds_mla', { model: v32, version: '0.10.2' }), 'cache-type-version');
  });

  it('NVFP4 is read on Blackwell of data centers, and since 0.32 on what came before', () => {
    assert.equal(cache('nvfp4', { version: '0.19.0' }), 'cache-type-version');
    assert.equal(cache('nvfp4', { version: '0.31.0' }), 'cache-type-device');
    assert.equal(typeof cache('nvfp4', { version: '0.32.0' }), 'object');
    assert.equal(typeof cache('nvfp4', { version: '0.22.1', on: 'B200' }), 'object');
    assert.equal(cache('nvfp4', { on: 'MI300X' }), 'cache-type-device');
    assert.equal(cache('nvfp4', { model: deepseekLite, on: 'B200' }), 'cache-type-plain');
  });

  it('ranks of adapters are those of its list', () => {
    const rank = (value: number, version?: string) =>
      said('vllm', { ...(version !== undefined && { version }), options: { 'enable-lora': true, 'max-lora-rank': value } });
    assert.equal(rank(48), 'flag-value');
    assert.equal(typeof rank(320), 'object');
    assert.equal(typeof rank(1, '0.19.0'), 'object');
    assert.equal(rank(1, '0.10.2'), 'lora-rank-version');
  });
});

describe('versions', () => {
  it('are of a form, and what is not of it is said', () => {
    const problem = (name: string, version: string): string | undefined => {
      const engine = findEngine(name);
      assert.ok(engine);
      const answer = answerRun(llama8b, {
        engine,
        version,
        device: undefined,
        count: 1,
        memory: 2 ** 36,
        weights: 'checkpoint',
        options: {},
      });
      return 'problem' in answer ? answer.problem.message : undefined;
    };
    for (const [name, version] of [
      ['vllm', '0.12.x'],
      ['vllm', 'latest'],
      ['sglang', '0.5.'],
      ['ollama', '0.12.x'],
      ['llama.cpp', '4567.x'],
      ['llama.cpp', '0.3.36'],
      ['lm-studio', '0.4.2'],
      ['tgi', '3'],
    ] as const)
      assert.match(problem(name, version) ?? '', /is no version of .*, which are written like /, `${name} ${version}`);
    for (const [name, version] of [
      ['vllm', '0.19.2rc1.dev206+g95995bbef'],
      ['vllm', 'v0.11.0+cu128'],
      ['sglang', '0.4.6.post5'],
      ['ollama', '0.5.7-0-ga420a45-dirty'],
      ['llama.cpp', 'b4567'],
      ['llama.cpp', '4567 (abc1234)'],
      ['llama.cpp', 'v0.5.0'],
      ['lm-studio', 'v0.5.0'],
      ['lm-studio', 'b8000'],
    ] as const)
      assert.equal(problem(name, version), undefined, `${name} ${version}`);
  });
});
