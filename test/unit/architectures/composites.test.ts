import assert from 'node:assert/strict';
import { analyze, cacheSize, listTensors, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';

const read = (config: Record<string, unknown>): Analysis => {
  const result = analyze(toJson(config) as JsonObject);
  assert.equal(result.kind, 'model');
  return result as Analysis;
};
const total = (config: Record<string, unknown>): number => read(config).parameters.total;
const pathsOf = (config: Record<string, unknown>, code: string): string[] =>
  read(config)
    .findings.filter((finding) => finding.code === code)
    .map(({ path }) => path.join('.'));

describe('models made of several models', () => {
  const text = { hidden_size: 1024, num_attention_heads: 8, num_hidden_layers: 3, num_key_value_heads: 2, vocab_size: 1000 };

  it('reads a language model whose keys stand beside the others as it does one in a section', () => {
    const sections = { model_type: 'qwen2_vl', text_config: { ...text, max_position_embeddings: 4096 }, vision_config: { depth: 2 } };
    const flat = { model_type: 'qwen2_vl', ...text, max_position_embeddings: 4096, vision_config: { depth: 2 } };
    assert.equal(total(flat), total(sections));
    assert.equal(read(flat).contextLimit, 4096);
    assert.equal(read(sections).contextLimit, 4096);
  });

  it('points at the place of a wrong value, in a section or beside it', () => {
    assert.deepEqual(pathsOf({ model_type: 'qwen2_vl', text_config: { ...text, hidden_size: -1 } }, 'invalid-value'), [
      'text_config.hidden_size',
    ]);
    assert.deepEqual(pathsOf({ model_type: 'qwen2_vl', ...text, hidden_size: -1 }, 'invalid-value'), ['hidden_size']);
  });

  it('reads the tower of Qwen2-VL as one, though files call it by the type of the whole', () => {
    const named = { model_type: 'qwen2_vl', ...text, vision_config: { model_type: 'qwen2_vl', depth: 2 } };
    assert.equal(total(named), total({ model_type: 'qwen2_vl', ...text, vision_config: { depth: 2 } }));
    assert.equal(read(named).basis.kind, 'exact');
  });

  it('ties the head where either the whole or its language model says so', () => {
    const untied = total({ model_type: 'qwen2_5_vl', text_config: text });
    for (const tied of [
      { model_type: 'qwen2_5_vl', text_config: text, tie_word_embeddings: true },
      { model_type: 'qwen2_5_vl', text_config: { ...text, tie_word_embeddings: true } },
    ])
      assert.equal(untied - total(tied), text.hidden_size * text.vocab_size);
  });

  it('takes the sizes of its projector and head from whatever language model it holds', () => {
    const { inventory } = read({
      model_type: 'llava',
      text_config: { model_type: 'gpt2', n_embd: 96, n_head: 4, n_layer: 1, vocab_size: 500 },
    });
    const shapes = new Map(listTensors(inventory, 'parameters').map(([name, shape]) => [name, shape]));
    assert.deepEqual(shapes.get('language_model.lm_head.weight'), [500, 96]);
    assert.deepEqual(shapes.get('multi_modal_projector.linear_1.weight'), [96, 1024]);
  });

  it('says that a part of unknown type makes the count approximate, and where', () => {
    const config = { model_type: 'llava', text_config: text, vision_config: { model_type: 'some_tower' } };
    assert.deepEqual(read(config).basis, { kind: 'approximate', reasons: ['unknown-part'] });
    assert.deepEqual(pathsOf(config, 'unknown-model-type'), ['vision_config.model_type']);
  });

  it('has the published size of MedGemma 27B: half the bytes of its index, 54,864,813,280', () => {
    const medgemma = {
      model_type: 'gemma3',
      text_config: {
        head_dim: 128,
        hidden_size: 5376,
        intermediate_size: 21504,
        num_attention_heads: 32,
        num_hidden_layers: 62,
        num_key_value_heads: 16,
        sliding_window: 1024,
        vocab_size: 262208,
      },
      vision_config: {
        hidden_size: 1152,
        image_size: 896,
        intermediate_size: 4304,
        num_attention_heads: 16,
        num_hidden_layers: 27,
        patch_size: 14,
        vision_use_head: false,
      },
    };
    assert.equal(total(medgemma), 27_432_406_640);
  });
});

describe('encoder-decoders', () => {
  const v11 = {
    model_type: 't5',
    d_model: 768,
    d_ff: 2048,
    num_layers: 12,
    num_heads: 12,
    feed_forward_proj: 'gated-gelu',
    tie_word_embeddings: false,
  };

  it('gives T5 v1.1 a head of its own: FLAN-T5 base holds 247,577,856 parameters', () => {
    assert.equal(total({ ...v11, architectures: ['T5ForConditionalGeneration'] }), 247_577_856);
  });

  it('counts the encoder alone where the class has no decoder, and keeps nothing for it', () => {
    const encoder = read({ ...v11, architectures: ['T5EncoderModel'] });
    assert.ok(listTensors(encoder.inventory, 'parameters').every(([name]) => !name.startsWith('decoder.')));
    assert.equal(cacheSize(encoder.inventory, 100, 1, 'bf16').bytes, 0);
  });

  it('keeps the context on both sides', () => {
    const { byKind } = cacheSize(read({ model_type: 'whisper' }).inventory, 100, 1, 'bf16');
    assert.ok((byKind.attention ?? 0) > 0);
    assert.equal(byKind.cross, byKind.attention);
  });

  it('bounds the context by what the decoder can place', () => {
    assert.equal(read({ model_type: 'whisper', max_target_positions: 300 }).contextLimit, 300);
    assert.equal(read(v11).contextLimit, null);
  });
});

describe('state-space models', () => {
  it('keep the same at any context, the recurrence in float32', () => {
    const { inventory } = read({ model_type: 'mamba', num_hidden_layers: 2, hidden_size: 64, state_size: 16, conv_kernel: 4 });
    const short = cacheSize(inventory, 10, 1, 'bf16');
    assert.deepEqual(short.byKind, { convolution: 2 * 128 * 4 * 2, recurrent: 2 * 128 * 16 * 4 });
    assert.equal(short.state, short.bytes);
    assert.equal(short.bytesPerToken, 0);
    assert.equal(cacheSize(inventory, 100_000, 1, 'bf16').bytes, short.bytes);
  });

  it('take a rank of "auto" for a sixteenth of the width, and name any other word as wrong', () => {
    assert.equal(
      total({ model_type: 'mamba', hidden_size: 64, time_step_rank: 'auto' }),
      total({ model_type: 'mamba', hidden_size: 64, time_step_rank: 4 }),
    );
    assert.deepEqual(pathsOf({ model_type: 'jamba', mamba_dt_rank: 'wide' }, 'invalid-value'), ['mamba_dt_rank']);
  });
});
