import assert from 'node:assert/strict';
import { findDevice } from '../../../src/engine/hardware/lookup';
import type { Device } from '../../../src/engine/hardware/device';
import type { KeepEdits } from '../../../src/engine/quantization/edits';
import { presetOf, presets } from '../../../src/engine/quantization/presets';
import { computeCapability, refusals, type Deployment } from '../../../src/engine/quantization/refusals';
import { requirementsOf } from '../../../src/engine/quantization/requirements';
import { shardsOf } from '../../../src/engine/quantization/shards';
import { gptOssOf20B, llama31Of8B, llama33Of70B, modelOf, qwen3Of30BA3B } from './models';

const device = (name: string): Device => {
  const found = findDevice(name);
  assert.equal(found.kind, 'found', name);
  return (found as { readonly device: Device }).device;
};

const found = (config: object, preset: string, deployment: Deployment = {}) => {
  const { inventory, dtype, modelType, root } = modelOf(config);
  return refusals(presetOf(preset), { inventory, dtype: dtype.value, modelType, root }, deployment);
};
const codes = (...asked: Parameters<typeof found>) => found(...asked).map(({ code }) => code);

/** The inner width of Qwen2.5 72B: 231 groups of 128, which 8 devices cannot share. */
const oddWidth = { ...llama33Of70B, intermediate_size: 29568 };
/** That of DeepSeek-V2-Lite: 171 times 64. */
const narrow = { ...llama31Of8B, intermediate_size: 10944 };

describe('what speaks against a preset', () => {
  it('is nothing for usual models on one device of today', () => {
    const hopper = { device: device('H100 SXM 80GB') };
    for (const config of [llama31Of8B, llama33Of70B, qwen3Of30BA3B]) {
      const { inventory, dtype, modelType, root } = modelOf(config);
      for (const preset of presets.filter(({ format }) => format !== 'OpenVINO'))
        assert.deepEqual(refusals(preset, { inventory, dtype: dtype.value, modelType, root }, hopper), [], preset.name);
    }
    assert.deepEqual(codes(gptOssOf20B, 'mxfp4', hopper), []);
  });

  it('is a group that does not divide the row', () => {
    assert.deepEqual(found(narrow, 'awq-int4-g128'), [
      {
        code: 'group-splits-row',
        values: { tensor: 'model.layers.{n}.mlp.down_proj.weight', columns: 10944, groupSize: 128, kinds: 1 },
      },
    ]);
    assert.deepEqual(codes(narrow, 'w4a16-g128'), ['group-splits-row']);
    assert.deepEqual(codes(narrow, 'mlx-4bit-g128'), ['group-splits-row']);
    assert.deepEqual(codes(narrow, 'mlx-4bit-g64'), []);
    assert.deepEqual(codes(narrow, 'nvfp4'), []);
    // bitsandbytes and HQQ cut the flattened matrix, ONNX Runtime pads.
    for (const name of ['bnb-nf4', 'hqq-int4-g64', 'onnx-int4-g128']) assert.deepEqual(codes(narrow, name), [], name);
  });

  it('is a kernel that takes only multiples', () => {
    assert.deepEqual(found(narrow, 'gptq-int4-g64'), [
      {
        code: 'kernel-columns',
        values: { tensor: 'model.layers.{n}.mlp.down_proj.weight', kernel: 'Marlin', size: 10944, multiple: 128, kinds: 1 },
      },
    ]);
    assert.deepEqual(codes({ ...narrow, intermediate_size: 10976 }, 'gptq-int4-g32'), ['kernel-columns', 'kernel-rows'].reverse());
    // No Marlin for 3 bits.
    assert.deepEqual(codes(narrow, 'gptq-int3-g64'), []);
  });

  it('is a split through a group, a block or a word', () => {
    assert.deepEqual(codes(oddWidth, 'gptq-int4-g128', { tensorParallel: 1 }), []);
    const [first, ...others] = found(oddWidth, 'gptq-int4-g128', { tensorParallel: 8 });
    assert.deepEqual(first?.code, 'kernel-rows');
    assert.deepEqual(
      others.map(({ code }) => code),
      ['split-breaks-group'],
    );
    assert.deepEqual(others[0]?.values, {
      tensor: 'model.layers.{n}.mlp.down_proj.weight',
      side: 'columns',
      size: 3696,
      multiple: 128,
      parts: 8,
      kinds: 1,
    });
    // gate and up are cut along 29568 / 8 = 3696 rows, 28.875 blocks.
    assert.deepEqual(codes(oddWidth, 'fp8-block128', { tensorParallel: 8 }), ['split-breaks-group']);
    assert.deepEqual(codes(oddWidth, 'fp8-channel', { tensorParallel: 8 }), []);
    assert.deepEqual(codes(llama33Of70B, 'gptq-int4-g128', { tensorParallel: 8 }), []);
    assert.deepEqual(codes(llama33Of70B, 'fp8-block128', { tensorParallel: 8 }), []);
  });
  it('is a matrix that cannot be cut evenly', () => {
    assert.deepEqual(codes(llama31Of8B, 'awq-int4-g128', { tensorParallel: 3 }), ['split-uneven']);
  });
  it('is not that there are fewer key heads than devices: each goes to several', () => {
    assert.deepEqual(codes(llama33Of70B, 'w4a16-g128', { tensorParallel: 16 }), []);
    const shards = shardsOf(modelOf(llama33Of70B).inventory);
    const split = (name: string) => shards({ ...modelOf(llama33Of70B).inventory.entries[0], name } as never, 16);
    assert.deepEqual(split('model.layers.{n}.self_attn.k_proj.weight'), { side: 'rows', parts: 8 });
    assert.deepEqual(split('model.layers.{n}.self_attn.q_proj.weight'), { side: 'rows', parts: 16 });
    assert.deepEqual(split('model.layers.{n}.self_attn.o_proj.weight'), { side: 'columns', parts: 16 });
    assert.deepEqual(split('model.layers.{n}.self_attn.kv_a_proj_with_mqa.weight'), { side: 'rows', parts: 1 });
    assert.deepEqual(split('bert.encoder.layer.{n}.intermediate.dense.weight'), { side: 'rows', parts: 16 });
    assert.deepEqual(split('bert.encoder.layer.{n}.output.dense.weight'), { side: 'columns', parts: 16 });
  });
  it('ignores a number of devices that is none', () => {
    for (const tensorParallel of [0, -8, 1.5, NaN, Infinity])
      assert.deepEqual(codes(oddWidth, 'gptq-int4-g128', { tensorParallel }), [], String(tensorParallel));
  });

  it('is a device too old for the format or for BF16', () => {
    assert.equal(computeCapability(device('V100 SXM2 32GB')), 7);
    assert.deepEqual(found(llama31Of8B, 'awq-int4-g128', { device: device('V100 SXM2 32GB') }), [
      { code: 'capability', values: { needed: 7.5, found: 7 } },
      { code: 'no-bf16', values: { needed: 8, found: 7 } },
    ]);
    const half = { ...llama31Of8B, torch_dtype: 'float16' };
    assert.deepEqual(codes(half, 'awq-int4-g128', { device: device('T4') }), []);
    assert.deepEqual(codes(half, 'bf16', { device: device('T4') }), ['all-bf16']);
    assert.deepEqual(codes(llama31Of8B, 'fp16', { device: device('T4') }), []);
    // GGUF files hold F16 and F32 in its place.
    assert.deepEqual(codes(llama31Of8B, 'Q4_K_M', { device: device('T4') }), []);
    assert.deepEqual(codes(llama31Of8B, 'mxfp4', { device: device('T4') }), ['capability', 'no-bf16']);
    assert.deepEqual(codes(llama31Of8B, 'w4a8-fp8-g128', { device: device('RTX 4090') }), ['capability']);
  });
  it('is a device too new for the kernels that there are', () => {
    assert.deepEqual(found(llama31Of8B, 'w8a8-int8', { device: device('RTX 5090') }), [
      { code: 'capability-past', values: { end: 10, found: 12 } },
    ]);
    assert.deepEqual(codes(llama31Of8B, 'fp8-channel', { device: device('RTX 5090') }), []);
  });
  it('is a wish to keep more whole layers than there are, where edits are heeded', () => {
    const beyond = (edits: KeepEdits, preset = 'awq-int4-g128') => found(llama31Of8B, preset, { edits });
    assert.deepEqual(beyond({ firstLayers: 99 }), [{ code: 'kept-layers-beyond', values: { asked: 99, layers: 32 } }]);
    assert.deepEqual(beyond({ firstLayers: 20, lastLayers: 13 }), [{ code: 'kept-layers-beyond', values: { asked: 33, layers: 32 } }]);
    assert.deepEqual(beyond({ firstLayers: 20, lastLayers: 12 }), []);
    assert.deepEqual(beyond({ firstLayers: 99 }, 'Q4_K_M'), []);
  });
  it('is a part for which the writer has no form', () => {
    const of = (config: object, preset: string, part: 'embedding' | 'router') => codes(config, preset, { edits: { quantize: [part] } });
    const linearAlone = ['awq-int4-g128', 'gptq-int4-g128', 'bnb-nf4', 'fp8-block128', 'aqlm-2bit-1x16', 'eetq-int8', 'hqq-int4-g64'];
    for (const preset of [...linearAlone, 'torchao-int4-g128'])
      assert.deepEqual(of(llama31Of8B, preset, 'embedding'), ['part-unwritable'], preset);
    for (const preset of ['w4a16-g128', 'torchao-int8', 'quark-fp8']) assert.deepEqual(of(llama31Of8B, preset, 'embedding'), [], preset);
    for (const preset of ['awq-int4-g128', 'gptq-int4-g128', 'bnb-nf4', 'fp8-block128', 'torchao-int8'])
      assert.deepEqual(of(qwen3Of30BA3B, preset, 'router'), ['part-unwritable'], preset);
    assert.match(
      String(found(llama31Of8B, 'bnb-nf4', { edits: { quantize: ['embedding'] } })[0]?.values['source']),
      /replace_with_bnb_linear/,
    );
  });
  it('is an edit that changes nothing: no such part, a tied head, or what the writer does anyway', () => {
    const edited = (config: object, edits: KeepEdits) => found(config, 'gptq-int4-g128', { edits });
    const absent = (part: string) => ({ code: 'part-absent', values: { part } });
    assert.deepEqual(edited(llama31Of8B, { keep: ['experts'], quantize: ['router'] }), [absent('experts'), absent('router')]);
    assert.deepEqual(edited({ ...llama31Of8B, tie_word_embeddings: true }, { quantize: ['head'] }), [{ code: 'head-tied', values: {} }]);
    const idle = { code: 'edit-without-effect', values: { part: 'head', preset: 'gptq-int4-g128' } };
    assert.deepEqual(edited(llama31Of8B, { keep: ['head'] }), [idle]);
    assert.deepEqual(edited(llama31Of8B, { quantize: ['head'] }), []);
    assert.deepEqual(found(llama31Of8B, 'mlx-4bit-g64', { edits: { quantize: ['embedding'] } })[0]?.code, 'edit-without-effect');
  });
  it('is asked of what is quantized after edits, and of that alone', () => {
    assert.deepEqual(codes(narrow, 'awq-int4-g128', { edits: { keep: ['mlp'] } }), []);
    assert.deepEqual(codes(narrow, 'awq-int4-g128', { edits: { keep: ['attention'] } }), ['group-splits-row']);
    assert.deepEqual(codes(narrow, 'awq-int4-g128', { edits: { firstLayers: 16, lastLayers: 16 } }), []);
    assert.deepEqual(codes(narrow, 'awq-int4-g128', { edits: { firstLayers: 31 } }), ['group-splits-row']);
    const oddWords = { ...llama31Of8B, vocab_size: 128_258 };
    assert.deepEqual(codes(oddWords, 'gptq-int4-g128'), []);
    assert.deepEqual(codes(oddWords, 'gptq-int4-g128', { edits: { quantize: ['head'] } }), ['kernel-rows']);
    assert.deepEqual(codes(oddWords, 'gptq-int4-g128', { edits: { quantize: ['embedding'] } }), ['part-unwritable']);
  });
  it("is a device of a maker whose devices the format's programs do not run on", () => {
    assert.deepEqual(found(llama31Of8B, 'openvino-int4-g128', { device: device('RTX 4090') }), [
      { code: 'vendor', values: { needed: 'Intel', found: 'NVIDIA' } },
    ]);
    assert.deepEqual(codes(llama31Of8B, 'mlx-4bit-g64', { device: device('MI300X') }), ['vendor']);
    assert.deepEqual(codes(llama31Of8B, 'mlx-4bit-g64', { device: device('RTX 4090') }), []);
  });
});

describe('requirements', () => {
  it('ask whole groups of every split of a grouped format that has one', () => {
    for (const preset of presets) {
      const { columns, split } = requirementsOf(preset);
      if (columns !== undefined && split) assert.equal(split.columns % columns, 0, preset.name);
    }
  });
});
