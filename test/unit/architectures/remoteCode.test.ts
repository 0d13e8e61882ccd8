import { deepEqual, equal } from 'node:assert/strict';
import { analyze, cacheSize, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';

type Keys = Readonly<Record<string, unknown>>;
function model(keys: Keys): Analysis {
  const result = analyze(toJson(keys) as JsonObject);
  if (result.kind !== 'model') throw new Error(`${result.kind}: ${JSON.stringify(result.findings)}`);
  return result;
}
const bytesAt = (tokens: number, keys: Keys): number => cacheSize(model(keys).inventory, tokens, 1, 'bf16').bytes;

/** Totals are those of the publishers' own classes, built on PyTorch's meta device. */
describe('Baichuan', () => {
  const keys = { model_type: 'baichuan', hidden_size: 4096, vocab_size: 64000 };
  it('saves rotary frequencies in its first 7 B model alone', () => {
    const first = model({ ...keys, architectures: ['BaiChuanForCausalLM'], max_position_embeddings: 4096 });
    equal(first.parameters.total, 7_000_559_616);
    equal(first.parameters.stored, 7_000_561_664);
    const second = model({ ...keys, architectures: ['BaichuanForCausalLM'], max_position_embeddings: 4096 });
    equal(second.parameters.stored, second.parameters.total);
  });
  it('is the 13 B model where model_max_length bounds the context', () => {
    const large = model({ model_type: 'baichuan', architectures: ['BaichuanForCausalLM'], model_max_length: 8192 });
    equal(large.parameters.total, 13_264_901_120);
    equal(large.contextLimit, 8192);
  });
});

describe('InternLM', () => {
  const keys = { model_type: 'internlm', architectures: ['InternLMForCausalLM'] };
  it('saves rotary frequencies, 64 at each of 32 layers, unless its config has the rotary key of the later code', () => {
    const { total, stored } = model(keys).parameters;
    equal(stored - total, 32 * 64);
    const later = model({ ...keys, rotary: { base: 10000, type: 'dynamic' } }).parameters;
    deepEqual([later.total, later.stored], [total, total]);
  });
  it('2 packs grouped heads and has heads for rewards and questions', () => {
    const second = { model_type: 'internlm2', hidden_size: 4096, num_key_value_heads: 8 };
    equal(bytesAt(10, { ...second, architectures: ['InternLM2ForCausalLM'] }), 10 * 32 * 2 * 8 * 128 * 2);
    const body = model({ ...second, architectures: ['InternLM2Model'] }).parameters.total;
    equal(model({ ...second, architectures: ['InternLM2ForRewardModel'] }).parameters.total - body, 4096);
    equal(model({ ...second, architectures: ['InternLM2ForQuestionAnswering'] }).parameters.total - body, 2 * 4096 + 2);
  });
});

describe('Qwen', () => {
  const keys = { model_type: 'qwen', architectures: ['QWenLMHeadModel'], vocab_size: 151936 };
  it('is Qwen-VL with a section for images', () => {
    const visual = { heads: 16, image_size: 448, layers: 48, mlp_ratio: 4.9231, output_dim: 4096, patch_size: 14, width: 1664 };
    const { total, byComponent } = model({ ...keys, visual }).parameters;
    equal(total, 9_656_935_168);
    equal(total - (byComponent.vision ?? 0), 7_721_324_544);
  });
  it('is Qwen-Audio with a section for sound', () => {
    const audio = { n_mels: 80, n_ctx: 1500, n_state: 1280, n_head: 20, n_layer: 32, output_dim: 4096, add_audio_bos_eos_token: true };
    const { total, stored } = model({ ...keys, vocab_size: 155947, audio }).parameters;
    deepEqual([total, stored], [8_394_302_464, 8_396_222_464]);
  });
});

describe('BlueLM', () => {
  const keys = { model_type: 'BlueLM', architectures: ['BlueLMForCausalLM'] };
  it('normalizes its embedding unless told otherwise', () => {
    equal(model(keys).parameters.total, 7_296_266_240);
    equal(model({ ...keys, use_stable_embedding: false }).parameters.total, 7_296_266_240 - 2 * 4096);
  });
});

describe('ChatGLM', () => {
  const keys = {
    model_type: 'chatglm',
    architectures: ['ChatGLMModel'],
    num_layers: 28,
    multi_query_attention: true,
    multi_query_group_num: 2,
  };
  it('shares keys and values among the heads of a group', () => {
    equal(bytesAt(100, keys), 100 * 28 * 2 * 2 * 128 * 2);
    equal(bytesAt(100, { ...keys, multi_query_attention: false }), 100 * 28 * 2 * 32 * 128 * 2);
  });
  it('is the first generation by its own keys', () => {
    const first = model({ model_type: 'chatglm', architectures: ['ChatGLMModel'], position_encoding_2d: true, max_sequence_length: 2048 });
    equal(first.parameters.total, 6_255_206_400);
    equal(first.parameters.stored, 6_255_207_296);
    equal(first.contextLimit, 2048);
  });
  it('keeps a learned prefix whatever the length', () => {
    const tuned = { ...keys, pre_seq_len: 128 };
    equal(bytesAt(0, tuned), 128 * 28 * 2 * 2 * 128 * 2);
    equal(model(tuned).parameters.total - model(keys).parameters.total, 128 * 28 * 2 * 2 * 128);
  });
  it('is GLM-4V with a section for images', () => {
    const nine = { ...keys, num_layers: 40, padded_vocab_size: 151552, add_qkv_bias: true };
    const section = {
      hidden_size: 1792,
      intermediate_size: 15360,
      num_hidden_layers: 63,
      num_positions: 6401,
      patch_size: 14,
      in_channels: 3,
    };
    const { total, byComponent } = model({ ...nine, vision_config: section }).parameters;
    equal(total, 13_906_320_896);
    equal(byComponent.vision, 4_506_369_536);
  });
});
