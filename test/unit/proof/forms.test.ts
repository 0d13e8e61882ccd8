import assert from 'node:assert/strict';
import { compareTensors, type Analysis, type Proof } from '../../../src/engine/index';
import { finish } from '../../support/readings';
import { fileOf, gathered, modelOf, tensorsOf, type Tensor } from './models';

const against = (analysis: Analysis, tensors: readonly Tensor[]): Proof =>
  finish(compareTensors(analysis, gathered(fileOf(tensors)), 'safetensors')).result;

const kinds = ({ differences }: Proof): string[] => differences.map(({ kind, name }) => `${kind} ${name}`);

const sizes = {
  vocab_size: 64,
  hidden_size: 128,
  intermediate_size: 192,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 32,
  dtype: 'bfloat16',
};
const model = (model_type: string, architecture: string, more: object = {}): Analysis =>
  modelOf({ ...sizes, model_type, architectures: [architecture], ...more });

const qwen = (more: object = {}): Analysis =>
  model('qwen3_moe', 'Qwen3MoeForCausalLM', { num_experts: 4, moe_intermediate_size: 64, num_experts_per_tok: 2, ...more });
const mixtral = (more: object = {}): Analysis => model('mixtral', 'MixtralForCausalLM', { num_local_experts: 4, ...more });
const granite = (more: object = {}): Analysis =>
  model('granitemoe', 'GraniteMoeForCausalLM', { num_local_experts: 4, num_experts_per_tok: 2, ...more });
const deepseek = (more: object = {}): Analysis =>
  model('deepseek_v3', 'DeepseekV3ForCausalLM', {
    num_key_value_heads: 4,
    n_routed_experts: 4,
    n_group: 2,
    topk_group: 1,
    moe_intermediate_size: 64,
    first_k_dense_replace: 1,
    q_lora_rank: 64,
    kv_lora_rank: 128,
    qk_nope_head_dim: 64,
    qk_rope_head_dim: 32,
    v_head_dim: 96,
    num_nextn_predict_layers: 0,
    ...more,
  });

const elementBytes = { BF16: 2, F32: 4, U32: 4, U8: 1 } as const;
const tensor = (name: string, dtype: keyof typeof elementBytes, ...shape: number[]): Tensor => ({
  name,
  dtype,
  shape,
  bytes: shape.reduce((all, side) => all * side, elementBytes[dtype]),
});

/** The files of a model with other tensors in place of those that a pattern names. */
const withOthers = (analysis: Analysis, without: RegExp, others: readonly Tensor[]): Tensor[] => [
  ...tensorsOf(analysis).filter(({ name }) => !without.test(name)),
  ...others,
];

/** A matrix as MLX stores it: 4 bits in groups of 64. */
const packed = (module: string, ...shape: number[]): Tensor[] => {
  const [lead, columns] = [shape.slice(0, -1), shape.at(-1) ?? 0];
  return [
    tensor(`${module}.weight`, 'U32', ...lead, columns / 8),
    tensor(`${module}.scales`, 'BF16', ...lead, columns / 64),
    tensor(`${module}.biases`, 'BF16', ...lead, columns / 64),
  ];
};
const quantization = { quantization: { group_size: 64, bits: 4 } };

/** Every way to spoil one of these tensors has to be found. */
function assertFound(analysis: Analysis, files: readonly Tensor[], names: readonly string[]): void {
  for (const name of names) {
    const at = files.findIndex((file) => file.name === name);
    const { dtype, shape, bytes } = files[at] as Tensor;
    const spoilt = (...instead: Tensor[]): Proof => against(analysis, [...files.slice(0, at), ...instead, ...files.slice(at + 1)]);
    assert.deepEqual(kinds(spoilt()), [`missing ${name}`]);
    assert.deepEqual(kinds(spoilt({ name, dtype: 'F32', shape, bytes })), [`dtype ${name}`]);
    assert.deepEqual(kinds(spoilt({ name, dtype, shape: [1, ...shape], bytes })), [`shape ${name}`]);
    const more = spoilt({
      name,
      dtype,
      shape: [(shape[0] as number) + 1, ...shape.slice(1)],
      bytes: (bytes / (shape[0] as number)) * ((shape[0] as number) + 1),
    });
    assert.deepEqual([kinds(more), more.off], [[`shape ${name}`], bytes / (shape[0] as number)]);
    assert.deepEqual(kinds(against(analysis, [...files, { name: `${name}_2`, dtype, shape, bytes }])), [`extra ${name}_2`]);
  }
}

describe('a mixture whose experts stand in one tensor, as in transformers 5', () => {
  const layers = [0, 1];
  const fused = (parent: string, which: readonly number[] = layers): Tensor[] =>
    which.flatMap((layer) => [
      tensor(`model.layers.${layer}.${parent}.experts.gate_up_proj`, 'BF16', 4, 128, 128),
      tensor(`model.layers.${layer}.${parent}.experts.down_proj`, 'BF16', 4, 128, 64),
    ]);

  it('is held against them', () => {
    const analysis = qwen();
    const files = withOthers(analysis, /\.experts\./, fused('mlp'));
    const proof = against(analysis, files);
    assert.deepEqual([proof.status, proof.off, proof.tensorsExpected], ['verified', 0, files.length], JSON.stringify(kinds(proof)));
    assert.deepEqual(proof.notes, [{ code: 'other-forms' }]);
    assertFound(analysis, files, ['model.layers.1.mlp.experts.gate_up_proj', 'model.layers.0.mlp.experts.down_proj']);
  });
  it('is not taken to be so where one layer has them one by one', () => {
    const analysis = qwen();
    const files = withOthers(analysis, /layers\.0\..*\.experts\./, fused('mlp', [0]));
    const proof = against(analysis, files);
    assert.deepEqual(proof.counts, { missing: 2, extra: 12 });
  });
  it('is found under the names that its class has now', () => {
    const analysis = mixtral();
    const files = [
      ...tensorsOf(analysis)
        .filter(({ name }) => !name.includes('.experts.'))
        .map((file) => ({ ...file, name: file.name.replace('block_sparse_moe.gate', 'mlp.gate') })),
      ...layers.flatMap((layer) => [
        tensor(`model.layers.${layer}.mlp.experts.gate_up_proj`, 'BF16', 4, 384, 128),
        tensor(`model.layers.${layer}.mlp.experts.down_proj`, 'BF16', 4, 128, 192),
      ]),
    ];
    const proof = against(analysis, files);
    assert.equal(proof.status, 'verified', JSON.stringify(kinds(proof)));
    assert.deepEqual(proof.notes, [{ code: 'renamed-parts' }, { code: 'other-forms' }]);
    assertFound(analysis, files, ['model.layers.0.mlp.experts.gate_up_proj', 'model.layers.1.mlp.experts.down_proj']);
  });
  it('is only renamed where the model itself has them so', () => {
    const analysis = granite();
    const files = tensorsOf(analysis).map((file) => ({
      ...file,
      name: file.name
        .replace('input_linear.weight', 'experts.gate_up_proj')
        .replace('output_linear.weight', 'experts.down_proj')
        .replace('router.layer.', 'router.'),
    }));
    const proof = against(analysis, files);
    assert.equal(proof.status, 'verified', JSON.stringify(kinds(proof)));
    assert.deepEqual(proof.notes, [{ code: 'renamed-parts' }]);
  });
  it('has them one by one where a rule tells one expert from the others', () => {
    const quantization_config = {
      quant_method: 'fp8',
      weight_block_size: [64, 64],
      modules_to_not_convert: ['model.layers.1.mlp.experts.2', 'model.layers.0.mlp.experts'],
    };
    const analysis = qwen({ quantization_config });
    const one = /layers\.0\..*\.experts\./;
    const files = withOthers(analysis, one, fused('mlp', [0]));
    const proof = against(analysis, files);
    assert.equal(proof.status, 'verified', JSON.stringify(kinds(proof)));
  });
});

describe('a mixture of MLX', () => {
  const stacked = (parent: string, inner: number, which: readonly number[] = [0, 1]): Tensor[] =>
    which.flatMap((layer) => [
      ...packed(`model.layers.${layer}.${parent}.switch_mlp.gate_proj`, 4, inner, 128),
      ...packed(`model.layers.${layer}.${parent}.switch_mlp.up_proj`, 4, inner, 128),
      ...packed(`model.layers.${layer}.${parent}.switch_mlp.down_proj`, 4, 128, inner),
    ]);
  const verified = (analysis: Analysis, files: readonly Tensor[]): void => {
    const proof = against(analysis, files);
    assert.deepEqual([proof.status, proof.off, proof.tensorsExpected], ['verified', 0, files.length], JSON.stringify(kinds(proof)));
    assert.deepEqual(proof.notes, [{ code: 'other-forms' }]);
    assert.equal(proof.bytesExpected, analysis.checkpoint.bytes);
  };

  it('has its experts stacked', () => {
    const analysis = qwen(quantization);
    const files = withOthers(analysis, /\.experts\./, stacked('mlp', 64));
    verified(analysis, files);
    assertFound(analysis, files, ['model.layers.1.mlp.switch_mlp.up_proj.weight', 'model.layers.0.mlp.switch_mlp.down_proj.scales']);
  });
  it('has them stacked without any quantization', () => {
    const analysis = qwen();
    const files = withOthers(
      analysis,
      /\.experts\./,
      [0, 1].flatMap((layer) => [
        tensor(`model.layers.${layer}.mlp.switch_mlp.gate_proj.weight`, 'BF16', 4, 64, 128),
        tensor(`model.layers.${layer}.mlp.switch_mlp.up_proj.weight`, 'BF16', 4, 64, 128),
        tensor(`model.layers.${layer}.mlp.switch_mlp.down_proj.weight`, 'BF16', 4, 128, 64),
      ]),
    );
    verified(analysis, files);
  });
  it('has other bits in the layers that its block names', () => {
    const block = { ...quantization.quantization, 'model.layers.1.mlp.switch_mlp.down_proj': { group_size: 64, bits: 8 } };
    const analysis = qwen({ quantization: block });
    const files = withOthers(analysis, /\.experts\./, stacked('mlp', 64));
    const name = 'model.layers.1.mlp.switch_mlp.down_proj.weight';
    assert.deepEqual(kinds(against(analysis, files)), [`shape ${name}`]);
    verified(
      analysis,
      files.map((file) => (file.name === name ? tensor(name, 'U32', 4, 128, 16) : file)),
    );
  });
  it("has Mixtral's under its own names for projections", () => {
    const analysis = mixtral(quantization);
    verified(analysis, withOthers(analysis, /\.experts\./, stacked('block_sparse_moe', 192)));
  });
  it("has Granite's apart, gate from up", () => {
    const analysis = granite(quantization);
    const files = withOthers(analysis, /\.(input|output)_linear\./, stacked('block_sparse_moe', 192));
    verified(analysis, files);
    assertFound(analysis, files, ['model.layers.1.block_sparse_moe.switch_mlp.up_proj.weight']);
  });
  it("has gpt-oss's apart and turned, biases too", () => {
    const analysis = model('gpt_oss', 'GptOssForCausalLM', { num_local_experts: 4, num_experts_per_tok: 2, ...quantization });
    const files = withOthers(
      analysis,
      /\.experts\./,
      [0, 1].flatMap((layer) => {
        const folder = `model.layers.${layer}.mlp.experts`;
        return [
          ...packed(`${folder}.gate_proj`, 4, 192, 128),
          ...packed(`${folder}.up_proj`, 4, 192, 128),
          ...packed(`${folder}.down_proj`, 4, 128, 192),
          tensor(`${folder}.gate_proj.bias`, 'BF16', 4, 192),
          tensor(`${folder}.up_proj.bias`, 'BF16', 4, 192),
          tensor(`${folder}.down_proj.bias`, 'BF16', 4, 128),
        ];
      }),
    );
    verified(analysis, files);
    assertFound(analysis, files, ['model.layers.1.mlp.experts.up_proj.bias', 'model.layers.0.mlp.experts.gate_proj.weight']);
  });
  for (const [title, more] of [
    ['with queries of low rank', {}],
    ['with plain queries', { q_lora_rank: null }],
  ] as const)
    it(`has the second half of latent attention by heads, ${title}`, () => {
      const analysis = deepseek({ ...quantization, ...more });
      const files = withOthers(analysis, /\.experts\.|kv_b_proj/, [
        ...stacked('mlp', 64, [1]),
        ...[0, 1].flatMap((layer) => [
          ...packed(`model.layers.${layer}.self_attn.embed_q`, 4, 128, 64),
          ...packed(`model.layers.${layer}.self_attn.unembed_out`, 4, 96, 128),
        ]),
      ]);
      verified(analysis, files);
      assertFound(analysis, files, ['model.layers.0.self_attn.embed_q.weight', 'model.layers.1.self_attn.unembed_out.scales']);
    });
  it('has it as the model does in files from before that', () => {
    const analysis = deepseek(quantization);
    verified(analysis, withOthers(analysis, /\.experts\./, stacked('mlp', 64, [1])));
  });
  it('has the kernels of convolutions turned, which is a difference anywhere else', () => {
    const mamba = (more: object): Analysis => model('mamba', 'MambaForCausalLM', { state_size: 16, ...more });
    const turned = (analysis: Analysis): Tensor[] =>
      tensorsOf(analysis).map((file) => {
        const [out = 0, channels = 0, kernel = 0] = file.shape;
        return file.name.endsWith('conv1d.weight') ? { ...file, shape: [out, kernel, channels] } : file;
      });
    const [plain, mlx] = [mamba({}), mamba(quantization)];
    assert.deepEqual(against(plain, turned(plain)).counts, { shape: 2 });
    verified(mlx, turned(mlx));
    assert.equal(against(mlx, tensorsOf(mlx)).status, 'verified');
  });
});
