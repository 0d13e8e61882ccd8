import assert from 'node:assert/strict';
import { parameter, embedding, linear, lmHead, rmsNorm, router } from '../../../src/engine/modules/blocks';
import { experts, gatedMlp } from '../../../src/engine/modules/mlp';
import { module, repeat, tensor, type Part } from '../../../src/engine/modules/tree';
import { presetNames, presetOf } from '../../../src/engine/quantization/presets';
import { isKept, storeTensor, type KeepReason, type Scheme } from '../../../src/engine/quantization/scheme';
import { awq } from '../../../src/engine/quantization/schemes/awq';
import { packed, plain, withActivations } from '../../../src/engine/quantization/schemes/compressedTensors';
import { gptq } from '../../../src/engine/quantization/schemes/gptq';
import { bytesOf, storedName } from '../../../src/engine/quantization/storage';
import { storeContext } from '../../../src/engine/quantization/tally';
import { takeInventory, type Inventory } from '../../../src/engine/weights/inventory';

const schemeOf = (name: string, inventory: Inventory): Scheme => {
  const scheme = presetOf(name).scheme?.(inventory);
  assert.ok(scheme, name);
  return scheme;
};

/** Bytes of one weight of a layer stack under a scheme, text excepted, or why it is kept. */
function stored(part: Part, scheme: string | Scheme, name = 'layers.{n}.w.weight'): number | KeepReason {
  const inventory = takeInventory(module({ layers: repeat(3, () => ({ w: part })) }));
  const entry = inventory.entries.find((found) => found.name === name);
  assert.ok(entry, inventory.entries.map((found) => found.name).join());
  const outcome = storeTensor(typeof scheme === 'string' ? schemeOf(scheme, inventory) : scheme, entry, storeContext(inventory, 'BF16'));
  return isKept(outcome) ? outcome : outcome.reduce((sum, found) => sum + (found.text ? 0 : bytesOf(found)), 0);
}

describe('layouts of quantized weights', () => {
  const [columns, rows] = [1024, 512] as const;
  const elements = columns * rows;
  const matrix = linear(columns, rows);

  it('packs 3 bits densely in GPTQ, with a short last group', () => {
    const scheme = gptq({ name: 'x', bits: 3, groupSize: 128 });
    assert.equal(stored(linear(1000, 64), scheme), 4 * Math.ceil(3000 / 32) * 64 + 4 * 8 * 6 + 2 * 8 * 64 + 4 * 1000);
  });
  it('adds the zero bias of older AutoGPTQ only where the model has none', () => {
    const scheme = gptq({ name: 'x', bits: 4, groupSize: 128, writer: 'autogptq' });
    assert.equal(Number(stored(linear(256, 64), scheme)) - Number(stored(linear(256, 64, true), scheme)), 2 * 64);
  });
  it('writes F32 scales and biases and no g_idx for GPTQ-for-LLaMa', () => {
    const old = gptq({ name: 'x', bits: 4, groupSize: null, writer: 'gptq-for-llama' });
    assert.equal(stored(linear(256, 64), old), (256 * 64) / 2 + 64 / 2 + 4 * 64 + 4 * 64);
  });
  it('pads zero points in the gemv packings of AWQ', () => {
    // 11008 / 128 = 86 groups: 11 words of zero points, 88 scales.
    assert.equal(
      stored(linear(11008, 4096), awq({ name: 'x', groupSize: 128, version: 'gemv' })),
      (11008 * 4096) / 2 + 4 * 4096 * 11 + 2 * 4096 * 88,
    );
    assert.equal(
      stored(linear(11008, 4096), awq({ name: 'x', groupSize: 128, version: 'gemv_fast' })),
      (11008 * 4096) / 2 + 2 * (2 * 4096 * 88),
    );
    // 4096 / 64 = 64 groups: 8 words, and 7 groups of 448 make one word, doubled.
    assert.equal(
      stored(linear(448, 4096), awq({ name: 'x', groupSize: 64, version: 'gemv' })),
      (448 * 4096) / 2 + 4 * 4096 * 2 + 2 * 4096 * 16,
    );
  });
  it('adds zero points and group indices to packed integers where asked', () => {
    const asymmetric = packed({ name: 'x', bits: 4, groupSize: 128, symmetric: false, groupIndex: true });
    assert.equal(stored(matrix, asymmetric), Number(stored(matrix, 'w4a16-g128')) + (rows / 8) * (columns / 128) * 4 + 4 * columns);
  });
  it('leaves bits of a word unused where the width does not divide 32', () => {
    assert.equal(stored(linear(1000, 64), packed({ name: 'x', bits: 3, groupSize: null })), 4 * 100 * 64 + 2 * 64 + 16);
  });
  it('scales by tensor, group or block', () => {
    const layout = { name: 'x', dtype: 'F8_E4M3' } as const;
    const measured = withActivations(plain({ ...layout, strategy: 'tensor' }), [
      { side: 'input', strategy: 'tensor', groupSize: 0, local: false },
    ]);
    assert.equal(stored(matrix, measured), elements + 2 + 2);
    assert.equal(stored(matrix, plain({ ...layout, strategy: 'group', groupSize: 32 })), elements + 2 * rows * (columns / 32));
    assert.equal(stored(linear(200, 130), plain({ ...layout, strategy: 'block' })), 200 * 130 + 2 * 2 * 2);
  });

  it('reads the columns of a matrix that is stored the other way round', () => {
    const transposed = module({ weight: tensor([columns, rows], 'linear', { layout: 'in,out' }) });
    for (const name of ['awq-int4-g128', 'gptq-int4-g128', 'fp8-channel', 'mlx-4bit-g64'] as const)
      assert.equal(stored(transposed, name), stored(matrix, name));
  });
});

describe('what a scheme leaves alone', () => {
  const quantizing = presetNames.filter((name) => presetOf(name).scheme);
  const everywhere = (part: Part, reason: KeepReason, names = quantizing) => {
    for (const name of names) assert.equal(stored(part, name), reason, name);
  };
  it('norms, biases and bare parameters', () => {
    everywhere(rmsNorm(512), 'norm');
    everywhere(module({ weight: parameter(512, 512) }), 'other');
    for (const name of quantizing) assert.equal(stored(linear(512, 512, true), name, 'layers.{n}.w.bias'), 'bias');
  });
  it('embeddings, heads and routers, except in MLX, OpenVINO and, for the head, ONNX', () => {
    const others = quantizing.filter((name) => !/^(mlx|openvino)/.test(name));
    everywhere(embedding(512, 512), 'embedding', others);
    everywhere(
      lmHead(512, 512, false),
      'head',
      others.filter((name) => !name.startsWith('onnx')),
    );
    everywhere(router(512, 64), 'router', others);
    for (const part of [embedding(512, 512), lmHead(512, 512, false), router(512, 512)])
      assert.equal(stored(part, 'mlx-4bit-g64'), (512 * 512) / 2 + 4 * 8 * 512);
  });
  it('vision towers, except where transformers quantizes what it loads', () => {
    const tower = module({ weight: tensor([512, 512], 'linear') }, { component: 'vision' });
    everywhere(
      tower,
      'tower',
      quantizing.filter((name) => !/^(bnb|torchao|hqq|eetq)-/.test(name)),
    );
    assert.equal(stored(tower, 'bnb-int8'), 512 * 512 + 4 * 512 + 1);
    assert.equal(stored(tower, 'torchao-float8'), 512 * 512 + 4 * 512);
    assert.equal(stored(tower, 'eetq-int8'), 512 * 512 + 2 * 512);
  });
  it('rows that the group does not divide, where the writer cannot pad', () => {
    assert.equal(stored(linear(1000, 512), 'awq-int4-g128'), 'width');
    assert.equal(stored(linear(1000, 512), 'mlx-4bit-g64'), 'width');
    assert.equal(stored(linear(1000, 512), 'mxfp4'), 'width');
    assert.equal(stored(linear(1000, 512), 'gptq-int4-g128'), 500 * 512 + 4 * 8 * 64 + 2 * 8 * 512 + 4000);
    assert.equal(stored(linear(1000, 512), 'w4a16-g128'), 500 * 512 + 2 * 8 * 512 + 16);
  });
});

describe('experts', () => {
  const [count, hidden, inner] = [8, 256, 128] as const;
  const fused = (layout: 'expert,out,in' | 'expert,in,out', name: string, out: number, columns: number) =>
    module(
      {
        [name]: tensor(layout === 'expert,out,in' ? [count, out, columns] : [count, columns, out], 'linear', {
          layout,
          experts: { count, used: 2 },
        }),
      },
      { component: 'experts' },
    );

  it('are as large in one tensor as one by one', () => {
    for (const layout of ['expert,out,in', 'expert,in,out'] as const)
      for (const scheme of [
        'fp8-channel',
        'fp8-block128',
        'w8a8-int8',
        'gptq-int4-g128',
        'awq-int4-g128',
        'w4a16-g128',
        'mxfp4',
        'mlx-4bit-g64',
      ] as const) {
        const one = Number(
          stored(module({ experts: experts(count, 2, { down: linear(inner, hidden) }) }), scheme, 'layers.{n}.w.experts.{n}.down.weight'),
        );
        assert.equal(
          stored(fused(layout, 'down_proj', hidden, inner), scheme, 'layers.{n}.w.down_proj'),
          count * one,
          `${scheme} ${layout}`,
        );
      }
  });
  it('have gate and up as two layers, each with its own indices', () => {
    const gate = Number(stored(linear(hidden, inner), 'gptq-int4-g128'));
    assert.equal(
      stored(fused('expert,in,out', 'gate_up_proj', 2 * inner, hidden), 'gptq-int4-g128', 'layers.{n}.w.gate_up_proj'),
      2 * count * gate,
    );
  });
  it('in one bare parameter are no linear modules for bitsandbytes', () => {
    for (const scheme of ['bnb-int8', 'bnb-nf4', 'bnb-nf4-dq'] as const)
      assert.equal(stored(fused('expert,out,in', 'down_proj', hidden, inner), scheme, 'layers.{n}.w.down_proj'), 'fused-experts');
  });
  it('are all that MXFP4 converts where there are any', () => {
    const mixture = module({ attention: linear(hidden, hidden), experts: experts(count, 2, gatedMlp(hidden, inner)) });
    assert.equal(stored(mixture, 'mxfp4', 'layers.{n}.w.attention.weight'), 'not-an-expert');
    assert.equal(stored(mixture, 'mxfp4', 'layers.{n}.w.experts.{n}.up_proj.weight'), (hidden * inner * 17) / 32);
  });
});

describe('names of stored tensors', () => {
  it('take the place of the weight, or follow the name of a bare parameter', () => {
    assert.equal(storedName('model.layers.0.mlp.up_proj.weight', 'qweight'), 'model.layers.0.mlp.up_proj.qweight');
    assert.equal(storedName('model.layers.0.mlp.experts.down_proj', '_blocks'), 'model.layers.0.mlp.experts.down_proj_blocks');
    assert.equal(storedName('model.layers.0.mlp.up_proj.weight', 'weight.absmax'), 'model.layers.0.mlp.up_proj.weight.absmax');
  });
});
