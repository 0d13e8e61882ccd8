import assert from 'node:assert/strict';
import { linear } from '../../../../src/engine/modules/blocks';
import { llama1Of30B, llama2Of13B, modelOf, qwen3Of30BA3B } from '../models';
import { assertComplete, assertLayouts, presetBytes, storedBytes } from './stored';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;

/** qweight, qzeros, scales F16, and the group of each column. */
const layout = (bits: number, groups: number): number => (elements * bits) / 8 + (groups * rows * bits) / 8 + 2 * groups * rows;
const groupsOf: Readonly<Record<string, number>> = { g32: 32, g64: 16, g128: 8, channel: 1 };

const gptq = Object.fromEntries(
  [2, 3, 4, 8].flatMap((bits) =>
    Object.entries(groupsOf).flatMap(([name, groups]) =>
      ['', '-actorder'].map((order) => [`gptq-int${bits}-${name}${order}`, layout(bits, groups) + 4 * columns]),
    ),
  ),
);
const autoRound = Object.fromEntries(
  [2, 3, 4, 8].flatMap((bits) => ['g32', 'g64', 'g128'].map((name) => [`autoround-int${bits}-${name}`, layout(bits, groupsOf[name] ?? 0)])),
);

describe('GPTQ and AutoRound presets', () => {
  assertLayouts(linear(columns, rows), elements, { ...gptq, ...autoRound });
  it('have an expectation each', () => {
    assertComplete(gptq, ['GPTQ']);
    assertComplete(autoRound, ['AutoRound']);
  });

  it('pack three bits densely and give a short last group its own scale', () => {
    // 1000 columns of 3 bits fill 93.75 words; 8 groups of 128.
    const bytes = 4 * 94 * 64 + 4 * 8 * 6 + 2 * 8 * 64;
    assert.equal(storedBytes(linear(1000, 64), 'gptq-int3-g128'), bytes + 4 * 1000);
    assert.equal(storedBytes(linear(1000, 64), 'autoround-int3-g128'), bytes);
  });

  /** Published files of 2023 hold a zero bias F16 for each linear layer, which today's writer leaves out. */
  const zeroBias = ({ hidden_size: hidden, intermediate_size: inner, num_hidden_layers: depth }: typeof llama2Of13B): number =>
    2 * depth * (5 * hidden + 2 * inner);
  const published = [
    ['LLaMA 30B, 4 bits g32', llama1Of30B, 'gptq-int4-g32-actorder', 19_434_816_512],
    ['Llama 2 13B, 8 bits g128', llama2Of13B, 'gptq-int8-g128-actorder', 13_652_715_520],
  ] as const;
  for (const [title, config, preset, bytes] of published)
    it(`${title}: ${bytes} bytes with zero biases, as published`, () => {
      assert.equal(presetBytes(modelOf(config), preset) + zeroBias(config), bytes);
    });
  it('need more for experts one by one than for as many weights in one matrix', () => {
    const model = modelOf(qwen3Of30BA3B);
    // Each of 48 × 128 × 3 experts has its own g_idx.
    const indices = 4 * 48 * 128 * (2 * 2048 + 768);
    assert.ok(presetBytes(model, 'gptq-int4-g128') - presetBytes(model, 'autoround-int4-g128') >= indices);
  });
});
