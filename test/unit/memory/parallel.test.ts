import assert from 'node:assert/strict';
import { analyze, type Analysis } from '../../../src/engine/index';
import { cutOf } from '../../../src/engine/memory/parallel/cuts';
import { degreesOf, refusedContext, refusedTensor, type PartDegrees } from '../../../src/engine/memory/parallel/degrees';
import { layerStates } from '../../../src/engine/memory/parallel/layerStates';
import { allocationsOf, bytesOnRank, stageBytes, type RankShares } from '../../../src/engine/memory/parallel/rank';
import { ropeCacheBytes } from '../../../src/engine/memory/parallel/ropeCache';
import { evenStages } from '../../../src/engine/memory/parallel/stages';
import { placeTensors } from '../../../src/engine/memory/parallel/tensors';
import { allocated } from '../../../src/engine/memory/parallel/torchAllocator';
import { deepseekLite, llama8b, modelOf, qwen4b, qwenMoe, scout } from './servingModels';

const MiB = 2 ** 20;
const shares = (tensor: number, more: Partial<RankShares> = {}): RankShares => ({
  tensor,
  keyHeads: 8,
  experts: 1,
  expertCuts: tensor,
  vocabularyPadding: 64,
  plainWidth: 2,
  wholeTowers: false,
  ...more,
});

describe('keys and values that the class copies to every query head', () => {
  const config = { model_type: 'falcon', hidden_size: 1024, num_attention_heads: 16, num_kv_heads: 2, num_hidden_layers: 3 };
  const kept = (more: object, keeper: 'engine' | 'reference'): readonly number[] =>
    layerStates(analyze({ ...config, vocab_size: 512, ...more } as never) as Analysis, keeper).flatMap(({ states }) =>
      states.map((state) => ('elementsPerToken' in state ? state.elementsPerToken : 0)),
    );

  it('are kept once by engines', () => {
    assert.deepEqual(kept({ new_decoder_architecture: true }, 'engine'), [256, 256, 256]);
    assert.deepEqual(kept({ new_decoder_architecture: true }, 'reference'), [2048, 2048, 2048]);
  });
  it('are not copied by the older decoder', () => {
    assert.deepEqual(kept({}, 'engine'), [128, 128, 128]);
    assert.deepEqual(kept({ multi_query: false }, 'engine'), [2048, 2048, 2048]);
  });
});

describe('pipeline stages', () => {
  const sizes = (layers: number, count: number): readonly number[] => evenStages(layers, count).map(({ from, to }) => to - from);

  it('are even where they can be, and what is left goes to those before the last, backwards', () => {
    assert.deepEqual(sizes(32, 4), [8, 8, 8, 8]);
    assert.deepEqual(sizes(61, 4), [15, 15, 16, 15]);
    assert.deepEqual(sizes(10, 4), [2, 3, 3, 2]);
    assert.deepEqual(sizes(5, 2), [3, 2]);
  });

  it('know the first and the last, and follow one another', () => {
    const stages = evenStages(7, 3);
    assert.deepEqual(stages.map(({ first, last }) => [first, last]), [[true, false], [false, false], [false, true]]); // prettier-ignore
    assert.deepEqual(stages.map(({ from }) => from), [0, 2, 5]); // prettier-ignore
  });
});

describe("PyTorch's allocator", () => {
  it('rounds to 512 bytes, and large tensors to segments of 2 MiB of which less than a MiB is not given to others', () => {
    assert.equal(allocated(0), 0);
    assert.equal(allocated(300), 512);
    assert.equal(allocated(5 * MiB), 5 * MiB);
    assert.equal(allocated(47.5 * MiB), 48 * MiB);
    assert.equal(allocated(95 * MiB), 96 * MiB);
    assert.equal(allocated(20 * MiB), 20 * MiB);
    assert.equal(allocated(20.5 * MiB), 20.5 * MiB);
  });
});

describe('cuts', () => {
  const cut = (
    name: string,
    role: 'linear' | 'norm' | 'router' | 'embedding' | 'head' | 'bias' = 'linear',
    component: 'attention' | 'experts' | 'mlp' = 'attention',
  ): string => cutOf({ name, role, component, shape: [8, 8] });

  it('follow the first and second matrices of a pair', () => {
    assert.equal(cut('model.layers.{n}.self_attn.q_proj.weight'), 'outputs');
    assert.equal(cut('model.layers.{n}.self_attn.k_proj.weight'), 'keyValue');
    assert.equal(cut('model.layers.{n}.self_attn.o_proj.weight'), 'inputs');
    assert.equal(cut('model.layers.{n}.mlp.down_proj.weight', 'linear', 'mlp'), 'inputs');
    assert.equal(cut('model.layers.{n}.mlp.experts.{n}.down_proj.weight', 'linear', 'experts'), 'expert');
    assert.equal(cut('model.layers.{n}.self_attn.o_proj.bias', 'bias'), 'whole');
  });

  it('leave norms, routers and down-projections of latent attention whole', () => {
    for (const name of ['self_attn.kv_a_proj_with_mqa', 'self_attn.q_a_proj'])
      assert.equal(cut(`model.layers.{n}.${name}.weight`), 'whole');
    assert.equal(cut('model.layers.{n}.self_attn.q_b_proj.weight'), 'outputs');
    assert.equal(cut('model.norm.weight', 'norm'), 'whole');
    assert.equal(cut('model.layers.{n}.mlp.gate.weight', 'router'), 'whole');
    assert.equal(cut('lm_head.weight', 'head'), 'vocabulary');
  });
});

describe('bytes of a rank', () => {
  const whole = evenStages(1e6, 1)[0] ?? assert.fail();

  it('find layers that the files hold apart in the fused one of the model', () => {
    const phi3 = { model_type: 'phi3', hidden_size: 256, intermediate_size: 768, num_hidden_layers: 2, num_attention_heads: 4 };
    const model = modelOf({ ...phi3, num_key_value_heads: 2, vocab_size: 512, torch_dtype: 'bfloat16' });
    const { tensors } = placeTensors(model, 'exl3-4.0bpw');
    const sum = (figure: 'bytes' | 'parameters') =>
      tensors.reduce((all, each) => all + each[figure] * each.copies * (each.layers?.length ?? 1), 0);
    // As exllamav3 1.6.5 saves it.
    assert.equal(sum('bytes'), 1_170_492);
    assert.equal(sum('parameters'), model.parameters.total);
  });
  it('Qwen3 4B: what vLLM prints (7.5552 GiB) is its tensors, the rounding of the allocator and the table of positions', () => {
    const placed = placeTensors(qwen4b, 'checkpoint');
    const { bytes, rounding } = stageBytes(allocationsOf(placed.tensors, shares(1)), placed, whole, shares(1));
    // 36 layers lose 1 MiB for gate and up, and half a MiB for down.
    assert.ok(Math.abs(rounding - 54 * MiB) < MiB, String(rounding));
    assert.equal(ropeCacheBytes(qwen4b, 2), 40960 * 128 * 2);
    assert.ok(Math.abs((bytes + ropeCacheBytes(qwen4b, 2)) / 2 ** 30 - 7.5552) < 0.0005);
  });

  it('heads are repeated where there are more ranks than key/value heads', () => {
    const keys = placeTensors(llama8b, 'checkpoint').tensors.find(({ module }) => module.endsWith('k_proj')) ?? assert.fail();
    assert.equal(bytesOnRank(keys, shares(8)), (1024 * 4096 * 2) / 8);
    assert.equal(bytesOnRank(keys, shares(32)), (1024 * 4096 * 2) / 8);
  });

  it('experts are dealt out whole, rounded up, or cut inside', () => {
    const { tensors } = placeTensors(qwenMoe, 'checkpoint');
    const up = tensors.find(({ module }) => module.endsWith('up_proj')) ?? assert.fail();
    assert.equal(bytesOnRank(up, shares(4)), (128 * 768 * 2048 * 2) / 4);
    assert.equal(bytesOnRank(up, shares(4, { experts: 4 })), 32 * 768 * 2048 * 2);
    assert.equal(bytesOnRank(up, shares(3, { experts: 3 })), 43 * 768 * 2048 * 2);
  });

  it('the vocabulary is padded to 64 rows', () => {
    const embedding = placeTensors(llama8b, 'checkpoint').tensors.find(({ cut }) => cut === 'vocabulary') ?? assert.fail();
    assert.equal(bytesOnRank({ ...embedding, shape: [128257, 4096], bytes: 128257 * 8192 }, shares(2)), (128320 / 2) * 8192);
  });

  it('a tied embedding stands on the first stage and on the last', () => {
    const placed = placeTensors(qwen4b, 'checkpoint');
    const allocations = allocationsOf(placed.tensors, shares(1));
    const [first, last] = evenStages(36, 2).map((stage) => stageBytes(allocations, placed, stage, shares(1)).bytes);
    assert.ok(first !== undefined && last !== undefined && Math.abs(first - last) < MiB);
  });
});

describe('degrees of parallelism', () => {
  const legal = (model: typeof llama8b, kind: string): readonly number[] =>
    degreesOf(model).flatMap((each) => (each.kind === kind && !each.refused ? [each.degree] : []));

  it('divide the heads, or repeat key/value heads whole', () => {
    assert.deepEqual(legal(llama8b, 'tensor'), [1, 2, 4, 8, 16, 32]);
    const three = degreesOf(llama8b).find(({ kind, degree }) => kind === 'tensor' && degree === 3);
    assert.deepEqual(three?.refused, { code: 'attention-heads', values: { heads: 32, degree: 3 } });
  });

  it('latent attention is bounded by its query heads alone', () => {
    assert.deepEqual(legal(deepseekLite, 'tensor'), [1, 2, 4, 8, 16]);
  });

  it('experts bound expert parallelism, layers bound stages', () => {
    assert.deepEqual(legal(qwenMoe, 'expert').at(-1), 32);
    assert.deepEqual(legal(deepseekLite, 'pipeline').at(-1), 24);
  });

  it('context parallelism shares ranks that hold the same heads', () => {
    assert.equal(refusedContext(deepseekLite, 8, 8), undefined);
    assert.equal(refusedContext(llama8b, 16, 2), undefined);
    assert.equal(refusedContext(llama8b, 8, 2)?.code, 'replicated-heads');
  });
});

describe('what layers keep', () => {
  it("Llama 4's layers see a chunk, and every fourth everything", () => {
    const kinds = layerStates(scout).map(({ states }) => states[0]?.kind);
    assert.equal(kinds.filter((kind) => kind === 'chunked').length, 36);
    assert.deepEqual(kinds.slice(0, 4), ['chunked', 'chunked', 'chunked', 'attention']);
  });
});

describe('groups and blocks of a quantization', () => {
  const awq = { quant_method: 'awq', bits: 4, group_size: 128, version: 'gemm', zero_point: true };
  const fp8 = { quant_method: 'fp8', weight_block_size: [128, 128], activation_scheme: 'dynamic', fmt: 'e4m3' };
  const refusedAt = (model: Analysis, degree: number, parts: PartDegrees = {}): string | undefined =>
    refusedTensor(model, placeTensors(model, 'checkpoint').tensors, degree, parts)?.code;

  it('are not cut: 13,824 columns are 108 groups, which four ranks share and eight do not', () => {
    const model = modelOf({ ...qwen14b, quantization_config: awq });
    assert.deepEqual(
      [2, 4, 8].map((degree) => refusedAt(model, degree)),
      [undefined, undefined, 'quantization-groups'],
    );
    assert.equal(refusedAt(modelOf(qwen14b), 8), undefined);
  });

  it('inside of experts, unless these are dealt out whole: 768 rows are six blocks', () => {
    const model = modelOf({ ...qwenMoe.root, quantization_config: fp8 });
    assert.deepEqual(
      [2, 4].map((degree) => refusedAt(model, degree)),
      [undefined, 'quantization-groups'],
    );
    assert.equal(refusedAt(model, 4, { experts: 1 }), undefined);
    assert.equal(refusedAt(qwenMoe, 4), undefined);
  });
});

const qwen14b = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  hidden_size: 5120,
  intermediate_size: 13824,
  num_hidden_layers: 48,
  num_attention_heads: 40,
  num_key_value_heads: 8,
  vocab_size: 152064,
  max_position_embeddings: 32768,
  tie_word_embeddings: false,
  torch_dtype: 'float16',
};
