import assert from 'node:assert/strict';
import type { Precision } from '../../../src/engine/index';
import type { Remedy } from '../../../src/shared/panel/snapshot';
import { contentFor, device, sample, type Asked } from './models';

const settle = (asked: Asked, { changes }: Remedy): Asked => {
  const { device: name, count, precision, ...rest } = changes;
  const target = asked.targets?.[0] ?? { device: device('RTX 4090'), count: 1 };
  return {
    ...asked,
    ...rest,
    ...(precision === undefined ? {} : { precision: precision as Precision }),
    targets: [{ device: name === undefined ? target.device : device(name), count: count ?? target.count }],
  };
};

describe('changes that make it fit', () => {
  const cases: readonly (readonly [string, Asked])[] = [
    ['Llama-3.1-8B', { context: 131_072 }],
    ['Llama-3.1-8B', { batch: 64 }],
    ['Llama-3.1-8B', { targets: [{ device: device('RTX 4060'), count: 1 }] }],
    ['Qwen3-30B-A3B', {}],
    [
      'Mixtral-8x7B',
      {
        targets: [
          { device: device('RTX 4090'), count: 1 },
          { device: device('H100 SXM 80GB'), count: 1 },
        ],
      },
    ],
    ['DeepSeek-V3', {}],
    ['GPT-3-175B', { context: 2048 }],
    ['gemma-3-4b-it', { context: 131_072, batch: 16 }],
  ];
  for (const [name, asked] of cases)
    it(`${name}: each does what it promises`, () => {
      const analysis = sample(name);
      const { memory, remedies } = contentFor(analysis, asked);
      assert.equal(memory.verdict, 'over');
      assert.notEqual(remedies.length, 0);
      for (const remedy of remedies) {
        const after = contentFor(analysis, settle(asked, remedy)).memory;
        assert.ok(after.verdict === 'fits' || after.verdict === 'narrow', remedy.text);
        assert.equal(after.total.text, remedy.effect, remedy.text);
      }
    });

  it('offers nothing where it fits', () => {
    assert.deepEqual(contentFor(sample('Llama-3.1-8B')).remedies, []);
  });

  it('takes the widest precision that is enough', () => {
    const { remedies } = contentFor(sample('Llama-3.1-8B'), { context: 100_000 });
    assert.equal(remedies[0]?.changes.precision, 'fp8-channel');
  });

  it('offers the context that stands beside it as the longest, as it is written there', () => {
    const { memory, remedies } = contentFor(sample('Llama-3.1-8B'), { context: 131_072 });
    const shorter = remedies.find(({ changes }) => changes.context !== undefined);
    assert.equal(memory.longestContext?.text, '61k');
    assert.deepEqual([shorter?.text, shorter?.changes.context], ['context 61k', 61_000]);
  });
});
