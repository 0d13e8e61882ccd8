import type { Activation } from './blocks/feedForward';
import type { NormKind } from './blocks/norms';

/** What the code of a model type does that its tensors do not tell (transformers 5.23, models/<type>/modeling_<type>.py). */
export interface Traits {
  readonly norm: NormKind;
  /**
   * Order of a layer: `sequential` norms before each part, `sandwich` norms around each, `post` norms after each, `parallel`
   * runs both parts on the layer's input.
   */
  readonly order: 'sequential' | 'sandwich' | 'post' | 'parallel';
  readonly activation: Activation;
  /** Share of a head that is rotated, or the key that says it. */
  readonly rotation: 'whole' | 'none' | { readonly key: string; readonly otherwise: number };
  /** Queries and keys are normalized as a whole, or head by head (which changes nothing of their size). */
  readonly scalesEmbedding?: true;
  /** Scores and logits are capped: attention is written out whatever is asked for. */
  readonly softcap?: true;
  /** Dropout that the type's default config trains with, by the keys that set it. */
  readonly dropouts?: { readonly attention: string; readonly hidden: string; readonly embedding?: string };
  /** Layers without rotary positions, by number. */
  readonly scoresNarrow?: true;
  /** Multiplies what each part adds by a number (Granite). */
  readonly scalesResidual?: true;
}

const llama: Traits = { norm: 'rms', order: 'sequential', activation: 'input', rotation: 'whole' };
const gemma: Traits = { ...llama, norm: 'rms-offset', scalesEmbedding: true };
const layer: Traits = { ...llama, norm: 'layer' };

export const traitsOf: Readonly<Record<string, Traits>> = {
  llama,
  mistral: llama,
  mixtral: llama,
  qwen2: llama,
  qwen2_moe: { ...llama, scoresNarrow: true },
  qwen3: llama,
  qwen3_moe: { ...llama, scoresNarrow: true },
  smollm3: llama,
  olmo2: { ...llama, norm: 'rms-wide', order: 'post' },
  phi3: { ...llama, rotation: { key: 'partial_rotary_factor', otherwise: 1 } },
  gemma,
  gemma2: { ...gemma, order: 'sandwich', softcap: true },
  gemma3_text: { ...gemma, order: 'sandwich' },
  starcoder2: layer,
  granite: { ...llama, scalesEmbedding: true, scalesResidual: true },
  gpt_neox: {
    ...layer,
    order: 'parallel',
    rotation: { key: 'rotary_pct', otherwise: 0.25 },
    dropouts: { attention: 'attention_dropout', hidden: 'hidden_dropout' },
  },
  gpt2: {
    ...layer,
    activation: 'gelu_new',
    rotation: 'none',
    dropouts: { attention: 'attn_pdrop', hidden: 'resid_pdrop', embedding: 'embd_pdrop' },
  },
};
