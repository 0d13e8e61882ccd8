import assert from 'node:assert/strict';
import fc from 'fast-check';
import { contextAt, parseTokens, positionOf, positions } from '../../../media/panel/tokenScale';
import { formatDecimalBytes, formatFlops, formatSignificant } from '../../../src/features/panel/model/significant';
import { ticksFor } from '../../../src/features/panel/model/ticks';

const en = { locale: 'en', memory: 'binary' } as const;

describe('three significant digits', () => {
  it('writes what a reader can compare', () => {
    const cases: readonly (readonly [number, string])[] = [
      [0, '0'],
      [0.04123, '0.0412'],
      [1.5, '1.50'],
      [9.999, '10.0'],
      [62.74, '62.7'],
      [138.8, '139'],
      [1250, '1,250'],
      [1234567, '1,230,000'],
    ];
    for (const [value, text] of cases) assert.equal(formatSignificant(value, en), text);
    assert.equal(formatFlops(3.14e23, en), '314 ZFLOP');
    assert.equal(formatFlops(999.9e9, en), '1.00 TFLOP');
    assert.equal(formatDecimalBytes(1.6e12, en), '1.60 TB');
  });
});

describe('ticks of the ruler', () => {
  it('are few, rise, and keep clear of each other and of the limit', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e6, max: 1e15, noNaN: true }), fc.double({ min: 0.01, max: 1, noNaN: true }), (scale, at) => {
        const ticks = ticksFor(scale, scale * at, en);
        assert.ok(ticks.length >= 1 && ticks.length <= 7, String(ticks.length));
        for (const [index, { bytes }] of ticks.entries()) {
          assert.ok(bytes >= 0 && bytes <= scale);
          if (index > 0) assert.ok(bytes - ticks[index - 1]!.bytes >= 0.1 * scale);
        }
      }),
    );
  });
});

describe('context slider', () => {
  it('ends exactly at the most and comes back to where it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 2 ** 24 }), fc.integer({ min: 0, max: positions }), (most, position) => {
        const context = contextAt(position, most);
        assert.ok(context >= 1 && context <= most);
        assert.equal(contextAt(positions, most), most);
        assert.equal(positionOf(most, most), positions);
        assert.ok(Math.abs(contextAt(positionOf(context, most), most) - context) <= Math.max(512, context * 0.1));
      }),
    );
  });

  it('rises', () => {
    for (const most of [512, 4096, 131_072, 10_485_760])
      for (let position = 1; position <= positions; position++) assert.ok(contextAt(position, most) >= contextAt(position - 1, most));
  });

  it('reads numbers as people write them', () => {
    assert.equal(parseTokens('8,192'), 8192);
    assert.equal(parseTokens(' 128k '), 131_072);
    assert.equal(parseTokens('1M'), 1_048_576);
    assert.equal(parseTokens('1.5k'), 1536);
    for (const text of ['', 'k', '-1', '0', '1e9', '8 apples', '9'.repeat(40)]) assert.equal(parseTokens(text), undefined, text);
  });
});
