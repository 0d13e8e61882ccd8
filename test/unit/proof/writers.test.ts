import assert from 'node:assert/strict';
import { analyze, compareTensors, expectedTensors, gatherFiles, type Analysis, type Proof, type Writer } from '../../../src/engine/index';
import { finish } from '../../support/readings';
import { absent, fileOf, gathered, indexOf, llama, type Tensor } from './models';

const block = { quant_method: 'gptq', bits: 4, group_size: 32, desc_act: false };
const gptq = (more: object = {}, layers = 2): Analysis =>
  llama({ dtype: 'float16', num_hidden_layers: layers, quantization_config: { ...block, ...more } });

const filesOf = (analysis: Analysis, writer: Writer): Tensor[] => [...expectedTensors(analysis, { writer })];
const against = (analysis: Analysis, tensors: readonly Tensor[]): Proof =>
  finish(compareTensors(analysis, gathered(fileOf(tensors)), 'safetensors')).result;
const sum = (tensors: readonly Tensor[]): number => tensors.reduce((total, { bytes }) => total + bytes, 0);
const kinds = ({ differences }: Proof): string[] => differences.map(({ kind, name }) => `${kind} ${name}`);

describe('files of a writer that the config does not name', () => {
  const model = gptq();

  it('are as expected where the likeliest writer wrote them, and nothing is said', () => {
    const proof = against(model, filesOf(model, 'autogptq'));
    assert.deepEqual([proof.status, proof.off, proof.writer, proof.notes], ['verified', 0, undefined, []]);
    assert.equal(sum(filesOf(model, 'autogptq')), model.checkpoint.bytes);
  });
  for (const writer of ['gptqmodel', 'gptq-for-llama'] as const)
    it(`are 0 bytes off by the layout of ${writer}`, () => {
      const files = filesOf(model, writer);
      assert.notEqual(sum(files), model.checkpoint.bytes);
      const proof = against(model, files);
      assert.deepEqual([proof.status, proof.off, proof.bytesFound, proof.tensorsFound], ['verified', 0, sum(files), files.length]);
      assert.deepEqual([proof.writer, proof.notes], [writer, [{ code: 'writer', writer }]]);
    });
  it('are told by tensors as the first GPTQ-for-LLaMa wrote them', () => {
    const module = 'model.layers.0.self_attn.q_proj';
    const own = filesOf(model, 'gptq-for-llama').filter(({ name }) => name.startsWith(`${module}.`));
    assert.deepEqual(own, [
      { name: `${module}.qweight`, dtype: 'I32', shape: [8, 64], bytes: 2048, role: 'linear', text: false },
      { name: `${module}.qzeros`, dtype: 'I32', shape: [2, 8], bytes: 64, role: 'linear', text: false },
      { name: `${module}.scales`, dtype: 'F32', shape: [2, 64], bytes: 512, role: 'linear', text: false },
      { name: `${module}.bias`, dtype: 'F32', shape: [64], bytes: 256, role: 'linear', text: false },
    ]);
  });
  it('keep every difference from what that writer writes', () => {
    const [first, ...others] = filesOf(model, 'gptq-for-llama');
    const proof = against(model, [...others, { name: 'model.more', dtype: 'U8', shape: [3], bytes: 3 }]);
    assert.deepEqual([proof.status, proof.writer], ['differs', 'gptq-for-llama']);
    assert.deepEqual(kinds(proof), [`missing ${first?.name}`, 'extra model.more']);
    assert.equal(proof.off, 3 - (first?.bytes ?? 0));
  });
  it('are held against the likeliest where none explains more', () => {
    const proof = against(model, [{ name: 'something.else', dtype: 'U8', shape: [1], bytes: 1 }]);
    assert.equal(proof.writer, 'gptqmodel', 'the one with the fewest tensors');
    const one = filesOf(model, 'autogptq').map((tensor) => (tensor.name.endsWith('qweight') ? { ...tensor, dtype: 'U32' } : tensor));
    assert.deepEqual([against(model, one).writer, against(model, one).counts], [undefined, { dtype: 14 }]);
  });
  it('are told from an index, too, by names and the sum', () => {
    const files = filesOf(model, 'gptq-for-llama');
    const index = indexOf(Object.fromEntries(files.map(({ name }) => [name, 'a.safetensors'])), sum(files));
    const found = finish(gatherFiles(index, [absent('a.safetensors')])).result;
    const proof = finish(compareTensors(model, found, 'safetensors')).result;
    assert.deepEqual([proof.status, proof.basis, proof.writer], ['verified', 'index', 'gptq-for-llama']);
  });
  it('are told although the block has signs of another writer', () => {
    const recent = gptq({ checkpoint_format: 'gptq' });
    assert.equal(against(recent, filesOf(recent, 'gptqmodel')).writer, undefined);
    assert.equal(against(recent, filesOf(recent, 'autogptq')).writer, 'autogptq');
  });
  it('cost no more than one comparison each', () => {
    const deep = gptq({}, 800);
    const wrong = filesOf(deep, 'autogptq').map((tensor) =>
      tensor.name.endsWith('.0.mlp.up_proj.bias') ? { ...tensor, dtype: 'F32' } : tensor,
    );
    const { slices, result } = finish(compareTensors(deep, gathered(fileOf(wrong)), 'safetensors'));
    assert.deepEqual([result.counts, result.writer], [{ dtype: 1 }, undefined]);
    const once = finish(compareTensors(deep, gathered(fileOf(filesOf(deep, 'autogptq'))), 'safetensors')).slices;
    assert.ok(slices < once * 3, `${slices} slices, ${once} without a difference`);
  });

  describe('that somebody has told', () => {
    const told = (writer: Writer, config: object = { ...model.root }): Analysis =>
      analyze(config as never, { told: { writer } }) as Analysis;
    it('are what the config is read as', () => {
      const known = told('gptq-for-llama');
      const files = filesOf(model, 'gptq-for-llama');
      assert.deepEqual([known.checkpoint.bytes, known.checkpoint.basis.kind], [sum(files), 'exact']);
      const proof = against(known, files);
      assert.deepEqual(
        [proof.status, proof.writer, proof.notes],
        ['verified', 'gptq-for-llama', [{ code: 'writer', writer: 'gptq-for-llama' }]],
      );
    });
    it('are looked at again where the files are of another', () => {
      const proof = against(told('gptq-for-llama'), filesOf(model, 'autogptq'));
      assert.deepEqual([proof.status, proof.writer], ['verified', 'autogptq']);
    });
    it('mean nothing to a block of another method', () => {
      const awq = {
        ...model.root,
        quantization_config: { quant_method: 'awq', bits: 4, group_size: 32, zero_point: true, version: 'gemm' },
      };
      const known = told('gptq-for-llama', awq);
      assert.equal(known.checkpoint.bytes, (analyze(awq as never) as Analysis).checkpoint.bytes);
      assert.equal(against(known, [...expectedTensors(known)]).writer, undefined);
    });
  });
});

describe('packed integers whose width does not divide a word', () => {
  const model = llama({
    hidden_size: 128,
    quantization_config: {
      quant_method: 'compressed-tensors',
      format: 'pack-quantized',
      config_groups: {
        group_0: { targets: ['Linear'], weights: { num_bits: 3, type: 'int', strategy: 'group', group_size: 64, symmetric: true } },
      },
      ignore: ['lm_head'],
    },
  });
  const shapeOf = (tensors: readonly Tensor[]) =>
    tensors.find(({ name }) => name === 'model.layers.0.self_attn.q_proj.weight_packed')?.shape;

  it('are told by the words of a row: ten values in each, or none unused', () => {
    const dense = filesOf(model, 'compressed-tensors-dense');
    const padded = filesOf(model, 'compressed-tensors-padded');
    assert.deepEqual(
      [shapeOf(padded), shapeOf(dense)],
      [
        [128, 13],
        [128, 12],
      ],
    );
    assert.deepEqual([against(model, padded).status, against(model, padded).writer], ['verified', undefined]);
    assert.deepEqual([against(model, dense).status, against(model, dense).writer], ['verified', 'compressed-tensors-dense']);
  });
  it('leave nothing open at 4 bits', () => {
    const four = llama({
      quantization_config: {
        quant_method: 'compressed-tensors',
        format: 'pack-quantized',
        config_groups: { group_0: { targets: ['Linear'], weights: { num_bits: 4, type: 'int', strategy: 'channel', symmetric: true } } },
      },
    });
    const wrong = [...expectedTensors(four)].slice(1);
    assert.equal(against(four, wrong).writer, undefined);
  });
});
