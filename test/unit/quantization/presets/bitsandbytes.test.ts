import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyze, weightsAt, type Analysis } from '../../../../src/engine/index';
import { linear } from '../../../../src/engine/modules/blocks';
import { gptOssOf20B, qwen3Of30BA3B } from '../models';
import { assertComplete, assertLayouts, storedBytes } from './stored';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;

const single = (block: number): number => elements / 2 + (4 * elements) / block + 64;
/** Scales in a byte, their own scales F32 by 256, and a table of 256 values. */
const double = (block: number): number => elements / 2 + elements / block + 4 * Math.ceil(elements / block / 256) + 64 + 1024;

const expected: Readonly<Record<string, number>> = {
  'bnb-int8': elements + 4 * rows + 1,
  ...Object.fromEntries(
    ['nf4', 'fp4'].flatMap((type) =>
      [32, 64, 128, 256, 512, 1024, 2048, 4096].flatMap((block) => {
        const suffix = block === 64 ? '' : `-b${block}`;
        return [
          [`bnb-${type}${suffix}`, single(block)],
          [`bnb-${type}-dq${suffix}`, double(block)],
        ];
      }),
    ),
  ),
};

describe('bitsandbytes presets', () => {
  assertLayouts(linear(columns, rows), elements, expected);
  it('have an expectation each', () => assertComplete(expected, ['bitsandbytes']));
  it('round up blocks of the whole matrix, not of its rows', () => {
    // 30 × 50 = 1500 values: 24 blocks of 64, one of 4096.
    assert.equal(storedBytes(linear(50, 30), 'bnb-nf4'), 750 + 4 * 24 + 64);
    assert.equal(storedBytes(linear(50, 30), 'bnb-nf4-b4096'), 750 + 4 + 64);
    assert.equal(storedBytes(linear(50, 30), 'bnb-fp4-dq'), 750 + 24 + 4 + 64 + 1024);
  });
});

interface Modules {
  readonly models: readonly { readonly model_type: string; readonly class: string; readonly converted: number }[];
}
const fixtures = join(import.meta.dirname, '..', '..', '..', 'fixtures');
const samples = join(import.meta.dirname, '..', '..', '..', '..', 'samples');
const { models } = JSON.parse(readFileSync(join(fixtures, 'bitsandbytesModules.json'), 'utf8')) as Modules;
const converted = (config: object): number | undefined =>
  weightsAt(analyze(config as never) as Analysis, 'bnb-int8').details?.quantizedParameters;
const sample = (name: string): object => JSON.parse(readFileSync(join(samples, name, 'config.json'), 'utf8')) as object;

describe('what bitsandbytes converts', () => {
  for (const { model_type, class: name, converted: parameters } of models)
    it(`is what transformers converts of ${model_type}: ${parameters} parameters`, () =>
      assert.equal(converted({ model_type, architectures: [name] }), parameters));
  it('are towers and projectors, too', () => {
    // Counted as in the fixture, from the files of the publishers.
    assert.equal(converted(sample('Qwen2.5-VL-7B-Instruct')), 7_199_817_728);
    assert.equal(converted(sample('gemma-3-4b-it')), 3_619_713_024);
  });
  it('are no experts in transformers 5; what version 4 made of them is the lower end of a range', () => {
    const { bytes, basis, details } = weightsAt(analyze(qwen3Of30BA3B) as Analysis, 'bnb-nf4');
    const experts = 48 * 128 * 3 * 2048 * 768;
    assert.equal(details?.keptByReason['fused-experts'], 2 * experts);
    assert.deepEqual(details?.range, [bytes - 2 * experts + experts / 2 + (4 * experts) / 64 + 48 * 128 * 3 * 64, bytes]);
    assert.deepEqual(basis, { kind: 'rule', reasons: ['layers-by-writer'] });
  });
  it('leave experts alone whatever the version where the files hold them in one tensor', () => {
    const { basis, details } = weightsAt(analyze(gptOssOf20B) as Analysis, 'bnb-nf4');
    assert.equal(basis.kind, 'exact');
    assert.equal(details?.range, undefined);
  });
  it('is a range no more when experts are kept by choice', () => {
    const kept = weightsAt(analyze(qwen3Of30BA3B) as Analysis, 'bnb-nf4', { edits: { keep: ['experts'] } });
    assert.equal(kept.details?.range, undefined);
  });
});
