import assert from 'node:assert/strict';
import { overview, type Overview } from '../../../src/engine/index';
import { analysisOf, bert, deepseek, gemma, gpt2, llama, mamba2, settings, type Config } from './models';

const overviewOf = (config: Config): Overview => overview(analysisOf(config), settings);

describe('a model at a glance', () => {
  it('says how keys and values are shared, against one for every head', () => {
    const { keyValue } = overviewOf(llama);
    assert.ok(keyValue);
    assert.deepEqual([keyValue.kind, keyValue.heads, keyValue.kvHeads], ['grouped', 32, 8]);
    assert.deepEqual([keyValue.bytesPerToken, keyValue.fullBytesPerToken], [128 * 1024, 512 * 1024]);
    assert.equal(overviewOf(deepseek).keyValue?.kind, 'latent');
    assert.equal(overviewOf(gpt2).keyValue?.kind, 'multiHead');
    assert.equal(overviewOf(gemma).keyValue?.kind, 'multiQuery');
    assert.equal(overviewOf(bert).keyValue, null);
    assert.equal(overviewOf(mamba2).keyValue, null);
    assert.ok(overviewOf(mamba2).state > 0);
  });
  it('adds up the parts of a composite', () => {
    const { parts } = overviewOf(gemma);
    assert.deepEqual(
      parts.map(({ part }) => part),
      ['text', 'vision', 'projector'],
    );
    assert.equal(
      parts.reduce((sum, { share }) => sum + share.parameters, 0),
      analysisOf(gemma).parameters.total,
    );
    assert.deepEqual(overviewOf(llama).parts, []);
  });
  it('lists stacks of layers and components, largest first', () => {
    assert.deepEqual(
      overviewOf(gemma).stacks.map(({ name, layers }) => [name, layers]),
      [
        ['language_model.model.layers', 26],
        ['vision_tower.encoder.layers', 27],
      ],
    );
    assert.deepEqual(
      overviewOf(deepseek).stacks.map(({ sorts }) => sorts.map(({ copies, last }) => [copies, last])),
      [
        [
          [58, 60],
          [3, 2],
        ],
      ],
    );
    assert.deepEqual(overviewOf(llama).components[0], {
      component: 'mlp',
      share: { parameters: 5637144576, ratio: 5637144576 / 8030261248 },
    });
  });
});
