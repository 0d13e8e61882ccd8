import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  analyze,
  layoutAt,
  layoutOfMembers,
  presets,
  type Analysis,
  type JsonObject,
  type PresetOptions,
  type StoredEntry,
} from '../../../src/engine/index';
import { gptOssOf20B, llama31Of8B, qwen3Of30BA3B } from './models';

const sample = (name: string): JsonObject =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', '..', 'samples', name, 'config.json'), 'utf8')) as JsonObject;
const analysisOf = (config: object): Analysis => analyze(config as JsonObject) as Analysis;
const bytesOf = (entries: readonly StoredEntry[]): number => entries.reduce((sum, { bytes, copies }) => sum + bytes * copies, 0);
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

/** The first and the last preset of each format, and mixes whose types change from layer to layer. */
const precisions: readonly string[] = [
  'checkpoint',
  ...[...new Set(presets.map(({ format }) => format))].flatMap((format) => {
    const own = presets.filter((preset) => preset.format === format).map(({ name }) => name);
    return [own.at(0), own.at(-1)].filter((name) => name !== undefined);
  }),
  ...['Q4_K_M', 'Q3_K_M', 'IQ2_XS', 'IQ3_XS', 'mlx-mixed-4-6'],
];

/** The types of a tensor in each layer, as they come in the layers one by one. */
const typesIn = (config: object, precision: string, name: string, layers: number, options: PresetOptions = {}): (string | undefined)[] =>
  layoutOfMembers(
    analysisOf(config),
    precision,
    options,
    [],
    numbers(0, layers).map((number) => [number]),
  ).map((entries) => entries.find((entry) => entry.name === name)?.dtype);

describe('the layers of a layout', () => {
  const models = [
    ['Llama 3.1 8B', llama31Of8B],
    ['Qwen3 30B A3B', qwen3Of30BA3B],
    ['gpt-oss 20B', gptOssOf20B],
    ...['DeepSeek-V3', 'Falcon-H1-7B', 'gemma-3-4b-it', 't5-large'].map((name) => [name, sample(name)] as const),
  ] as const;
  for (const [title, config] of models)
    it(`are together what the layout is, whatever the precision: ${title}`, () => {
      const analysis = analysisOf(config);
      for (const precision of precisions) {
        const stacked = layoutAt(analysis, precision).entries.filter(({ indices = [] }) => indices.length > 0);
        const groups = [numbers(0, 3), numbers(3, 7), [7], numbers(8, 200)];
        assert.equal(bytesOf(layoutOfMembers(analysis, precision, {}, [], groups).flat()), bytesOf(stacked), precision);
      }
    });

  it('have the types that llama.cpp gives each: more bits in the first and last eighth and every third between', () => {
    const favoured = new Set([0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31]);
    assert.deepEqual(
      typesIn(llama31Of8B, 'Q4_K_M', 'blk.{n}.ffn_down.weight', 32),
      numbers(0, 32).map((layer) => (favoured.has(layer) ? 'Q6_K' : 'Q4_K')),
    );
  });
  it('have the types that the rules of a config give each', () => {
    const quantization_config = { quant_method: 'gptq', bits: 4, group_size: 128, dynamic: { '-:.*\\.layers\\.(0|31)\\.': {} } };
    const config = { ...llama31Of8B, quantization_config };
    const kept = typesIn(config, 'checkpoint', 'model.layers.{n}.mlp.up_proj.weight', 32);
    const packed = typesIn(config, 'checkpoint', 'model.layers.{n}.mlp.up_proj.qweight', 32);
    assert.deepEqual(
      kept,
      numbers(0, 32).map((layer) => (layer === 0 || layer === 31 ? 'BF16' : undefined)),
    );
    assert.deepEqual(
      packed,
      numbers(0, 32).map((layer) => (layer === 0 || layer === 31 ? undefined : 'I32')),
    );
  });
  it('heed a changed keep list', () => {
    const edits = { firstLayers: 1, lastLayers: 2 };
    assert.deepEqual(
      typesIn(llama31Of8B, 'fp8-channel', 'model.layers.{n}.mlp.up_proj.weight', 32, { edits }),
      numbers(0, 32).map((layer) => (layer < 1 || layer >= 30 ? 'BF16' : 'F8_E4M3')),
    );
  });
  it('differ in shape: dense ones first, then mixtures, and layers that are not loaded last', () => {
    const analysis = analysisOf(sample('DeepSeek-V3'));
    const layers = layoutOfMembers(analysis, 'checkpoint', {}, [], [[2], [3], [61], [62]]);
    const holds = layers.map((entries) => entries.map(({ name }) => name));
    const [dense, mixture] = ['model.layers.{n}.mlp.down_proj.weight', 'model.layers.{n}.mlp.experts.{n}.down_proj.weight'];
    assert.deepEqual(
      holds.map((names) => [names.includes(dense), names.includes(mixture), names.includes('model.layers.{n}.eh_proj.weight')]),
      [
        [true, false, false],
        [false, true, false],
        [false, true, true],
        [false, false, false],
      ],
    );
  });
  it('hold experts, one by one', () => {
    const analysis = analysisOf(sample('DeepSeek-V3'));
    const [one = [], two = []] = layoutOfMembers(analysis, 'checkpoint', {}, [5], [[17], [18, 19]]);
    assert.equal(bytesOf(one), 3 * 7168 * 2048 + 3 * 56 * 16 * 4);
    assert.equal(bytesOf(two), 2 * bytesOf(one));
    assert.deepEqual(one[0]?.indices, [[5], [17]]);
  });
  it('are not cut where there are more than any model has', () => {
    const config = { ...qwen3Of30BA3B, num_experts: 2 ** 31 - 1 };
    assert.deepEqual(layoutOfMembers(analysisOf(config), 'bf16', {}, [5], [[17]]), [[]]);
  });
});
