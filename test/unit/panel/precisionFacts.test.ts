import assert from 'node:assert/strict';
import { presetNames } from '../../../src/engine/index';
import { measuredCost, precisionFacts } from '../../../src/features/panel/model/precisionFacts';
import { english } from '../../../src/shared/text/translate';

const textOf = (name: string, parameters: number | null = 8e9): string =>
  precisionFacts(name, parameters, english)
    .map(({ label, text }) => `${label}: ${text}`)
    .join('\n');

describe('what the panel says of a precision', () => {
  it('covers every preset, with its source', () => {
    const silent = presetNames.filter((name) => {
      const facts = precisionFacts(name, 8e9, english);
      return facts.length < 2 || facts.at(-1)?.source === '';
    });
    assert.deepEqual(silent, []);
  });
  it('names the bits and the group of the preset itself', () => {
    assert.match(textOf('gptq-int3-g32'), /3-bit integers: groups of 32 columns/);
    assert.match(textOf('w8a16-channel'), /8-bit integers: each row has a scale, and no zero point/);
    assert.match(textOf('awq-int4-g64-gemv'), /groups of 64 columns/);
    assert.match(textOf('bnb-fp4-b256'), /4-bit floats: blocks of 256/);
  });
  it('shows losses that were measured with that very scheme', () => {
    assert.equal(measuredCost('awq-int4-g128', 8e9)?.loss, 'MMLU −5.66 %');
    assert.equal(measuredCost('awq-int4-g128', 70e9)?.loss, 'MMLU −1.07 %');
    assert.equal(measuredCost('awq-int4-g32', 8e9), null);
    assert.equal(measuredCost('Q4_K_M', 8e9)?.loss, 'perplexity +0.175');
    assert.equal(measuredCost('bnb-fp4', 8e9)?.loss, 'MMLU 65.2 → 61.8');
    assert.equal(measuredCost('awq-int4-g128', null), null);
  });
});
