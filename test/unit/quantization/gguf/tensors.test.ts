import assert from 'node:assert/strict';
import { bitsOfBlock } from './blocks';
import { ggufHeaderEstimate } from '../../../../src/engine/quantization/gguf/header';
import { blockSize, ggmlTypeOf, ggmlTypes, packedBits, rowBytes } from '../../../../src/engine/quantization/gguf/ggmlTypes';
import { bytesOf, layoutOf, llama, modelOf, namesOf, shapesOf, typesOf } from './support';

describe('types of ggml', () => {
  it('take the bits that their blocks say', () => {
    for (const [type, bits] of Object.entries(bitsOfBlock)) {
      const known = ggmlTypes.find((name) => name === type);
      assert.ok(known, type);
      assert.equal((rowBytes(known, blockSize(known)) * 8) / blockSize(known), bits, type);
    }
  });
  it('are told by their number', () => {
    assert.deepEqual([0, 1, 2, 12, 30, 39, 40, 41, 42].map(ggmlTypeOf), [
      'F32',
      'F16',
      'Q4_0',
      'Q4_K',
      'BF16',
      'MXFP4',
      'NVFP4',
      'Q1_0',
      'Q2_0',
    ]);
    assert.equal(ggmlTypeOf(4), undefined);
  });
  it('have their width in their name', () =>
    assert.deepEqual((['Q4_K', 'IQ2_XXS', 'MXFP4', 'F16'] as const).map(packedBits), [4, 2, 4, 16]));
});

describe('tensors of a GGUF file', () => {
  it('go by the names of llama.cpp', () => {
    assert.deepEqual(namesOf(layoutOf(modelOf(llama), 'F16')), [
      'token_embd.weight',
      'blk.{n}.attn_q.weight',
      'blk.{n}.attn_k.weight',
      'blk.{n}.attn_v.weight',
      'blk.{n}.attn_output.weight',
      'blk.{n}.ffn_gate.weight',
      'blk.{n}.ffn_up.weight',
      'blk.{n}.ffn_down.weight',
      'blk.{n}.attn_norm.weight',
      'blk.{n}.ffn_norm.weight',
      'output_norm.weight',
      'output.weight',
    ]);
  });
  it('hold norms and biases in F32 in a file of 16 bits', () => {
    const layout = layoutOf(modelOf({ ...llama, model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'] }), 'F16');
    assert.deepEqual(typesOf(layout, 'blk.{n}.attn_norm.weight'), { F32: 32 });
    assert.deepEqual(typesOf(layout, 'blk.{n}.attn_q.bias'), { F32: 32 });
    assert.deepEqual(typesOf(layout, 'blk.{n}.attn_q.weight'), { F16: 32 });
  });
  it('stack the experts of a layer', () => {
    const layout = layoutOf(
      modelOf({ ...llama, model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_local_experts: 8 }),
      'F16',
    );
    assert.deepEqual(shapesOf(layout, 'blk.{n}.ffn_down_exps.weight'), [[8, 4096, 14336]]);
  });
  it('keep the routers of DBRX at 16 bits, and name its second norm by where it stands', () => {
    const dbrx = modelOf({ model_type: 'dbrx', architectures: ['DbrxForCausalLM'], n_layers: 2 });
    for (const preset of ['F16', 'Q4_K_M']) {
      const layout = layoutOf(dbrx, preset);
      assert.deepEqual(typesOf(layout, 'blk.{n}.ffn_gate_inp.weight'), { F16: 2 }, preset);
      assert.deepEqual(typesOf(layout, 'blk.{n}.attn_output_norm.weight'), { F32: 2 }, preset);
      assert.ok(!namesOf(layout).includes('blk.{n}.ffn_norm.weight'));
    }
  });
  it('split latent attention since April 2025', () => {
    const model = modelOf({ model_type: 'deepseek_v3', architectures: ['DeepseekV3ForCausalLM'] });
    const now = layoutOf(model, 'F16');
    assert.deepEqual(shapesOf(now, 'blk.{n}.attn_k_b.weight')[0], [128, 512, 128]);
    assert.deepEqual(shapesOf(now, 'blk.{n}.attn_v_b.weight')[0], [128, 128, 512]);
    const before = layoutOf(model, 'F16', { llamaCppDate: '2025-04-14' });
    assert.deepEqual(shapesOf(before, 'blk.{n}.attn_kv_b.weight')[0], [32768, 512]);
    assert.equal(bytesOf(now), bytesOf(before));
  });
  it('take fused projections apart, by heads where there are fewer of keys', () => {
    const baichuan = modelOf({ model_type: 'baichuan', architectures: ['BaichuanForCausalLM'], vocab_size: 125696 });
    assert.deepEqual(shapesOf(layoutOf(baichuan, 'F16'), 'blk.{n}.attn_v.weight'), [[4096, 4096]]);
    const internlm2 = modelOf({ ...llama, model_type: 'internlm2', architectures: ['InternLM2ForCausalLM'] });
    assert.deepEqual(shapesOf(layoutOf(internlm2, 'F16'), 'blk.{n}.attn_q.weight'), [[4096, 4096]]);
    assert.deepEqual(shapesOf(layoutOf(internlm2, 'F16'), 'blk.{n}.attn_k.weight'), [[1024, 4096]]);
    const next = layoutOf(modelOf({ model_type: 'qwen3_next', architectures: ['Qwen3NextForCausalLM'] }), 'F16');
    assert.deepEqual(shapesOf(next, 'blk.{n}.attn_qkv.weight')[0], [8192, 2048]);
    assert.deepEqual(shapesOf(next, 'blk.{n}.attn_gate.weight')[0], [4096, 2048]);
  });
  it('add tables of rotary positions that no checkpoint holds', () => {
    const scaled = modelOf({ ...llama, rope_scaling: { rope_type: 'llama3' } });
    assert.deepEqual(shapesOf(layoutOf(scaled, 'F16'), 'rope_freqs.weight'), [[64]]);
    assert.deepEqual(shapesOf(layoutOf(scaled, 'F16', { llamaCppDate: '2024-07-26' }), 'rope_freqs.weight'), []);
    const factors = Array.from({ length: 48 }, () => 1);
    const long = modelOf({
      ...llama,
      model_type: 'phi3',
      architectures: ['Phi3ForCausalLM'],
      rope_scaling: { type: 'longrope', long_factor: factors, short_factor: factors },
    });
    assert.deepEqual(shapesOf(layoutOf(long, 'F16'), 'rope_factors_long.weight'), [[48]]);
  });
  it('leave out rotary frequencies, poolers and language heads of encoders', () => {
    const bert = layoutOf(modelOf({ model_type: 'bert', architectures: ['BertForMaskedLM'] }), 'F16');
    assert.ok(
      namesOf(bert).every((name) => /^(blk\.|token_|position_embd)/.test(name)),
      namesOf(bert).join(),
    );
    const internlm = layoutOf(modelOf({ model_type: 'internlm', architectures: ['InternLMForCausalLM'] }), 'F16');
    assert.ok(!namesOf(internlm).some((name) => name.includes('inv_freq')));
  });
  it('drop rows that the tokenizer or the position table does not use', () => {
    const gemma = modelOf({ ...llama, model_type: 'gemma3_text', architectures: ['Gemma3ForCausalLM'], vocab_size: 262208 });
    assert.deepEqual(shapesOf(layoutOf(gemma, 'F16'), 'token_embd.weight')[0]?.[0], 262144);
    const roberta = modelOf({ model_type: 'roberta', architectures: ['RobertaModel'], max_position_embeddings: 514 });
    assert.equal(shapesOf(layoutOf(roberta, 'F16'), 'position_embd.weight')[0]?.[0], 512);
  });
  it('write a tied embedding twice where old converters did', () => {
    const gpt2 = modelOf({ model_type: 'gpt2', architectures: ['GPT2LMHeadModel'] });
    assert.ok(!namesOf(layoutOf(gpt2, 'F16')).includes('output.weight'));
    assert.ok(namesOf(layoutOf(gpt2, 'F16', { llamaCppDate: '2025-03-18' })).includes('output.weight'));
  });
  it('count vision towers in a second file', () => {
    const gemma3 = modelOf({ model_type: 'gemma3', architectures: ['Gemma3ForConditionalGeneration'], text_config: {}, vision_config: {} });
    const { entries, basis } = layoutOf(gemma3, 'Q4_K_M');
    assert.ok(basis.reasons.includes('gguf-projector'));
    const tower = entries.filter(({ component }) => component === 'vision');
    assert.deepEqual(new Set(tower.map(({ dtype }) => dtype)), new Set(['F16', 'F32']));
  });
  it('have patches at the type that the converter forces', () => {
    const towerTypes = (model: ReturnType<typeof modelOf>, part: string): readonly (string | undefined)[] =>
      (['Q4_K_M', 'F16', 'BF16', 'F32'] as const).map(
        (type) => layoutOf(model, type).entries.find(({ name }) => name.includes(part))?.dtype,
      );
    const gemma3 = modelOf({ model_type: 'gemma3', architectures: ['Gemma3ForConditionalGeneration'], text_config: {}, vision_config: {} });
    assert.deepEqual(towerTypes(gemma3, 'patch_embedding.weight'), ['F32', 'F32', 'F32', 'F32']);
    assert.deepEqual(towerTypes(gemma3, 'input_projection'), ['F16', 'F16', 'F16', 'F16']);
    const qwen = modelOf({
      model_type: 'qwen2_5_vl',
      architectures: ['Qwen2_5_VLForConditionalGeneration'],
      text_config: {},
      vision_config: {},
    });
    assert.deepEqual(towerTypes(qwen, 'patch_embed.proj'), ['F16', 'F16', 'F32', 'F32']);
    assert.deepEqual(towerTypes(qwen, 'attn.qkv.weight'), ['F16', 'F16', 'BF16', 'F32']);
  });
  describe('of Gemma 4', () => {
    const text = {
      model_type: 'gemma4_text',
      architectures: ['Gemma4ForCausalLM'],
      vocab_size: 512,
      vocab_size_per_layer_input: 512,
      hidden_size: 256,
      hidden_size_per_layer_input: 64,
      intermediate_size: 512,
      num_hidden_layers: 6,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 64,
      global_head_dim: 128,
    };
    const whole = modelOf({
      model_type: 'gemma4',
      architectures: ['Gemma4ForConditionalGeneration'],
      text_config: text,
      vision_config: {
        hidden_size: 128,
        intermediate_size: 256,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        num_key_value_heads: 2,
        use_clipped_linears: true,
        standardize: true,
        position_embedding_size: 64,
      },
      audio_config: { hidden_size: 128, num_hidden_layers: 2, num_attention_heads: 2, output_proj_dims: 192 },
    });
    const towers = new Set(['vision', 'audio', 'projector']);
    const bytesBy = (type: string): readonly [text: number, towers: number] => {
      const { entries } = layoutOf(whole, type);
      const [inner, outer] = [false, true].map((isTower) => entries.filter(({ component }) => towers.has(component) === isTower));
      return [bytesOf({ ...layoutOf(whole, type), entries: inner ?? [] }), bytesOf({ ...layoutOf(whole, type), entries: outer ?? [] })];
    };

    // What the converter of llama.cpp wrote of a checkpoint of this config.
    it('take the bytes of both files that the converter writes', () => {
      assert.deepEqual(bytesBy('F16'), [8_752_152, 3_402_656]);
      assert.deepEqual(bytesBy('BF16'), [8_752_152, 3_599_264]);
    });
    it('keep the projection of all layers’ inputs, and quantize their embedding as the other', () => {
      const layout = layoutOf(modelOf(text), 'Q4_K_M');
      assert.deepEqual(typesOf(layout, 'per_layer_model_proj.weight'), { F16: 1 });
      assert.deepEqual(typesOf(layout, 'token_embd.weight'), { Q6_K: 1 });
      assert.deepEqual(typesOf(layout, 'blk.{n}.layer_output_scale.weight'), { F32: 6 });
      assert.deepEqual(shapesOf(layout, 'rope_freqs.weight'), [[64]]);
      assert.equal(layout.basis.kind, 'rule');
    });
    // tools/quantize of the same version, without writing (--dry-run).
    it('take the bytes that llama-quantize gives them, with experts whose gate and up are one tensor', () => {
      const sparse = modelOf({
        ...text,
        hidden_size_per_layer_input: 256,
        num_hidden_layers: 16,
        num_attention_heads: 8,
        num_key_value_heads: 4,
        enable_moe_block: true,
        num_experts: 8,
        top_k_experts: 2,
        moe_intermediate_size: 256,
      });
      const bytes = (type: string): number => bytesOf(layoutOf(sparse, type, { imatrix: false }));
      const types = ['F16', 'Q4_K_M', 'Q3_K_S', 'IQ3_XS', 'IQ2_M', 'MXFP4_MOE'];
      assert.deepEqual(types.map(bytes), [88_895_808, 30_201_152, 24_062_272, 23_208_256, 18_650_432, 34_976_064]);
      assert.deepEqual(shapesOf(layoutOf(sparse, 'F16'), 'blk.{n}.ffn_gate_up_exps.weight')[0], [8, 512, 256]);
    });
  });
  it('number the layers for further tokens after the others, and count them', () => {
    const glm = { model_type: 'glm4_moe', architectures: ['Glm4MoeForCausalLM'], num_hidden_layers: 4, num_nextn_predict_layers: 1 };
    const { entries, basis } = layoutOf(modelOf(glm), 'F16');
    assert.ok(basis.reasons.includes('gguf-further-layers'));
    assert.ok(entries.some(({ name }) => name === 'blk.{n}.nextn.eh_proj.weight'));
    assert.deepEqual(typesOf({ entries, basis }, 'blk.{n}.attn_norm.weight'), { F32: 5 });
    const qwen = modelOf({
      model_type: 'qwen3_5',
      architectures: ['Qwen3_5ForConditionalGeneration'],
      text_config: { num_hidden_layers: 4, mtp_num_hidden_layers: 1 },
      vision_config: {},
    });
    assert.ok(namesOf(layoutOf(qwen, 'F16')).includes('blk.{n}.nextn.shared_head_norm.weight'));
    assert.ok(!namesOf(layoutOf(qwen, 'F16', { llamaCppDate: '2026-05-01' })).some((name) => name.includes('nextn')));
  });
  it('are approximate where the converter is not known to take the model', () => {
    const { basis } = layoutOf(modelOf({ model_type: 'gptj', architectures: ['GPTJForCausalLM'] }), 'Q8_0');
    assert.deepEqual([basis.kind, basis.reasons.includes('gguf-names')], ['approximate', true]);
    assert.equal(layoutOf(modelOf(llama), 'F16').basis.kind, 'exact');
  });
  it('come with an estimated header that grows with the vocabulary', () => {
    const small = ggufHeaderEstimate(modelOf(llama));
    const large = ggufHeaderEstimate(modelOf({ ...llama, vocab_size: 128256 }));
    assert.ok(small.bytes % 32 === 0 && small.range[0] < small.bytes && small.bytes < small.range[1]);
    assert.equal(small.tensorTable, large.tensorTable);
    assert.ok(large.bytes > 4 * small.bytes);
    assert.equal(small.basis.kind, 'approximate');
  });
});
