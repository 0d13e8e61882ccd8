import assert from 'node:assert/strict';
import {
  compareGguf,
  expectedGgufTensors,
  gatherFiles,
  ranksByFile,
  readGgufHeader,
  stacksOf,
  type Analysis,
  type FileTensor,
  type GgufRules,
  type Proof,
} from '../../../src/engine/index';
import { blockSize, ggmlTypeOf, rowBytes, type GgmlType } from '../../../src/engine/quantization/gguf/ggmlTypes';
import { ggufBytes } from '../../support/gguf';
import { finish, serve } from '../../support/readings';
import { modelOf } from './models';

const numbers = new Map(Array.from({ length: 64 }, (_, number) => [ggmlTypeOf(number) as string | undefined, number]));

/** Holds a model against a file with these tensors, which lie in it one behind the other; its header is written and read. */
function prove(analysis: Analysis, tensors: readonly FileTensor[], fileType: number | undefined): { proof: Proof; slices: number } {
  let end = 0;
  const placed = tensors.map(({ name, dtype, shape, bytes }) => {
    const offset = Math.ceil(end / 32) * 32;
    end = offset + bytes;
    return { name, dimensions: [...shape].reverse(), type: numbers.get(dtype) ?? -1, offset };
  });
  const metadata = fileType === undefined ? [] : [{ key: 'general.file_type', type: 'u32', value: fileType } as const];
  const bytes = ggufBytes({ metadata, tensors: placed });
  const header = serve({ bytes, size: Math.ceil(bytes.length / 32) * 32 + end }, readGgufHeader(Math.ceil(bytes.length / 32) * 32 + end));
  assert.ok(header.kind === 'gguf', JSON.stringify(header));
  const file = {
    name: 'model.gguf',
    state: 'read',
    bytes: bytes.length + end,
    problems: header.problems,
    tensors: header.tensors,
  } as const;
  const found = finish(gatherFiles(undefined, [file])).result;
  const { result, slices } = finish(compareGguf(analysis, found, header.metadata));
  return { proof: result, slices };
}
const tensor = (name: string, dtype: GgmlType, ...shape: number[]): FileTensor => {
  const columns = shape.at(-1) ?? 0;
  assert.equal(columns % blockSize(dtype), 0);
  const rows = shape.slice(0, -1).reduce((product, side) => product * side, 1);
  return { name, dtype, shape, bytes: rows * rowBytes(dtype, columns) };
};
const kinds = ({ differences }: Proof): string[] =>
  differences.map(({ kind, name, expected, found }) => `${kind} ${name} ${expected?.dtype} ${found?.dtype}`);

const [q4_0, q4KM, iq3XS] = [2, 15, 22];
const llama = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  dtype: 'bfloat16',
  vocab_size: 128256,
  hidden_size: 2048,
  intermediate_size: 8192,
  num_hidden_layers: 16,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 64,
  tie_word_embeddings: true,
  rope_scaling: { rope_type: 'llama3', factor: 32, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 },
};

/**
 * Llama 3.2 1B as llama-quantize b7650 made it Q4_K_M of its F16 file, by its own types tensor by tensor (antonellof/ferrox keeps
 * them in a test): values and feed-forward outputs of these layers at Q6_K.
 */
const precise = [0, 1, 4, 7, 10, 13, 14, 15];
const llama32Of1B = (): FileTensor[] => [
  tensor('output_norm.weight', 'F32', 2048),
  tensor('rope_freqs.weight', 'F32', 32),
  tensor('token_embd.weight', 'Q6_K', 128256, 2048),
  ...Array.from({ length: 16 }, (_, layer) => {
    const more: GgmlType = precise.includes(layer) ? 'Q6_K' : 'Q4_K';
    return [
      tensor(`blk.${layer}.attn_k.weight`, 'Q4_K', 512, 2048),
      tensor(`blk.${layer}.attn_norm.weight`, 'F32', 2048),
      tensor(`blk.${layer}.attn_output.weight`, 'Q4_K', 2048, 2048),
      tensor(`blk.${layer}.attn_q.weight`, 'Q4_K', 2048, 2048),
      tensor(`blk.${layer}.attn_v.weight`, more, 512, 2048),
      tensor(`blk.${layer}.ffn_down.weight`, more, 2048, 8192),
      tensor(`blk.${layer}.ffn_gate.weight`, 'Q4_K', 8192, 2048),
      tensor(`blk.${layer}.ffn_norm.weight`, 'F32', 2048),
      tensor(`blk.${layer}.ffn_up.weight`, 'Q4_K', 8192, 2048),
    ];
  }).flat(),
];

describe('a GGUF file against the config beside it', () => {
  const model = modelOf(llama);

  it('is verified tensor by tensor, as llama-quantize made it', () => {
    const { proof } = prove(model, llama32Of1B(), q4KM);
    assert.deepEqual([proof.status, proof.off, proof.tensorsCompared, proof.tensorsExpected], ['verified', 0, 147, 147]);
    assert.deepEqual(proof.notes, [{ code: 'gguf-rules', fileType: 'Q4_K_M', imatrix: undefined, day: undefined }]);
  });
  it('names the layers whose types are exchanged, although as many have each and not a byte is off', () => {
    const swapped = llama32Of1B().map(({ name, dtype, shape, bytes }) => {
      if (name === 'blk.7.ffn_down.weight') return tensor(name, 'Q4_K', ...shape);
      return name === 'blk.8.ffn_down.weight' ? tensor(name, 'Q6_K', ...shape) : { name, dtype, shape, bytes };
    });
    const { proof } = prove(model, swapped, q4KM);
    assert.deepEqual([proof.status, proof.off, proof.tensorsCompared], ['differs', 0, 147]);
    assert.deepEqual(kinds(proof), ['dtype blk.7.ffn_down.weight Q6_K Q4_K', 'dtype blk.8.ffn_down.weight Q4_K Q6_K']);
  });
  it('names what is missing, with its own type, what is too many, and what has another shape', () => {
    const changed = llama32Of1B().flatMap((each) => {
      if (each.name === 'blk.10.attn_v.weight') return [];
      return each.name === 'blk.3.attn_q.weight' ? [tensor(each.name, 'Q4_K', 1024, 2048)] : [each];
    });
    const { proof } = prove(model, [...changed, tensor('blk.16.ffn_up.weight', 'Q4_K', 8192, 2048)], q4KM);
    assert.deepEqual(kinds(proof), [
      'shape blk.3.attn_q.weight Q4_K Q4_K',
      'missing blk.10.attn_v.weight Q6_K undefined',
      'extra blk.16.ffn_up.weight undefined Q4_K',
    ]);
    assert.equal(
      proof.off,
      proof.differences.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  });

  /** Names as a converter finds them that sorts the keys of each shard: 10 before 2. */
  const bySafetensors = (tensors: readonly FileTensor[]): FileTensor[] => [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
  const made = (analysis: Analysis, rules: GgufRules, ranked?: readonly string[]): FileTensor[] => {
    const stacks = stacksOf(analysis, rules);
    return [...expectedGgufTensors(stacks, rules, ranked && ranksByFile(stacks, rules.day, ranked))];
  };
  const rules = (fileType: string, day?: string): GgufRules => ({ fileType, imatrix: undefined, day });

  it('is verified where llama-quantize counted layers as they stood in the file, before October 2024', () => {
    const names = bySafetensors(llama32Of1B()).map(({ name }) => name);
    const old = bySafetensors(made(model, rules('Q4_K_M', '2024-08-01'), names));
    assert.notDeepEqual(old, bySafetensors(made(model, rules('Q4_K_M', '2024-08-01'))));
    const { proof } = prove(model, old, q4KM);
    assert.deepEqual([proof.status, proof.off], ['verified', 0], kinds(proof).join('\n'));
  });
  it('is verified where somebody put its tensors in another order afterwards', () => {
    const { proof } = prove(model, bySafetensors(llama32Of1B()), q4KM);
    assert.equal(proof.status, 'verified', kinds(proof).join('\n'));
  });
  for (const [fileType, number] of [
    ['Q4_0', q4_0],
    ['IQ3_XS', iq3XS],
  ] as const)
    it(`is verified as ${fileType}, with types by layer and without`, () => {
      assert.equal(prove(model, made(model, rules(fileType)), number).proof.status, 'verified');
    });
  it('has experts typed by their layer, whatever the order', () => {
    const mixtral = modelOf({
      ...llama,
      model_type: 'mixtral',
      architectures: ['MixtralForCausalLM'],
      num_local_experts: 4,
      rope_scaling: null,
    });
    const tensors = made(mixtral, rules('Q4_K_M'));
    const { proof } = prove(mixtral, bySafetensors(tensors), q4KM);
    assert.equal(proof.status, 'verified', kinds(proof).join('\n'));
    const down = tensors
      .filter(({ name, dtype }) => name.includes('ffn_down_exps') && dtype === 'Q6_K')
      .map(({ name }) => Number(name.split('.')[1]));
    assert.deepEqual(down, precise);
  });
  it('that no rules explain is held against the closest, in bounded work', () => {
    const own = llama32Of1B().map((each, at) => (at % 5 === 3 && each.shape.length > 1 ? tensor(each.name, 'Q5_K', ...each.shape) : each));
    const { proof, slices } = prove(model, own, undefined);
    assert.equal(proof.status, 'differs');
    assert.deepEqual(
      proof.notes.map(({ code }) => code),
      ['gguf-rules'],
    );
    assert.ok(proof.counts.dtype !== undefined && proof.counts.dtype <= 30, JSON.stringify(proof.counts));
    assert.ok(slices < 500, `${slices}`);
  });
});
