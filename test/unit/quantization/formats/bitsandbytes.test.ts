import assert from 'node:assert/strict';
import { analyze, compareTensors, expectedTensors, gatherFiles, type Analysis, type FileTensor } from '../../../../src/engine/index';
import { finish } from '../../../support/readings';

const config = (block: object): object => ({
  model_type: 'llama',
  max_position_embeddings: 2048,
  architectures: ['LlamaForCausalLM'],
  dtype: 'bfloat16',
  vocab_size: 64,
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  quantization_config: { quant_method: 'bitsandbytes', ...block },
});
const analysisOf = (block: object): Analysis => analyze(config(block) as never) as Analysis;
const codes = ({ findings }: Analysis): string[] => findings.map(({ code, path }) => `${code} ${path.join('.')}`);
const proofOf = (analysis: Analysis, tensors: readonly FileTensor[]) => {
  const file = {
    name: 'a',
    state: 'read',
    bytes: 0,
    problems: [],
    tensors: new Map(tensors.map((tensor) => [tensor.name, { ...tensor, file: 0 }])),
  };
  return finish(compareTensors(analysis, finish(gatherFiles(undefined, [file as never])).result, 'safetensors')).result;
};

describe('the type that bitsandbytes packs 4 bits in', () => {
  const nf4 = { load_in_4bit: true, bnb_4bit_quant_type: 'nf4' };
  const name = 'model.layers.0.self_attn.q_proj.weight';
  const packed = (storage: unknown) => {
    const analysis = analysisOf({ ...nf4, bnb_4bit_quant_storage: storage });
    const found = [...expectedTensors(analysis)].find((tensor) => tensor.name === name);
    return { analysis, found, text: `${found?.dtype} ${found?.shape.join('×')}` };
  };
  const bytes = analysisOf(nf4).checkpoint.bytes;

  // 64 × 64 values of four bits: 2,048 bytes.
  for (const [storage, text] of [
    [undefined, 'U8 2048×1'],
    [null, 'U8 2048×1'],
    ['uint8', 'U8 2048×1'],
    ['int8', 'I8 2048×1'],
    ['bfloat16', 'BF16 1024×1'],
    ['torch.bfloat16', 'BF16 1024×1'],
    ['float16', 'F16 1024×1'],
    ['float32', 'F32 512×1'],
    ['float64', 'F64 256×1'],
  ] as const)
    it(`${String(storage)}: the same bytes as ${text}`, () => {
      const { analysis, found, text: own } = packed(storage);
      assert.deepEqual([own, found?.bytes, analysis.checkpoint.bytes], [text, 2048, bytes]);
      assert.equal(analysis.checkpoint.basis.kind, 'exact');
      assert.equal(proofOf(analysis, [...expectedTensors(analysis)]).status, 'verified');
    });
  it('is held against the files', () => {
    const { analysis } = packed('bfloat16');
    const proof = proofOf(analysis, [...expectedTensors(analysisOf(nf4))]);
    assert.deepEqual([proof.status, proof.off, proof.counts], ['differs', 0, { dtype: 14 }]);
  });
  it('is a byte, with a finding, where it is none that transformers takes', () => {
    for (const storage of ['float8', 8, ['uint8'], 'constructor']) {
      const { analysis, text } = packed(storage);
      assert.equal(text, 'U8 2048×1');
      assert.deepEqual(codes(analysis), ['invalid-value quantization_config.bnb_4bit_quant_storage']);
    }
  });
});

describe('a block of bitsandbytes with neither width on', () => {
  const plain = analyze({ ...config({}), quantization_config: undefined } as never) as Analysis;

  for (const block of [{}, { load_in_4bit: false, load_in_8bit: false }, { load_in_4bit: false, _load_in_4bit: true }])
    it(`${JSON.stringify(block)}: weights as they are, as transformers loads them, and a finding`, () => {
      const analysis = analysisOf({ ...block, bnb_4bit_quant_type: 'nf4' });
      assert.deepEqual(codes(analysis), ['quantization-skipped quantization_config']);
      const { scheme, bytes, basis, extras } = analysis.checkpoint;
      assert.deepEqual([scheme, bytes, extras.quantizedParameters], ['bf16', plain.checkpoint.bytes, 0]);
      assert.deepEqual(basis, { kind: 'rule', reasons: ['quantization-skipped'] });
      assert.deepEqual([...expectedTensors(analysis)], [...expectedTensors(plain)]);
    });
  it('is switched on by the second name of a switch, where the first is not there, and by the name of the method', () => {
    assert.equal(analysisOf({ _load_in_4bit: true }).checkpoint.scheme, 'bnb-fp4');
    assert.equal(analysisOf({ _load_in_8bit: true }).checkpoint.scheme, 'bnb-int8');
    assert.equal(analysisOf({ quant_method: 'bitsandbytes_4bit' }).checkpoint.scheme, 'bnb-fp4');
    assert.equal(analysisOf({ quant_method: 'bitsandbytes_8bit' }).checkpoint.scheme, 'bnb-int8');
  });
  it('with both on is refused by transformers, and said to be', () => {
    const analysis = analysisOf({ load_in_4bit: true, load_in_8bit: true });
    assert.deepEqual(codes(analysis), ['invalid-value quantization_config.load_in_4bit']);
    assert.equal(analysis.checkpoint.basis.kind, 'approximate');
  });
});

describe('the experts of a mixture under bitsandbytes', () => {
  const mixture = (more: object): Analysis =>
    analyze({
      ...config({ load_in_4bit: true, bnb_4bit_quant_type: 'nf4' }),
      model_type: 'mixtral',
      architectures: ['MixtralForCausalLM'],
      num_local_experts: 4,
      ...more,
    } as never) as Analysis;
  const of = (version: string): Analysis => mixture({ transformers_version: version });

  it('are quantized by the release that saved them up to version 4, and left alone from version 5 on', () => {
    const [before, after] = [of('4.57.1'), of('5.2.0')];
    assert.ok(before.checkpoint.bytes < after.checkpoint.bytes);
    assert.equal(after.checkpoint.extras.keptByReason['fused-experts'], 2 * 4 * 3 * 64 * 128 * 2);
    assert.equal(mixture({}).checkpoint.bytes, before.checkpoint.bytes);
  });
  it('are what the files say where another program wrote them', () => {
    const files = [...expectedTensors(of('4.57.1'))];
    const proof = proofOf(of('5.2.0'), files);
    assert.deepEqual([proof.status, proof.off, proof.writer], ['verified', 0, 'transformers-4']);
  });
});
