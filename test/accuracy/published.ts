/**
 * Published sizes of the types that the reference library does not build: what the index file of a repository states
 * (`total_size`), or the module list that a reader printed. Keys are those that the published config has and the code reads.
 */
import type { TensorList } from '../../src/engine/index';

export interface Published {
  readonly name: string;
  readonly source: string;
  readonly keys: Readonly<Record<string, unknown>>;
  /** Bytes of all tensors at 16 bits, those that stay at 32 bits apart. */
  readonly totalBytes?: number;
  readonly parameters?: number;
  /** Tensors as the index names them, with the shapes that the code gives them. */
  readonly tensors?: TensorList;
}

const chatglm = {
  model_type: 'chatglm',
  architectures: ['ChatGLMForConditionalGeneration'],
  add_bias_linear: false,
  add_qkv_bias: true,
  ffn_hidden_size: 13696,
  hidden_size: 4096,
  kv_channels: 128,
  multi_query_attention: true,
  multi_query_group_num: 2,
  num_attention_heads: 32,
  post_layer_norm: true,
  rmsnorm: true,
  torch_dtype: 'float16',
} as const;
const baichuan13 = {
  model_type: 'baichuan',
  architectures: ['BaichuanForCausalLM'],
  hidden_size: 5120,
  intermediate_size: 13696,
  model_max_length: 4096,
  num_attention_heads: 40,
  num_hidden_layers: 40,
  torch_dtype: 'bfloat16',
} as const;
const seven = { hidden_size: 4096, num_attention_heads: 32, num_hidden_layers: 32, torch_dtype: 'float16' } as const;

export const published: readonly Published[] = [
  {
    name: 'ChatGLM2-6B',
    source: 'THUDM/chatglm2-6b, pytorch_model.bin.index.json as in emotibot-inc/Zhuzhi-6B',
    keys: { ...chatglm, num_layers: 28, padded_vocab_size: 65024 },
    totalBytes: 12_487_168_064,
    tensors: [
      ['transformer.embedding.word_embeddings.weight', [65024, 4096], 1],
      ['transformer.rotary_pos_emb.inv_freq', [32], 1],
      ['transformer.encoder.layers.{n}.input_layernorm.weight', [4096], 28],
      ['transformer.encoder.layers.{n}.self_attention.query_key_value.weight', [4608, 4096], 28],
      ['transformer.encoder.layers.{n}.self_attention.query_key_value.bias', [4608], 28],
      ['transformer.encoder.layers.{n}.self_attention.dense.weight', [4096, 4096], 28],
      ['transformer.encoder.layers.{n}.post_attention_layernorm.weight', [4096], 28],
      ['transformer.encoder.layers.{n}.mlp.dense_h_to_4h.weight', [27392, 4096], 28],
      ['transformer.encoder.layers.{n}.mlp.dense_4h_to_h.weight', [4096, 13696], 28],
      ['transformer.encoder.final_layernorm.weight', [4096], 1],
      ['transformer.output_layer.weight', [65024, 4096], 1],
    ],
  },
  {
    name: 'GLM-4-9B-Chat',
    source: 'THUDM/glm-4-9b-chat, model.safetensors.index.json as in YinghaoHu/LegalHalBench',
    keys: { ...chatglm, num_layers: 40, padded_vocab_size: 151552 },
    totalBytes: 18_799_902_784,
  },
  {
    name: 'Baichuan-13B-Chat',
    source: 'baichuan-inc/Baichuan-13B-Chat, pytorch_model.bin.index.json as in Mrgengli/baichuan_python',
    keys: { ...baichuan13, vocab_size: 64000 },
    totalBytes: 26_529_802_240,
  },
  {
    name: 'Baichuan2-13B-Chat',
    source: 'baichuan-inc/Baichuan2-13B-Chat, pytorch_model.bin.index.json as in jrd77/Baichuan2-13B-Chat',
    keys: { ...baichuan13, vocab_size: 125696 },
    totalBytes: 27_793_336_320,
    tensors: [
      ['model.embed_tokens.weight', [125696, 5120], 1],
      ['model.layers.{n}.input_layernorm.weight', [5120], 40],
      ['model.layers.{n}.self_attn.W_pack.weight', [15360, 5120], 40],
      ['model.layers.{n}.self_attn.o_proj.weight', [5120, 5120], 40],
      ['model.layers.{n}.post_attention_layernorm.weight', [5120], 40],
      ['model.layers.{n}.mlp.gate_proj.weight', [13696, 5120], 40],
      ['model.layers.{n}.mlp.up_proj.weight', [13696, 5120], 40],
      ['model.layers.{n}.mlp.down_proj.weight', [5120, 13696], 40],
      ['model.norm.weight', [5120], 1],
      ['lm_head.weight', [125696, 5120], 1],
    ],
  },
  {
    name: 'Baichuan2-7B',
    source: 'names and shapes of a checkpoint of baichuan-inc/Baichuan2-7B, listed by one of its readers',
    keys: {
      ...{ ...seven, model_type: 'baichuan', architectures: ['BaichuanForCausalLM'] },
      ...{ intermediate_size: 11008, max_position_embeddings: 4096, vocab_size: 125696, z_loss_weight: 0 },
    },
    tensors: [
      ['model.embed_tokens.weight', [125696, 4096], 1],
      ['model.layers.{n}.self_attn.W_pack.weight', [12288, 4096], 32],
      ['model.layers.{n}.self_attn.o_proj.weight', [4096, 4096], 32],
      ['model.layers.{n}.mlp.gate_proj.weight', [11008, 4096], 32],
      ['model.layers.{n}.mlp.down_proj.weight', [4096, 11008], 32],
      ['model.layers.{n}.mlp.up_proj.weight', [11008, 4096], 32],
      ['model.layers.{n}.input_layernorm.weight', [4096], 32],
      ['model.layers.{n}.post_attention_layernorm.weight', [4096], 32],
      ['model.norm.weight', [4096], 1],
      ['lm_head.weight', [125696, 4096], 1],
    ],
  },
  {
    name: 'InternLM-Chat-7B',
    source: 'internlm/internlm-chat-7b, pytorch_model.bin.index.json as in wangyantong2000/MLLM',
    keys: {
      ...{ ...seven, model_type: 'internlm', architectures: ['InternLMForCausalLM'] },
      ...{ bias: true, intermediate_size: 11008, vocab_size: 103168 },
    },
    totalBytes: 14_643_904_512,
  },
  {
    name: 'InternLM-20B',
    source: 'internlm/internlm-20b, pytorch_model.bin.index.json as in yangulei/internlm-20b (without rotary frequencies)',
    keys: {
      ...{ model_type: 'internlm', architectures: ['InternLMForCausalLM'], bias: false, rotary: { base: 10000, type: 'dynamic' } },
      ...{ hidden_size: 5120, intermediate_size: 13824, num_attention_heads: 40, num_hidden_layers: 60, vocab_size: 103168 },
      torch_dtype: 'bfloat16',
    },
    totalBytes: 40_177_428_480,
  },
  {
    name: 'InternLM2-Chat-7B',
    source: 'internlm/internlm2-chat-7b, model.safetensors.index.json as in NanSang2000/S1mpleAgent',
    keys: {
      ...{ ...seven, model_type: 'internlm2', architectures: ['InternLM2ForCausalLM'] },
      ...{ bias: false, intermediate_size: 14336, num_key_value_heads: 8, vocab_size: 92544 },
    },
    totalBytes: 15_475_417_088,
    tensors: [
      ['model.tok_embeddings.weight', [92544, 4096], 1],
      ['model.layers.{n}.attention.wqkv.weight', [6144, 4096], 32],
      ['model.layers.{n}.attention.wo.weight', [4096, 4096], 32],
      ['model.layers.{n}.feed_forward.w1.weight', [14336, 4096], 32],
      ['model.layers.{n}.feed_forward.w3.weight', [14336, 4096], 32],
      ['model.layers.{n}.feed_forward.w2.weight', [4096, 14336], 32],
      ['model.layers.{n}.attention_norm.weight', [4096], 32],
      ['model.layers.{n}.ffn_norm.weight', [4096], 32],
      ['model.norm.weight', [4096], 1],
      ['output.weight', [92544, 4096], 1],
    ],
  },
  {
    name: 'Qwen-7B',
    source: 'Qwen/Qwen-7B, model.safetensors.index.json as in zhangningboo/Qwen-7B',
    keys: {
      ...{ ...seven, model_type: 'qwen', architectures: ['QWenLMHeadModel'] },
      ...{ intermediate_size: 22016, kv_channels: 128, no_bias: true, vocab_size: 151936 },
    },
    totalBytes: 15_442_649_088,
  },
  {
    name: 'Qwen-7B under the names of its first config',
    source: 'Qwen/Qwen-7B-Chat as first published, the same total',
    keys: {
      ...{ model_type: 'qwen', architectures: ['QWenLMHeadModel'], n_embd: 4096, n_head: 32, n_layer: 32, n_positions: 6144 },
      ...{ ffn_hidden_size: 22016, kv_channels: 128, no_bias: true, padded_vocab_size: 151936, vocab_size: 151936 },
    },
    totalBytes: 15_442_649_088,
  },
  {
    name: 'BlueLM-7B-Chat',
    source: 'modules of vivo-ai/BlueLM-7B-Chat, printed by one of its readers (blog of Limour, 2024-02-04)',
    keys: {
      ...{ ...seven, model_type: 'BlueLM', architectures: ['BlueLMForCausalLM'] },
      ...{ intermediate_size: 11008, use_stable_embedding: true, vocab_size: 100096 },
    },
    tensors: [
      ['model.embed_tokens.weight', [100096, 4096], 1],
      ['model.embed_layer_norm.weight', [4096], 1],
      ['model.embed_layer_norm.bias', [4096], 1],
      ['model.layers.{n}.self_attn.q_proj.weight', [4096, 4096], 32],
      ['model.layers.{n}.self_attn.k_proj.weight', [4096, 4096], 32],
      ['model.layers.{n}.self_attn.v_proj.weight', [4096, 4096], 32],
      ['model.layers.{n}.self_attn.o_proj.weight', [4096, 4096], 32],
      ['model.layers.{n}.mlp.gate_proj.weight', [11008, 4096], 32],
      ['model.layers.{n}.mlp.down_proj.weight', [4096, 11008], 32],
      ['model.layers.{n}.mlp.up_proj.weight', [11008, 4096], 32],
      ['model.layers.{n}.input_layernorm.weight', [4096], 32],
      ['model.layers.{n}.post_attention_layernorm.weight', [4096], 32],
      ['model.norm.weight', [4096], 1],
      ['lm_head.weight', [100096, 4096], 1],
    ],
  },
  {
    name: 'DBRX Instruct',
    source: "databricks/dbrx-instruct, llama.cpp's tensor list (ggml-org/llama.cpp pull request 6515)",
    keys: {
      ...{ model_type: 'dbrx', architectures: ['DbrxForCausalLM'], d_model: 6144, n_heads: 48, n_layers: 40, max_seq_len: 32768 },
      ...{ vocab_size: 100352, attn_config: { kv_n_heads: 8, clip_qkv: 8, rope_theta: 500000 }, torch_dtype: 'bfloat16' },
      ffn_config: { ffn_hidden_size: 10752, moe_num_experts: 16, moe_top_k: 4 },
    },
    parameters: 131_596_523_520,
  },
  {
    name: 'MiMo-7B',
    source: 'XiaomiMiMo/MiMo-7B-Base, model.safetensors.index.json as in jj8127/mimo_kor',
    keys: {
      ...{ model_type: 'mimo', architectures: ['MiMoForCausalLM'], attention_bias: true, head_dim: 128, hidden_size: 4096 },
      ...{ intermediate_size: 11008, max_position_embeddings: 32768, num_attention_heads: 32, num_hidden_layers: 36 },
      ...{ num_key_value_heads: 8, num_nextn_predict_layers: 1, vocab_size: 151680, torch_dtype: 'bfloat16' },
    },
    totalBytes: 15_666_819_072,
    parameters: 7_833_409_536,
  },
];
