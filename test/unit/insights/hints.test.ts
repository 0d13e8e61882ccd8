import assert from 'node:assert/strict';
import { estimate, type Hint } from '../../../src/engine/index';
import {
  analysisOf,
  bert,
  dbrx,
  deepseek,
  gemma,
  gpt2,
  hintAt,
  insightAt,
  insightsOf,
  jamba,
  llama,
  mamba,
  mamba2,
  mixtral,
  qwen3Next,
  settings,
  t5,
  whisper,
  type Config,
} from './models';

const gib = 2 ** 30;
const kinds = (config: Config): readonly (readonly [string, Hint['kind']])[] =>
  insightsOf(config).flatMap(({ path, hint }) => (hint ? [[path.join('.'), hint.kind] as const] : []));

describe('hints of Llama-3.1-8B', () => {
  it('stand at the keys that cost or save, and nowhere else', () => {
    assert.deepEqual(kinds(llama), [
      ['intermediate_size', 'feedForward'],
      ['max_position_embeddings', 'context'],
      ['num_attention_heads', 'attention'],
      ['num_hidden_layers', 'layers'],
      ['num_key_value_heads', 'keyValue'],
      ['rope_scaling.factor', 'rope'],
      ['tie_word_embeddings', 'tying'],
      ['torch_dtype', 'weights'],
      ['vocab_size', 'vocabulary'],
    ]);
    assert.ok(!insightsOf(llama).some(({ key }) => key === 'bos_token_id'));
  });
  it('count layers, feed-forward, attention and vocabulary from the tensors', () => {
    const perLayer = 2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096;
    assert.deepEqual(hintAt(llama, 'num_hidden_layers', 'layers').sorts, [{ copies: 32, parameters: perLayer, last: 31 }]);
    assert.equal(hintAt(llama, 'num_hidden_layers', 'layers').parameters, 32 * perLayer);
    assert.equal(hintAt(llama, 'intermediate_size', 'feedForward').share.parameters, 32 * 3 * 4096 * 14336);
    assert.equal(hintAt(llama, 'num_attention_heads', 'attention').share.parameters, 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024));
    const vocabulary = hintAt(llama, 'vocab_size', 'vocabulary');
    assert.deepEqual([vocabulary.embedding, vocabulary.head, vocabulary.tied], [128256 * 4096, 128256 * 4096, false]);
    assert.equal(vocabulary.share.ratio, (2 * 128256 * 4096) / 8030261248);
  });
  it('give the cache per token, at the limit and before and after rope scaling', () => {
    const { bytesPerToken, growth, heads, kvHeads } = hintAt(llama, 'num_key_value_heads', 'keyValue');
    assert.deepEqual([bytesPerToken, growth, heads, kvHeads], [128 * 1024, 128 * 1024, 32, 8]);
    assert.deepEqual(hintAt(llama, 'max_position_embeddings', 'context').limit, { tokens: 131072, bytes: 16 * gib });
    assert.deepEqual(hintAt(llama, 'max_position_embeddings', 'context').chosen, { tokens: 8192, bytes: gib });
    const { from, to } = hintAt(llama, 'rope_scaling.factor', 'rope');
    assert.deepEqual(
      [from, to],
      [
        { tokens: 8192, bytes: gib },
        { tokens: 131072, bytes: 16 * gib },
      ],
    );
  });
  it('follow the batch and the dtype of the cache that are set', () => {
    const at = { context: 1024, batch: 4, kvDtype: 'fp8' } as const;
    assert.equal(hintAt(llama, 'num_key_value_heads', 'keyValue', at).bytesPerToken, 64 * 1024);
    assert.equal(hintAt(llama, 'max_position_embeddings', 'context', at).limit.bytes, 4 * 8 * gib);
  });
  it('say what tying would save, or saves', () => {
    assert.deepEqual(hintAt(llama, 'tie_word_embeddings', 'tying'), { kind: 'tying', tied: false, parameters: 128256 * 4096 });
    const tied = hintAt({ ...llama, tie_word_embeddings: true }, 'tie_word_embeddings', 'tying');
    assert.deepEqual(tied, { kind: 'tying', tied: true, parameters: 128256 * 4096 });
    assert.equal(hintAt({ ...llama, tie_word_embeddings: true }, 'vocab_size', 'vocabulary').head, 0);
  });
  it('give the weights at the dtype that counts, once', () => {
    assert.equal(hintAt(llama, 'torch_dtype', 'weights').bytes, 2 * 8030261248);
    const both = { ...llama, dtype: 'float32' };
    assert.equal(insightAt(both, 'torch_dtype').hint, undefined);
    assert.equal(hintAt(both, 'dtype', 'weights').bytes, 4 * 8030261248);
  });
  it('say nothing of a value that cannot be used', () => {
    for (const value of [-1, 0.5, '32', null, [], {}, 1e30])
      assert.equal(insightAt({ ...llama, num_hidden_layers: value }, 'num_hidden_layers').hint, undefined, JSON.stringify(value));
  });
});

describe('hints of other kinds of models', () => {
  it('take mixtures of experts apart', () => {
    const experts = hintAt(deepseek, 'n_routed_experts', 'experts');
    assert.equal(experts.share.parameters, 58 * 256 * 3 * 7168 * 2048);
    assert.deepEqual([experts.experts, experts.perToken], [256, 8]);
    assert.equal(hintAt(deepseek, 'num_experts_per_tok', 'active').active, 37552282624);
    assert.equal(hintAt(deepseek, 'intermediate_size', 'feedForward').share.parameters, 3 * 3 * 7168 * 18432);
    assert.equal(hintAt(deepseek, 'n_shared_experts', 'sharedExperts').share.parameters, 58 * 3 * 7168 * 2048);
    assert.equal(hintAt(deepseek, 'moe_intermediate_size', 'feedForward').inExperts, 58 * 256 * 3 * 7168 * 2048);
    assert.deepEqual(
      hintAt(deepseek, 'num_hidden_layers', 'layers').sorts.map(({ copies }) => copies),
      [58, 3],
    );
    const allSparse = analysisOf({ ...deepseek, first_k_dense_replace: 0 }).parameters.total;
    const { dense, saved } = hintAt(deepseek, 'first_k_dense_replace', 'denseLayers');
    assert.deepEqual([dense, saved], [3, allSparse - 671026404352]);
    const { inExperts, share } = hintAt(mixtral, 'intermediate_size', 'feedForward');
    assert.equal(inExperts, share.parameters);
  });
  it('compare a latent cache with that of every head', () => {
    const { bytesPerToken, fullBytesPerToken } = hintAt(deepseek, 'kv_lora_rank', 'latent');
    assert.equal(bytesPerToken, 61 * (512 + 64) * 2);
    assert.equal(fullBytesPerToken, 61 * 128 * (128 + 64 + 128) * 2);
    assert.equal(insightAt(deepseek, 'num_key_value_heads').hint, undefined);
  });
  it('count layers that predict further tokens as the files hold them', () => {
    const { hint } = insightAt(deepseek, 'num_nextn_predict_layers');
    assert.deepEqual(hint, { kind: 'nextToken', parameters: 13_463_426_048, counted: false });
  });
  it('size them like the last layer where their tensors are not known, and say that it is an estimate', () => {
    const stranger = { ...deepseek, model_type: 'stranger', architectures: ['StrangerForCausalLM'] };
    const insight = insightAt(stranger, 'num_nextn_predict_layers');
    const layer = hintAt(stranger, 'num_hidden_layers', 'layers').sorts[0]!.parameters;
    const parameters = layer + 2 * 7168 * 7168 + 3 * 7168;
    assert.deepEqual(insight.hint, { kind: 'nextToken', parameters, counted: false, estimated: true });
    assert.equal(insight.basis.kind, 'approximate');
    assert.ok(insight.basis.reasons.includes('next-token-layer-like-last'));
    assert.equal(insightAt({ ...deepseek, num_nextn_predict_layers: 0 }, 'num_nextn_predict_layers').hint, undefined);
  });
  it('name windows, their layers and what they keep', () => {
    const window = hintAt(gemma, 'text_config.sliding_window', 'window');
    assert.deepEqual([window.layers, window.of, window.tokensKept], [22, 26, 511]);
    assert.deepEqual(hintAt(gemma, 'text_config.layer_types', 'layerTypes').types, [
      { type: 'sliding_attention', layers: 22 },
      { type: 'full_attention', layers: 4 },
    ]);
    const { bytesPerToken, growth } = hintAt(gemma, 'text_config.num_key_value_heads', 'keyValue');
    assert.deepEqual([bytesPerToken, growth], [26 * 2 * 256 * 2, 4 * 2 * 256 * 2]);
    const unused = { ...llama, model_type: 'qwen2', sliding_window: 4096, use_sliding_window: false };
    assert.equal(insightAt(unused, 'sliding_window').hint, undefined);
  });
  it('give the growth of the cache that the estimate has', () => {
    for (const [config, key] of [
      [llama, 'num_key_value_heads'],
      [gemma, 'text_config.num_key_value_heads'],
      [dbrx, 'attn_config.kv_n_heads'],
    ] as const)
      for (const context of [256, 511, 8192]) {
        const at = { ...settings, context };
        const { cache } = estimate(analysisOf(config), { ...at, precisions: [], targets: [] });
        const { growth, chosen } = hintAt(config, key, 'keyValue', at);
        assert.deepEqual([growth, chosen.bytes], [cache.bytesPerToken, cache.bytes], `${key} at ${context}`);
      }
  });
  it('are estimates where the cache takes a dtype that nothing names', () => {
    const silent = { ...llama, torch_dtype: undefined };
    assert.deepEqual(insightAt(silent, 'num_key_value_heads').basis, { kind: 'approximate', reasons: ['dtype-assumed'] });
    assert.equal(insightAt(silent, 'num_key_value_heads', { ...settings, kvDtype: 'fp8' }).basis.kind, 'exact');
    assert.equal(insightAt(silent, 'num_hidden_layers').basis.kind, 'exact');
  });
  it('tell the parts of a composite, each under its own keys', () => {
    const text = hintAt(gemma, 'text_config', 'part').share.parameters;
    const vision = hintAt(gemma, 'vision_config', 'part').share.parameters;
    const { total, byComponent } = analysisOf(gemma).parameters;
    assert.equal(text + vision, total - (byComponent.projector ?? 0));
    assert.equal(hintAt(gemma, 'vision_config.intermediate_size', 'feedForward').share.parameters, 27 * (2 * 1152 * 4304 + 4304));
    assert.equal(hintAt(gemma, 'text_config.intermediate_size', 'feedForward').share.parameters, 26 * 3 * 1152 * 6912);
    const projection = 1152 * 1152 + 1152;
    assert.equal(hintAt(gemma, 'vision_config.num_attention_heads', 'attention').share.parameters, 27 * 4 * projection);
    assert.deepEqual(insightAt(gemma, 'vision_config.num_attention_heads').explain().cache, []);
  });
  it('give the state of recurrent layers instead of a cache', () => {
    assert.equal(hintAt(mamba2, 'state_size', 'state').bytes, 64 * 128 * 64 * 128 * 4);
    assert.equal(hintAt(mamba2, 'conv_kernel', 'state').state, 'convolution');
    assert.equal(hintAt(qwen3Next, 'linear_num_value_heads', 'state').state, 'recurrent');
    const { layers, of } = hintAt(qwen3Next, 'full_attention_interval', 'fullLayers');
    assert.deepEqual([layers, of], [12, 48]);
    assert.equal(hintAt(jamba, 'attn_layer_period', 'fullLayers').layers, 4);
  });
  it('size state-space layers by their inner width, or by what it is a multiple of', () => {
    const { intermediate_size: inner, ...byExpansion } = mamba;
    assert.equal(inner, 1536);
    // Per layer: in and out projections, convolution, B, C and time step from the inner width, A and D, and the step's bias.
    const perLayer = 3 * 768 * 1536 + 1536 * 4 + 1536 + 1536 * (48 + 2 * 16) + 48 * 1536 + 1536 + 1536 * 16 + 1536;
    assert.equal(hintAt(mamba, 'intermediate_size', 'stateSpace').share.parameters, 24 * perLayer);
    assert.equal(insightAt(mamba, 'intermediate_size').meaning, 'ssmWidth');
    assert.equal(insightAt(mamba, 'expand').hint, undefined, 'the width beside it decides');
    assert.equal(hintAt(byExpansion, 'expand', 'stateSpace').share.parameters, 24 * perLayer);
  });
  it('speak of positions where an encoder keeps no cache', () => {
    assert.equal(hintAt(bert, 'max_position_embeddings', 'table').share.parameters, 512 * 768);
    assert.equal(hintAt(bert, 'type_vocab_size', 'table').table, 'segments');
    assert.ok(!kinds(bert).some(([, kind]) => kind === 'context' || kind === 'keyValue'));
  });
  it('keep the halves of an encoder-decoder apart', () => {
    assert.equal(hintAt(whisper, 'encoder_layers', 'layers').sorts[0]!.copies, 32);
    assert.equal(hintAt(whisper, 'decoder_layers', 'layers').sorts[0]!.copies, 4);
    assert.equal(hintAt(whisper, 'decoder_ffn_dim', 'feedForward').share.parameters, 4 * (2 * 1280 * 5120 + 5120));
    const attention = 4 * 1280 * 1280 + 3 * 1280;
    assert.equal(hintAt(whisper, 'encoder_attention_heads', 'attention').share.parameters, 32 * attention);
    assert.equal(hintAt(whisper, 'decoder_attention_heads', 'attention').share.parameters, 4 * 2 * attention);
    assert.equal(insightAt(whisper, 'max_source_positions').explain().formulas[1]?.value, 1500 * 1280);
    const each = 4 * 2 * 1280 * 2;
    const source = hintAt(whisper, 'max_source_positions', 'context');
    assert.deepEqual([source.part, source.limit], ['cross', { tokens: 448, encoder: 1500, bytes: 1500 * each }]);
    const target = hintAt(whisper, 'max_target_positions', 'context');
    assert.deepEqual([target.part, target.limit], ['self', { tokens: 448, encoder: 1500, bytes: 448 * each }]);
    for (const key of ['max_source_positions', 'max_target_positions', 'decoder_layers'])
      assert.deepEqual(insightAt(whisper, key).explain().cache, [
        { tokens: 448, encoder: 1500, bytes: (448 + 1500) * each },
        { tokens: 8192, encoder: 8192, bytes: 2 * 8192 * each },
      ]);
    // Without an encoder there is nothing to keep of it.
    const alone = { ...whisper, architectures: ['WhisperForCausalLM'] };
    assert.equal(hintAt(alone, 'max_target_positions', 'context').part, 'all');
    assert.notEqual(insightAt(alone, 'max_source_positions').hint?.kind, 'context');
    assert.equal(hintAt(t5, 'num_decoder_layers', 'layers').sorts[0]!.copies, 5);
  });
  it('read groups of keys inside of others', () => {
    assert.equal(hintAt(dbrx, 'attn_config.kv_n_heads', 'keyValue').bytesPerToken, 40 * 2 * 8 * 128 * 2);
    assert.equal(hintAt(dbrx, 'ffn_config.moe_num_experts', 'experts').share.parameters, 40 * 16 * 3 * 6144 * 10752);
  });
  it('say a figure once where two names of a key stand', () => {
    assert.equal(hintAt(gpt2, 'n_positions', 'context').limit.tokens, 1024);
    assert.equal(insightAt(gpt2, 'n_ctx').hint, undefined);
    assert.equal(insightAt(whisper, 'num_hidden_layers').hint, undefined);
  });
  it('leave out what shares tensors with other keys in no proportion', () => {
    assert.equal(insightAt(mamba2, 'hidden_size').explain().share, undefined);
    // Of the fused projection, a key/value head is worth its own rows alone.
    assert.equal(insightAt(dbrx, 'attn_config.kv_n_heads').explain().share?.parameters, 40 * 2 * 8 * 128 * 6144);
  });
  it('size the parts of a quantized checkpoint', () => {
    const quantized = { ...llama, quantization_config: { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: false, sym: true } };
    const { checkpoint } = analysisOf(quantized);
    const method = hintAt(quantized, 'quantization_config.quant_method', 'quantized');
    assert.deepEqual([method.bytes, method.plainBytes], [checkpoint.bytes, 2 * 8030261248]);
    const packed = hintAt(quantized, 'quantization_config.bits', 'packed');
    assert.deepEqual([packed.parameters, packed.bytes], [32 * (218112000 - 2 * 4096), (32 * (218112000 - 2 * 4096)) / 2]);
    assert.equal(hintAt(quantized, 'quantization_config.group_size', 'scales').bytes, checkpoint.extras.overheadBytes);
    assert.deepEqual(hintAt(quantized, 'torch_dtype', 'weights').quantized, { scheme: checkpoint.scheme, bytes: checkpoint.bytes });
    assert.equal(insightAt({ ...llama, quantization_config: {} }, 'quantization_config').hint, undefined);
  });
  it('say nothing where the length that a rope scaling reaches is not known', () => {
    for (const scaling of [
      { type: 'linear', factor: 4 },
      { rope_type: 'yarn', factor: 4 },
      { rope_type: 'llama3', factor: 'x' },
      { rope_type: 'default' },
    ])
      assert.ok(!kinds({ ...llama, rope_scaling: scaling }).some(([, kind]) => kind === 'rope'), JSON.stringify(scaling));
    const beyond = {
      ...llama,
      max_position_embeddings: 32768,
      rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32768 },
    };
    assert.equal(hintAt(beyond, 'rope_scaling.factor', 'rope').to.tokens, 131072);
    assert.equal(insightAt(beyond, 'rope_scaling.factor').basis.kind, 'rule');
  });
  it('tell the factor alone where the limit beside it may be the one before or after', () => {
    const factorOf = (scaling: object) => hintAt({ ...llama, rope_scaling: scaling }, 'rope_scaling.factor', 'stretch').factor;
    assert.equal(factorOf({ type: 'linear', factor: 4 }), 4);
    assert.equal(factorOf({ rope_type: 'dynamic', factor: 2.5 }), 2.5);
    for (const scaling of [{ type: 'linear', factor: 1 }, { factor: 4 }, { type: 'linear', factor: '4' }, { type: 'yarn', factor: 4 }])
      assert.equal(insightAt({ ...llama, rope_scaling: scaling }, 'rope_scaling.factor').hint, undefined, JSON.stringify(scaling));
  });
  it('hold for a model type that is not known, as estimates', () => {
    const { max_position_embeddings: limit, ...shape } = llama;
    for (const key of ['max_position_embeddings', 'context_length', 'max_seq_length', 'n_ctx']) {
      const config = { ...shape, model_type: 'brand_new', architectures: ['BrandNewForCausalLM'], [key]: limit };
      assert.deepEqual(hintAt(config, key, 'context').limit, { tokens: 131072, bytes: 16 * gib }, key);
    }
    const unknown = { ...llama, model_type: 'brand_new', architectures: ['BrandNewForCausalLM'] };
    const insight = insightAt(unknown, 'num_key_value_heads');
    assert.equal(insight.hint?.kind, 'keyValue');
    assert.equal(insight.basis.kind, 'approximate');
    const inside = {
      model_type: 'brand_new_vl',
      architectures: ['BrandNewVLForConditionalGeneration'],
      text_config: { ...llama, architectures: undefined },
    };
    assert.equal(hintAt(inside, 'text_config.max_position_embeddings', 'context').limit.bytes, 16 * gib);
  });
});
