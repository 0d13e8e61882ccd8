import assert from 'node:assert/strict';
import { embedding, linear, lmHead, rmsNorm } from '../../../../src/engine/modules/blocks';
import { module, repeat } from '../../../../src/engine/modules/tree';
import { presetOf } from '../../../../src/engine/quantization/presets';
import { aqlm } from '../../../../src/engine/quantization/schemes/aqlm';
import { vptq, type VptqLayout } from '../../../../src/engine/quantization/schemes/vptq';
import { bytesOf } from '../../../../src/engine/quantization/storage';
import { storeTensor } from '../../../../src/engine/quantization/scheme';
import { storeContext } from '../../../../src/engine/quantization/tally';
import { takeInventory } from '../../../../src/engine/weights/inventory';
import { llama2Of13B, llama31Of8B, llama32Of3B, llama33Of70B, mistralOf7B, modelOf } from '../models';
import { assertComplete, bytesIn, layoutOf, storedBytes } from './stored';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;
const matrix = linear(columns, rows);

/** What stands beside VPTQ's indices and codebooks: order, scale and shift of the columns. */
const beside = (2 + 2 + 2) * columns;
/** QuIP#: signs of both sides, the scale and the number of the codebook. */
const signs = 2 * columns + 2 * rows + 2 + 8;
/** QTIP: signs of both sides, two counters, the table. */
const around = 2 * columns + 4 * rows + 16 + 512 * 2 * 2;

const expected: Readonly<Record<string, number>> = {
  'aqlm-2bit-1x16': elements / 4 + 2 * 65536 * 8 + 2 * rows,
  'aqlm-2bit-2x8': elements / 4 + 2 * 2 * 256 * 8 + 2 * rows,
  'aqlm-1bit-1x16-g16': elements / 8 + 2 * 65536 * 16 + 2 * rows,
  'aqlm-1bit-1x8': elements / 8 + 2 * 256 * 8 + 2 * rows,
  'vptq-v8-k65536': elements / 4 + 2 * 65536 * 8 + beside,
  'vptq-v8-k65536-256': (elements * 3) / 8 + 2 * (65536 + 256) * 8 + beside,
  'vptq-v8-k65536-65536': elements / 2 + 2 * (65536 + 65536) * 8 + beside,
  'vptq-v16-k65536-65536': elements / 4 + 2 * (65536 + 65536) * 16 + beside,
  'quip-2bit-e8p12': elements / 4 + signs,
  'quip-3bit-e8p12': (elements * 3) / 8 + signs,
  'quip-4bit-e8p12': elements / 2 + signs,
  'qtip-2bit': elements / 4 + around,
  'qtip-3bit': (elements * 3) / 8 + around,
  'qtip-4bit': elements / 2 + around,
  'spqr-3bit-g16': elements / 2 + 4 * (rows + 1) + 4 * Math.round(elements / 100) + 2 * columns,
  'bitnet-1.58bit': elements / 4 + 2,
};

describe('presets of codebooks, trellises and ternary weights', () => {
  for (const [name, bytes] of Object.entries(expected))
    it(`${name}: ${((bytes * 8) / elements).toFixed(3)} bits a weight`, () => assert.equal(storedBytes(matrix, name), bytes));
  it('have an expectation each', () => assertComplete(expected, ['AQLM', 'VPTQ', 'QuIP#', 'QTIP', 'SpQR', 'BitNet']));

  const model = module({
    embed: embedding(512, columns),
    layers: repeat(3, () => ({ w: matrix, norm: rmsNorm(columns) })),
    head: lmHead(columns, 512, false),
  });
  it('leave embeddings, norms and head at 16 bits, whatever the model has where the writer halves them', () => {
    const kept = 2 * (2 * 512 * columns + 3 * columns);
    for (const [name, bytes] of Object.entries(expected)) {
      const { entries } = layoutOf(model, name, 'fp32');
      const floats = /vptq|bitnet/.test(name);
      const left = bytesIn(entries.filter(({ scheme }) => typeof scheme === 'string'));
      assert.equal(left, floats ? 2 * kept : kept, name);
      if (!floats) assert.equal(bytesIn(entries) - left, 3 * bytes, name);
    }
  });

  /** Sizes in the model tables of Vahe1994/AQLM, README.md, in GB as they are rounded there. */
  for (const [title, config, preset, bytes, card] of [
    ['Llama 3 8B', llama31Of8B, 'aqlm-2bit-1x16', 4_084_342_784, '4.1'],
    ['Llama 3 70B', llama33Of70B, 'aqlm-2bit-1x16', 21_918_728_192, '21.9'],
    ['Mistral 7B', mistralOf7B, 'aqlm-2bit-1x16', 2_507_284_480, '2.51'],
    ['Llama 2 13B', llama2Of13B, 'aqlm-2bit-2x8', 3_834_685_440, '3.8'],
    ['Llama 3.2 3B', llama32Of3B, 'aqlm-2bit-2x8', 1_496_152_064, '1.5'],
  ] as const)
    it(`agree with the published ${card} GB of ${title} under ${preset}`, () => {
      const { inventory, dtype } = modelOf(config);
      const { entries } = presetOf(preset).layout({ inventory, dtype: dtype.value, modelType: 'llama', root: {} }, {});
      assert.equal(bytesIn(entries), bytes);
      assert.equal((bytes / 1e9).toFixed(card.split('.')[1]?.length ?? 0), card);
    });

  it('give SpQR a range: from no outliers to three in a hundred weights', () => {
    const { entries, range, basis } = layoutOf(model, 'spqr-3bit-g16');
    const word = (share: number) => 4 * Math.round(elements * share);
    const bytes = bytesIn(entries);
    assert.deepEqual(range, [bytes - 3 * word(0.01), bytes + 3 * (word(0.03) - word(0.01))]);
    assert.equal(basis.kind, 'approximate');
  });
});

describe('layouts of codebooks', () => {
  const inventory = takeInventory(module({ layers: repeat(2, () => ({ w: matrix })) }));
  const [weight] = inventory.entries;
  assert.ok(weight);
  const tensorsOf = (scheme: Parameters<typeof storeTensor>[0]) => {
    const stored = storeTensor(scheme, weight, storeContext(inventory, 'BF16'));
    assert.ok(typeof stored !== 'string', String(stored));
    return Object.fromEntries(stored.map((tensor) => [tensor.suffix, `${tensor.dtype} ${tensor.shape.join('×')}`]));
  };

  it('of AQLM with vectors over rows and columns, and codes of more than 16 bits', () => {
    assert.deepEqual(tensorsOf(aqlm({ name: 'x', codebooks: 2, bitsPerCodebook: 18, inGroup: 8, outGroup: 4 })), {
      codes: 'I32 128×128×2',
      codebooks: 'F16 2×262144×4×8',
      scales: 'F16 128×1×1×1',
    });
  });
  it('of AQLM only where vectors fill the row', () => {
    const scheme = aqlm({ name: 'x', codebooks: 1, bitsPerCodebook: 8, inGroup: 3 });
    assert.equal(storeTensor(scheme, weight, storeContext(inventory, 'BF16')), 'width');
  });
  it('of VPTQ with outliers, groups and unpacked indices', () => {
    const layout: VptqLayout = {
      name: 'x',
      vectorLength: 6,
      centroids: 4096,
      residualCentroids: 16,
      groups: 2,
      outliers: { columns: 24, vectorLength: 4, centroids: 8192 },
      norm: false,
      packed: false,
    };
    assert.deepEqual(tensorsOf(vptq(layout)), {
      indices: 'I16 2×86×500',
      'centroids.weight': 'BF16 2×24576',
      'res_centroids.weight': 'BF16 2×96',
      res_indices: 'I16 2×86×500',
      'outlier_centroids.weight': 'BF16 1×32768',
      outlier_indices: 'I16 1×128×24',
      perm: 'I64 1024',
    });
    assert.equal(tensorsOf(vptq({ ...layout, packed: true }))['indices'], `I32 2×86×${(500 * 16) / 32}`);
  });
  it('of QuIP# with the layers that its Llama fuses sharing the signs of their input', () => {
    const one = storedBytes(matrix, 'quip-2bit-e8p12');
    const shared = 2 * columns + 2 + 8;
    for (const [name, bytes] of [
      ['q_proj', one + 2 * 3],
      ['k_proj', one - shared],
      ['v_proj', one - shared],
      ['o_proj', one],
      ['up_proj', one + 2 * 2],
      ['gate_proj', one - shared],
      ['down_proj', one],
    ] as const)
      assert.equal(storedBytes(matrix, 'quip-2bit-e8p12', name), bytes, name);
  });
  it('sum to the bytes of their tensors', () => {
    const stored = storeTensor(aqlm({ name: 'x', codebooks: 1, bitsPerCodebook: 16, inGroup: 8 }), weight, storeContext(inventory, 'BF16'));
    assert.ok(typeof stored !== 'string');
    assert.equal(
      stored.reduce((sum, tensor) => sum + bytesOf(tensor), 0),
      expected['aqlm-2bit-1x16'],
    );
  });
});
