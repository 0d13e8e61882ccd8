import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { analyze, cacheSize, toJson, type Analysis, type JsonObject, type NoModel } from '../../../src/engine/index';

type Keys = Readonly<Record<string, unknown>>;

const run = (keys: Keys): Analysis | NoModel => analyze(toJson(keys) as JsonObject);
function model(keys: Keys): Analysis {
  const result = run(keys);
  if (result.kind !== 'model') throw new Error(`${result.kind}: ${JSON.stringify(result.findings)}`);
  return result;
}
const assumptions = ({ findings }: Analysis): unknown[] =>
  findings.filter(({ code }) => code === 'assumption').map(({ values }) => values['assumption']);
function missing(keys: Keys): unknown {
  const result = run(keys);
  equal(result.kind, 'incomplete');
  return result.findings.find(({ code }) => code === 'shape-incomplete')?.values['missing'];
}

const shape = {
  hidden_size: 256,
  intermediate_size: 688,
  num_hidden_layers: 4,
  num_attention_heads: 8,
  num_key_value_heads: 2,
  vocab_size: 1000,
  hidden_act: 'silu',
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
};
const stranger = { model_type: 'stranger', architectures: ['StrangerForCausalLM'], ...shape };

describe('a model type that is not known', () => {
  it('is sized as a decoder of its shape, and marked', () => {
    const estimate = model(stranger);
    const known = model({ ...stranger, model_type: 'llama', architectures: ['LlamaForCausalLM'] });
    equal(estimate.parameters.total, known.parameters.total);
    deepEqual(estimate.parameters.byComponent, known.parameters.byComponent);
    deepEqual(cacheSize(estimate.inventory, 100, 2, 'bf16'), cacheSize(known.inventory, 100, 2, 'bf16'));
    deepEqual(estimate.basis, { kind: 'approximate', reasons: ['unknown-model-type'] });
    equal(estimate.title, 'stranger');
    ok(estimate.findings.some(({ code, values }) => code === 'unknown-model-type' && values['modelType'] === 'stranger'));
  });

  it('says what was assumed', () => {
    const said = assumptions(model({ ...stranger, tie_word_embeddings: undefined }));
    for (const code of ['gated-feed-forward', 'norms', 'no-biases', 'no-position-table', 'untied-head', 'tied-head'])
      equal(said.includes(code), code !== 'untied-head', code);
    ok(!assumptions(model({ ...stranger, attention_bias: false })).includes('no-biases'));
  });

  it('takes the head for shared where the embedding is a large part of the model', () => {
    const large = { ...stranger, tie_word_embeddings: undefined, hidden_size: 4096, num_hidden_layers: 32, intermediate_size: 11008 };
    ok(assumptions(model({ ...large, vocab_size: 32000 })).includes('untied-head'));
    ok(assumptions(model({ ...large, vocab_size: 256000 })).includes('tied-head'));
  });

  it('is read under other names too', () => {
    const { total } = model({
      ...{ model_type: 'stranger', n_embd: 256, n_layer: 4, n_head: 8, n_inner: 688, vocab_size: 1000 },
      ...{ n_head_kv: 2, activation_function: 'swiglu', rms_norm_eps: 1e-6, tie_word_embeddings: false },
    }).parameters;
    equal(total, model(stranger).parameters.total);
  });

  it('has no gate in the line of GPT-2, four times the width, and a table of positions', () => {
    const estimate = model({
      ...{ model_type: 'stranger', n_embd: 256, n_layer: 4, n_head: 8, n_positions: 512, vocab_size: 1000 },
      ...{ activation_function: 'gelu_new', layer_norm_epsilon: 1e-5, tie_word_embeddings: true },
    });
    equal(estimate.parameters.byComponent.mlp, 4 * 2 * 256 * 1024);
    equal(estimate.parameters.byComponent.embedding, (1000 + 512) * 256);
    equal(estimate.contextLimit, 512);
    const width = estimate.findings.find(({ values }) => values['assumption'] === 'feed-forward-width');
    equal(width?.values['value'], 1024);
  });

  it('counts routed experts, of which a token uses some, and the shared ones', () => {
    const mixture = model({
      ...{ ...stranger, n_routed_experts: 8, num_experts_per_tok: 2, moe_intermediate_size: 64 },
      ...{ n_shared_experts: 1, first_k_dense_replace: 1 },
    });
    const expert = 3 * 256 * 64;
    equal(mixture.parameters.byComponent.experts, 3 * 8 * expert);
    equal(mixture.parameters.total - mixture.parameters.active, 3 * 6 * expert);
    equal(mixture.parameters.byComponent.mlp, 3 * 256 * 688 + 3 * expert);
  });

  it('keeps windows where layers are said to have them', () => {
    const layer_types = ['sliding_attention', 'sliding_attention', 'sliding_attention', 'full_attention'];
    const { byKind } = cacheSize(model({ ...stranger, layer_types, sliding_window: 65 }).inventory, 1000, 1, 'bf16');
    const perToken = 2 * 2 * 32 * 2;
    deepEqual(byKind, { sliding: 3 * 64 * perToken, attention: 1000 * perToken });
  });

  it('keeps a latent vector where the config has its ranks', () => {
    const latent = { kv_lora_rank: 64, q_lora_rank: null, qk_nope_head_dim: 32, qk_rope_head_dim: 16, v_head_dim: 32 };
    equal(cacheSize(model({ ...stranger, ...latent }).inventory, 10, 1, 'bf16').bytes, 10 * 4 * (64 + 16) * 2);
  });

  it('keeps nothing when it is an encoder', () => {
    const encoder = model({ ...stranger, architectures: ['StrangerForMaskedLM'], type_vocab_size: 2 });
    equal(cacheSize(encoder.inventory, 100, 1, 'bf16').bytes, 0);
    ok(assumptions(encoder).includes('bidirectional'));
  });

  it('takes an encoder that names no class for one that predicts masked tokens, and a decoder for one that generates', () => {
    const silent = { model_type: 'stranger', ...shape };
    equal(model({ ...silent, model_type: 'deberta-v2', type_vocab_size: 0 }).architecture, 'ForMaskedLM');
    equal(model(silent).architecture, 'ForCausalLM');
  });
});

describe('a composite that is not known', () => {
  const vision = { hidden_size: 64, num_hidden_layers: 2, intermediate_size: 128, patch_size: 14 };

  it('is sized from its section for text, and a stated vision tower', () => {
    const whole = model({ model_type: 'stranger', text_config: { ...shape, model_type: 'another' }, vision_config: vision });
    equal(whole.parameters.total - (whole.parameters.byComponent.vision ?? 0), model(stranger).parameters.total);
    ok((whole.parameters.byComponent.vision ?? 0) > 2 * (4 * 64 * 64 + 2 * 64 * 128));
    ok(assumptions(whole).includes('vision-tower'));
  });

  it('reads a part of a known type exactly, and stays approximate', () => {
    const whole = model({ model_type: 'stranger', text_config: { ...shape, model_type: 'llama' }, tie_word_embeddings: false });
    equal(whole.parameters.total, model(stranger).parameters.total);
    equal(whole.basis.kind, 'approximate');
  });

  it('says which parts it leaves out', () => {
    const whole = model({ model_type: 'stranger', text_config: shape, audio_config: { d_model: 64 }, vision_config: { image_size: 224 } });
    deepEqual(whole.basis.reasons, ['unknown-model-type', 'part-not-counted']);
    const left = whole.findings.filter(({ values }) => values['assumption'] === 'part-not-counted').map(({ values }) => values['value']);
    deepEqual(left.sort(), ['audio_config', 'vision_config']);
  });
});

describe('a shape that is not there', () => {
  it('is named key by key', () => {
    equal(
      missing({ model_type: 'stranger', architectures: ['StrangerForCausalLM'] }),
      'hidden_size, num_hidden_layers, num_attention_heads, vocab_size',
    );
    equal(missing({ ...stranger, vocab_size: undefined }), 'vocab_size');
    equal(missing({ ...stranger, num_experts_per_tok: 2 }), 'num_experts');
  });

  it('may be there in part, with values that are none', () => {
    for (const value of [1e308, -1, 2.5, '32', [], Infinity]) {
      const result = run({ ...stranger, num_hidden_layers: value });
      equal(result.kind, 'incomplete', String(value));
      const invalid = result.findings.find(({ code }) => code === 'invalid-value');
      deepEqual(invalid?.path, ['num_hidden_layers']);
      equal(invalid?.values['expected'], 'integer 1..10000');
    }
  });

  it('is none of a decoder in an encoder-decoder, an audio encoder or a contrastive pair', () => {
    const kind = (config: Keys): unknown => run(config).findings.find(({ code }) => code === 'not-a-decoder')?.values['kind'];
    equal(kind({ ...stranger, is_encoder_decoder: true }), 'encoder-decoder');
    equal(kind({ ...stranger, encoder_layers: 4 }), 'encoder-decoder');
    equal(kind({ ...stranger, conv_dim: [512, 512] }), 'tower');
    equal(kind({ ...stranger, logit_scale_init_value: 2.6 }), 'tower');
    equal(run({ ...stranger, is_encoder_decoder: true }).kind, 'incomplete');
    equal(
      missing({ model_type: 'stranger', hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, image_size: 224 }),
      'vocab_size',
    );
  });

  it('costs no more for lists without end', () => {
    const endless = Array.from({ length: 200_000 }, () => 'linear_attention');
    notEqual(run({ ...stranger, layer_types: endless, mlp_layer_types: endless, num_hidden_layers: 10_000 }).kind, 'other');
  });
});
