import assert from 'node:assert/strict';
import { estimate } from '../../../src/engine/index';
import { analysisOf, deepseek, gemma, insightAt, llama, mixtral, settings, t5, whisper, type Config } from './models';

/** A formula as a surface may print it. */
const print = (config: Config, path: string, at = 0): string | undefined => {
  const wanted = insightAt(config, path).explain().formulas[at];
  return wanted?.terms.map(({ factors }) => factors.map(({ value, name }) => `${value} ${name}`).join(' · ')).join(' + ');
};

describe('formulas', () => {
  it('name the numbers of the cache', () => {
    assert.equal(print(llama, 'num_key_value_heads'), '2 keysAndValues · 8 kvHeads · 128 headDim · 2 bytesPerElement · 32 layers');
    assert.equal(
      print(gemma, 'text_config.sliding_window'),
      '2 keysAndValues · 1 kvHeads · 256 headDim · 2 bytesPerElement · 4 layers · 8192 tokens + ' +
        '2 keysAndValues · 1 kvHeads · 256 headDim · 2 bytesPerElement · 22 layers · 511 tokensKept',
    );
    const [latent] = insightAt(deepseek, 'kv_lora_rank').explain().formulas[0]!.terms[0]!.factors;
    assert.deepEqual(latent?.sumOf, [
      { value: 512, name: 'latentRank' },
      { value: 64, name: 'ropeHeadDim' },
    ]);
  });
  it('tell what a token costs at the chosen context, and what it costs while no window is full', () => {
    const at = (config: Config, path: string) =>
      insightAt(config, path)
        .explain()
        .formulas.filter(({ result }) => result === 'bytesPerToken')
        .map(({ at: when, value }) => [when, value]);
    assert.deepEqual(at(gemma, 'text_config.num_key_value_heads'), [
      [8192, 4 * 2 * 256 * 2],
      ['windowsOpen', 26 * 2 * 256 * 2],
    ]);
    const windowed = { ...llama, model_type: 'mistral', sliding_window: 4096 };
    assert.deepEqual(at(windowed, 'num_key_value_heads'), [
      [8192, 0],
      ['windowsOpen', 128 * 1024],
    ]);
    assert.deepEqual(at({ ...windowed, sliding_window: 65536 }, 'num_key_value_heads'), [['windowsOpen', 128 * 1024]]);
    assert.deepEqual(at(llama, 'num_key_value_heads'), [[undefined, 128 * 1024]]);
  });
  it('tell self and cross attention apart, each at its own length', () => {
    assert.equal(
      print(whisper, 'max_source_positions'),
      '2 keysAndValues · 20 kvHeads · 64 headDim · 2 bytesPerElement · 4 crossLayers · 1500 encoderPositions',
    );
    assert.equal(
      print(whisper, 'max_target_positions'),
      '2 keysAndValues · 20 kvHeads · 64 headDim · 2 bytesPerElement · 4 layers · 448 tokens',
    );
    const [both] = insightAt(t5, 'd_kv').explain().formulas;
    const { cache } = estimate(analysisOf(t5), { ...settings, precisions: [], targets: [] });
    assert.deepEqual([both?.value, both?.bothSides], [cache.bytesPerToken, true]);
    assert.deepEqual(both?.terms.map(({ factors }) => factors.at(-1)?.name).sort(), ['crossLayers', 'layers']);
  });
  it('name the dimensions of tensors, and take equal ones together', () => {
    assert.equal(print(llama, 'intermediate_size'), '3 matrices · 14336 intermediateSize · 4096 hiddenSize · 32 layers');
    assert.equal(print(llama, 'tie_word_embeddings'), '128256 vocabulary · 4096 hiddenSize');
    assert.equal(print(llama, 'num_hidden_layers'), '32 layers · 218112000 parametersPerLayer');
    assert.equal(print(mixtral, 'num_local_experts'), '3 matrices · 14336 intermediateSize · 4096 hiddenSize · 32 layers · 8 experts');
    assert.equal(print(mixtral, 'num_experts_per_tok'), '2 expertsPerToken · 5637144576 parametersPerExpert + 1605636096 alwaysUsed');
    assert.equal(
      print({ ...llama, num_hidden_layers: 2 }, 'num_key_value_heads', 1),
      '2 matrices · 1024 width · 4096 hiddenSize · 2 layers',
    );
    assert.equal(print(llama, 'torch_dtype'), '8030261248 parameters · 2 bytesPerElement');
  });
  it('never name a rank of attention after a feed-forward width that equals it', () => {
    for (const width of [1536, 2048])
      assert.equal(
        print({ ...deepseek, moe_intermediate_size: width }, 'q_lora_rank'),
        '24576 width · 1536 latentRank · 61 layers + 1536 latentRank · 7168 hiddenSize · 61 layers + 1536 latentRank · 61 layers',
      );
  });
  it('name the rows of a fused tensor that are the key’s', () => {
    // Of 576 rows, 512 are the latent and 64 the rotary key.
    assert.equal(
      print(deepseek, 'kv_lora_rank', 1),
      '32768 width · 512 latentRank · 61 layers + 512 latentRank · 7168 hiddenSize · 61 layers + 512 latentRank · 61 layers',
    );
  });
  it('put what is left after three terms into a rest', () => {
    const formula = insightAt(deepseek, 'num_attention_heads').explain().formulas[0];
    assert.equal(formula?.terms.length, 4);
    assert.equal(formula?.terms[3]?.factors[0]?.name, 'rest');
  });
});
