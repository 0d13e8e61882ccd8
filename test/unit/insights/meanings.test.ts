import assert from 'node:assert/strict';
import { meaningOf, sectionKind } from '../../../src/engine/insights/meanings';

const meaning = (key: string, section: Parameters<typeof meaningOf>[1] = 'model', siblings: Parameters<typeof meaningOf>[2] = {}) =>
  meaningOf(key, section, siblings)?.meaning;

describe('what keys mean', () => {
  it('is one thing under the names of several families', () => {
    for (const [expected, names] of [
      ['hiddenSize', ['hidden_size', 'n_embd', 'd_model']],
      ['layers', ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers']],
      ['kvHeads', ['num_key_value_heads', 'n_head_kv', 'kv_n_heads', 'multi_query_group_num']],
      ['experts', ['num_local_experts', 'n_routed_experts', 'num_experts', 'moe_num_experts']],
      ['contextLimit', ['max_position_embeddings', 'n_positions', 'max_seq_len', 'seq_length']],
    ] as const)
      for (const name of names) assert.equal(meaning(name), expected, name);
  });
  it('tells the halves of an encoder-decoder apart', () => {
    assert.deepEqual(meaningOf('encoder_layers', 'model', {}), { meaning: 'layers', side: 'encoder' });
    assert.deepEqual(meaningOf('num_decoder_layers', 'model', {}), { meaning: 'layers', side: 'decoder' });
  });
  it('depends on the section and on the keys beside', () => {
    assert.equal(meaning('depth'), undefined);
    assert.equal(meaning('depth', 'vision'), 'layers');
    assert.equal(meaning('bits'), undefined);
    assert.equal(meaning('bits', 'quantization'), 'quantBits');
    assert.equal(meaning('factor', 'rope'), 'ropeFactor');
    assert.equal(meaning('num_heads'), 'heads');
    assert.equal(meaning('num_heads', 'model', { state_size: 128 }), 'ssmHeads');
    assert.equal(meaning('hidden_dim', 'model', { dim: 768 }), 'intermediateSize');
    assert.equal(meaning('hidden_dim'), 'hiddenSize');
  });
  it('is nothing for keys that buy nothing', () => {
    for (const key of ['bos_token_id', 'hidden_act', 'rms_norm_eps', '__proto__', 'constructor', 'toString'])
      assert.equal(meaning(key), undefined, key);
  });
  it('knows the sections that hold models', () => {
    assert.equal(sectionKind('text_config'), 'text');
    assert.equal(sectionKind('visual'), 'vision');
    assert.equal(sectionKind('rope_parameters'), 'rope');
    assert.equal(sectionKind('auto_map'), undefined);
  });
});
