import type { Analysis } from '../../analysis';
import { exact, type Basis } from '../../basis';
import { isObject } from '../../config/json';
import type { Activation } from './blocks/feedForward';
import type { NormKind } from './blocks/norms';
import type { Turn } from './blocks/rotation';
import type { Scoring } from './blocks/router';
import type { Order } from './layers';

/** Keys of a config as its family reads them. */
export type Config = Readonly<Record<string, unknown>>;

/** A key of the config, and what stands where a file leaves it out. */
export interface Share {
  readonly key: string;
  readonly otherwise: number;
}

/** What the code of a model type does that its tensors do not tell (transformers 5.23, models/<type>/modeling_<type>.py). */
export interface Traits {
  readonly norm: NormKind;
  readonly order: Order;
  readonly activation: Activation;
  /** Share of a head that is rotated, or the key of the config that says it; and how. */
  readonly rotation: 'whole' | 'none' | Share;
  readonly turn: Turn;
  /** Parts of a head that is rotated in part keep their names (Phi, StableLM). */
  readonly lastingTurn?: true;
  /** Elements of the table of cosines beside those that are rotated (gpt-oss: half of them). */
  readonly tableShare?: number;
  /** The norm of queries and keys, where it is another than the layer's. */
  readonly headNorm?: NormKind;
  /** The embedding is multiplied by a number, in its own module or after it. */
  readonly scalesEmbedding?: 'inside' | 'after';
  /** Logits are multiplied by a number (Cohere, Granite). */
  readonly scalesLogits?: true;
  /** What goes into the head is brought to its type, and logits to 32 bits (Mamba). */
  readonly widensLogits?: true;
  /** The step of a selective scan and what writes and reads its state are normalized, without weights (Falcon-Mamba). */
  readonly normsSelection?: true;
  /** What goes into the head is divided by a number (MiniCPM3). */
  readonly scalesHidden?: true;
  /** Queries have a part beside them that multiplies what attention makes (Qwen3-Next). */
  readonly gatesAttention?: true;
  /** Scores and logits are capped: attention is written out whatever is asked for. */
  readonly softcap?: true;
  /** Softmax of attention at the type of the scores. */
  readonly narrowSoftmax?: true;
  /** Dropout that the type trains with. */
  readonly dropouts?: { readonly attention?: Share; readonly hidden?: Share; readonly embedding?: Share; readonly inAttention?: true };
  readonly scoring?: Scoring;
  /** Weights of chosen experts go back to the type of the router's output. */
  readonly scoresNarrow?: true;
  /** Weights of chosen experts are divided by their sum, where `norm_topk_prob` does not say otherwise. */
  readonly normsScores?: true;
  /** Multiplies what each part adds by a number (Granite). */
  readonly scalesResidual?: true;
  /** Not followed step by step: what is here is what its tensors and its nearest kin say. */
  readonly near?: true;
  /** Scores are made at 32 bits whatever is asked for (GPT-J, GPT-Neo). */
  readonly wideScores?: true;
  /** Key of the config by which keys and values are copied to every head (Falcon). */
  readonly copiesHeads?: string;
  /** Scores are scaled in place, and a sum is made in place. */
  readonly scalesInPlace?: true;
  /** The layer's input comes first in its last sum (Cohere). */
  readonly inputFirst?: true;
  /** Cosines are made for every sequence (Qwen3.5), not once for all. */
  readonly tablesOf?: 'sequences';
  /** Layers with a window rotate by a table of their own (Gemma 3). */
  readonly localTable?: true;
  /** Learned positions are looked up for every sequence (OPT), not once for all. */
  readonly positionsOf?: 'sequences';
  /** All layers share one mask, where other types make one of all tokens beside that of a window. */
  readonly oneMask?: true;
  /** A mask of a window is made even where no layer has one. */
  readonly idleMask?: true;
  /** The loop over layers names the scores of a layer until the next one has run (Bamba). */
  readonly scoresOutlast?: true;
  /** Keys, and the first and last matrix of a network, are multiplied by numbers (Falcon-H1). */
  readonly scalesParts?: true;
  /** Layers without rotation, where the config names them by `no_rope_layers`, or those without a window (Cohere 2, EXAONE 4). */
  readonly unrotated?: 'no_rope_layers' | 'full' | 'position_embedding_type';
}

const dropout = (key: string, otherwise = 0): Share => ({ key, otherwise });

const llama: Traits = { norm: 'rms', order: 'sequential', activation: 'input', rotation: 'whole', turn: 'half' };
/** One window for all layers, or none. */
const mistral: Traits = { ...llama, oneMask: true };
const gemma: Traits = { ...llama, norm: 'rms-offset', scalesEmbedding: 'inside' };
const layer: Traits = { ...llama, norm: 'layer' };
const olmo: Traits = { ...llama, turn: 'wide-table' };
const cohere: Traits = {
  ...llama,
  norm: 'layer-wide',
  order: 'shared',
  turn: 'wide',
  inputFirst: true,
  scalesLogits: true,
};
const glm: Traits = { ...llama, turn: 'paired', rotation: { key: 'partial_rotary_factor', otherwise: 0.5 } };
const granite: Traits = { ...llama, scalesEmbedding: 'after', scalesResidual: true, scalesLogits: true };
const qwenNext: Traits = {
  ...llama,
  norm: 'rms-offset',
  rotation: { key: 'partial_rotary_factor', otherwise: 0.25 },
  gatesAttention: true,
};
const mamba: Traits = { ...llama, order: 'single', widensLogits: true };
const gpt: Traits = {
  ...layer,
  order: 'keeping',
  activation: 'gelu_new',
  rotation: 'none',
};

const traitsOf: Readonly<Record<string, Traits>> = {
  llama,
  mistral,
  mixtral: { ...mistral, normsScores: true },
  qwen2: llama,
  qwen2_moe: { ...llama, scoresNarrow: true, idleMask: true },
  qwen3: llama,
  qwen3_moe: { ...mistral, scoresNarrow: true },
  qwen3_next: { ...qwenNext, scoresNarrow: true, normsScores: true },
  qwen3_5_text: { ...qwenNext, tablesOf: 'sequences' },
  qwen3_5_moe_text: { ...qwenNext, tablesOf: 'sequences', scoresNarrow: true, normsScores: true },
  mamba,
  falcon_mamba: { ...mamba, normsSelection: true },
  mamba2: mamba,
  jamba: { ...mistral, rotation: 'none' },
  bamba: { ...llama, rotation: { key: 'partial_rotary_factor', otherwise: 0.5 }, scoresOutlast: true },
  falcon_h1: { ...llama, scalesEmbedding: 'after', scalesLogits: true, scalesParts: true },
  granitemoehybrid: { ...granite, scoring: 'wide', unrotated: 'position_embedding_type' },
  smollm3: { ...llama, unrotated: 'no_rope_layers' },
  olmo: { ...olmo, norm: 'layer-plain' },
  olmo2: { ...olmo, norm: 'rms-wide' },
  olmo3: { ...olmo, norm: 'rms-wide', localTable: true },
  exaone4: { ...llama, unrotated: 'full' },
  lfm2: { ...llama, order: 'nested' },
  phi3: { ...mistral, rotation: { key: 'partial_rotary_factor', otherwise: 1 } },
  gemma,
  gemma2: { ...gemma, softcap: true },
  gemma3_text: { ...gemma, localTable: true },
  cohere,
  cohere2: { ...cohere, unrotated: 'full' },
  glm,
  glm4: glm,
  glm4_moe: { ...llama, rotation: { key: 'partial_rotary_factor', otherwise: 0.5 }, scoring: 'sigmoid' },
  starcoder2: {
    ...layer,
    oneMask: true,
    dropouts: {
      attention: dropout('attention_dropout'),
      hidden: dropout('residual_dropout'),
      embedding: dropout('embedding_dropout'),
      inAttention: true,
    },
  },
  stablelm: {
    ...layer,
    order: 'lasting',
    rotation: { key: 'partial_rotary_factor', otherwise: 0.25 },
    lastingTurn: true,
    dropouts: { attention: dropout('attention_dropout') },
  },
  nemotron: {
    ...llama,
    norm: 'layer-offset',
    activation: 'relu2',
    rotation: { key: 'partial_rotary_factor', otherwise: 0.5 },
  },
  deepseek_v2: { ...llama, turn: 'complex', scoring: 'wide-softmax' },
  deepseek_v3: { ...llama, turn: 'halves', scoring: 'sigmoid' },
  minicpm3: { ...llama, scalesEmbedding: 'inside', scalesResidual: true, scalesHidden: true },
  granite,
  granitemoe: { ...granite, scoring: 'wide' },
  gpt_oss: { ...llama, norm: 'rms-wide', turn: 'halves', tableShare: 0.5, scoring: 'chosen' },
  phi: {
    ...layer,
    order: 'shared',
    activation: 'gelu_new',
    rotation: { key: 'partial_rotary_factor', otherwise: 0.5 },
    lastingTurn: true,
    dropouts: { attention: dropout('attention_dropout'), hidden: dropout('resid_pdrop'), embedding: dropout('embd_pdrop') },
  },
  // Its own code (modeling_qwen.py of the repositories), which is no class of transformers.
  qwen: { ...llama, near: true, turn: 'wide' },
  falcon: {
    ...layer,
    near: true,
    order: 'into',
    narrowSoftmax: true,
    scalesInPlace: true,
    copiesHeads: 'new_decoder_architecture',
    dropouts: { hidden: dropout('hidden_dropout') },
  },
  gpt_neox: {
    ...layer,
    order: 'parallel',
    rotation: { key: 'rotary_pct', otherwise: 0.25 },
    dropouts: { attention: dropout('attention_dropout'), hidden: dropout('hidden_dropout') },
  },
  gpt2: {
    ...gpt,
    narrowSoftmax: true,
    dropouts: {
      attention: dropout('attn_pdrop', 0.1),
      hidden: dropout('resid_pdrop', 0.1),
      embedding: dropout('embd_pdrop', 0.1),
      inAttention: true,
    },
  },
  gptj: {
    ...gpt,
    near: true,
    order: 'shared',
    wideScores: true,
    rotation: { key: 'partial_rotary_factor', otherwise: 0.25 },
    turn: 'paired',
    lastingTurn: true,
  },
  gpt_neo: { ...gpt, near: true, wideScores: true },
  bloom: { ...gpt, near: true, order: 'sequential' },
  mpt: { ...gpt, near: true, activation: 'input', order: 'sequential' },
  opt: {
    ...layer,
    order: 'inline',
    positionsOf: 'sequences',
    activation: 'output',
    rotation: 'none',
    dropouts: { attention: dropout('attention_dropout'), hidden: dropout('dropout', 0.1) },
  },
};

/** Types of the part that generates text, where a composite's own section does not name one. */
const textTypes: Readonly<Record<string, string>> = {
  gemma3: 'gemma3_text',
  llava: 'llama',
  qwen2_vl: 'qwen2',
  qwen2_5_vl: 'qwen2',
};

const oneKernel: ReadonlySet<unknown> = new Set(['gelu', 'gelu_pytorch_tanh', 'silu']);

const nearest = (reason: string): Basis => ({ kind: 'approximate', reasons: [reason] });

/** The part of a model that a pass of text runs through: its traits, its config, and how well both are known. */
export interface TextPart {
  readonly traits: Traits;
  readonly config: Config;
  readonly basis: Basis;
}

/**
 * The text part of a model. Of a type that is not known it runs as the Llama line does, as far as its tree is of that kind; of a
 * composite, as its section's type does alone.
 */
export function textPartOf({ modelType, model, root }: Pick<Analysis, 'modelType' | 'model' | 'root'>): TextPart {
  const section = ['text_config', 'language_config', 'llm_config'].map((key) => root[key]).find(isObject);
  const stated = section?.['model_type'];
  const type = section || textTypes[modelType] ? (typeof stated === 'string' ? stated : (textTypes[modelType] ?? modelType)) : modelType;
  const config = section ? { ...model.config, ...section } : { ...root, ...model.config };
  const known = traitsOf[type];
  // A config may name another function than the type's usual one, which is one kernel where that is written out.
  const kernel = known?.activation === 'gelu_new' && oneKernel.has(root['hidden_act'] ?? root['activation_function']);
  const traits = kernel ? { ...known, activation: 'input' as const } : known;
  if (!traits) return { traits: llama, config, basis: nearest('usual-program') };
  return { traits, config, basis: type !== modelType || traits.near ? nearest('near-program') : exact };
}
