import assert from 'node:assert/strict';
import { analyze, type Analysis } from '../../../../src/engine/index';
import { llama31Of8B } from '../models';

describe('overrides in the quantization block of MLX', () => {
  const checkpointOf = (more: object) =>
    (analyze({ ...llama31Of8B, quantization: { group_size: 64, bits: 4, ...more } }) as Analysis).checkpoint;
  const [vocab, hidden] = [128256, 4096] as const;
  const at = (bits: number): number => (vocab * hidden * bits) / 8 + 4 * vocab * (hidden / 64);

  it('keep a head that is switched off by its name, which has no dot', () => {
    const { extras, bytes } = checkpointOf({ lm_head: false });
    assert.equal(extras.keptByReason['kept-by-name'], 2 * vocab * hidden);
    assert.equal(bytes - checkpointOf({}).bytes, 2 * vocab * hidden - at(4));
  });
  it('give single modules other bits', () => {
    assert.equal(checkpointOf({ 'model.embed_tokens': { bits: 8 } }).bytes - checkpointOf({}).bytes, at(8) - at(4));
  });
  it('read a switch that names no module as none', () => {
    assert.equal(checkpointOf({ some_option: false }).bytes, checkpointOf({}).bytes);
  });
});
