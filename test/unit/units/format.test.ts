import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatBytes, formatCount, formatNumber, formatShare, formatTokens } from '../../../src/engine/index';

describe('figures as text', () => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [512, '512 B'],
    [70_246, '68.6 KiB'],
    [131_072, '128 KiB'],
    [2 ** 30, '1.00 GiB'],
    [16_060_522_496, '14.96 GiB'],
    [640 * 2 ** 30, '640 GiB'],
    [1023.9 * 1024, '1 MiB'],
  ] as const)
    it(`writes ${bytes} bytes as ${text}`, () => assert.equal(formatBytes(bytes), text));

  it('writes powers of 1000 when asked', () => assert.equal(formatBytes(16_060_522_496, { locale: 'en', memory: 'decimal' }), '16.06 GB'));

  for (const [count, text] of [
    [12, '12'],
    [8_030_261_248, '8.03B'],
    [218_112_000, '218.1M'],
    [671_026_404_352, '671B'],
    [37_600_000_000, '37.6B'],
    [999_600_000, '1.00B'],
  ] as const)
    it(`writes ${count} as ${text}`, () => assert.equal(formatCount(count), text));

  for (const [tokens, text] of [
    [8192, '8,192'],
    [131_072, '131,072'],
    [163_840, '163,840'],
    [62_999, '62k'],
    [1_250_000, '1.2M'],
  ] as const)
    it(`writes ${tokens} tokens as ${text}`, () => assert.equal(formatTokens(tokens), text));

  it('puts separators where the language does', () => {
    const sixteenths = fc.integer({ min: -(2 ** 40), max: 2 ** 40 }).map((value) => value / 16); // exact, halves included
    for (const locale of ['en', 'en-US', 'zh-cn', 'zh-TW', 'ja', 'ko', 'de', 'fr', 'en-IN'])
      fc.assert(
        fc.property(sixteenths, fc.integer({ min: 0, max: 3 }), (value, decimals) => {
          const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
          assert.equal(formatNumber(value, decimals, { locale }), new Intl.NumberFormat(locale, options).format(value));
        }),
        { examples: [[0, 0], [-1234.5, 0], [999.9375, 3], [2 ** 48, 2]] }, // prettier-ignore
      );
    assert.deepEqual([1e21, NaN, -Infinity].map((value) => formatNumber(value)), ['1,000,000,000,000,000,000,000', 'NaN', '-∞']); // prettier-ignore
  });

  it('never rounds a share of something to nothing, nor of less than all to all', () => {
    assert.equal(formatShare(0.001), '<1 %');
    assert.equal(formatShare(0.996), '99 %');
    assert.equal(formatShare(1), '100 %');
  });

  it('keeps within half a unit of the last digit shown', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (bytes) => {
        const [digits = '', unit = ''] = formatBytes(bytes).split(' ');
        const scale = 1024 ** ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'].indexOf(unit);
        const decimals = digits.split('.')[1]?.length ?? 0;
        const shown = Number(digits.replaceAll(',', '')) * scale;
        assert.ok(Math.abs(shown - bytes) <= scale * 0.5001 * 10 ** -decimals, `${bytes} as ${digits} ${unit}`);
      }),
    );
  });
});
