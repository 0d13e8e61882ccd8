import assert from 'node:assert/strict';
import { deviceOf, everyRank, namedDevice } from '../../../src/engine/memory/engines/perDevice';

const parts = { weights: 32, cache: 16, activations: 8, graphs: 4, nonTorch: 2, buffers: 1 };

describe('devices of a start', () => {
  it('sum what they hold, and know their memory or not', () => {
    assert.deepEqual(namedDevice('CUDA0', 100, parts), { device: 'CUDA0', ...parts, total: 63, usable: 100 });
    assert.deepEqual(deviceOf({ count: 1, device: undefined, memory: undefined }, parts), {
      device: 'GPU',
      ...parts,
      total: 63,
      usable: null,
    });
  });

  it('stand rank by rank, stage after stage, replica after replica', () => {
    const names = everyRank([namedDevice('first', null, parts), namedDevice('last', null, parts)], { tensor: 2, replicas: 2 });
    assert.equal(names.map(({ device }) => device).join(' '), 'first first last last first first last last');
    assert.equal(everyRank(names, { tensor: 1 }).length, 8);
  });
});
