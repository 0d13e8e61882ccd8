import { embedding, linear, lmHead, rmsNorm } from './blocks';
import { labelled, module, type Parts, type Stack } from './tree';

export interface NextTokenLayers {
  /** Number of the first of them: they follow the model's own layers. */
  readonly first: number;
  readonly count: number;
  readonly hidden: number;
  /** The vocabulary, where the files hold the embedding and the head a second time; null where they do not. */
  readonly copiedVocabulary: number | null;
  /** The decoder layer inside. */
  layer(): Parts;
}

/**
 * Layers that predict further tokens, as DeepSeek-V3 stores them: the hidden state and the next token's embedding, each
 * normed, are projected from twice the width to one, and pass through one more decoder layer.
 * deepseek-ai/DeepSeek-V3 README_WEIGHTS.md, "Multi-Token Prediction (MTP) Modules"; arXiv 2412.19437, section 2.2.
 */
export function nextTokenLayers({ first, count, hidden, copiedVocabulary, layer }: NextTokenLayers): Stack {
  if (count === 0) return { sorts: [] };
  const copied = (part: (vocabulary: number) => Parts[string]) => copiedVocabulary !== null && part(copiedVocabulary);
  const part = module({
    embed_tokens: copied((vocabulary) => embedding(vocabulary, hidden)),
    enorm: rmsNorm(hidden),
    hnorm: rmsNorm(hidden),
    // Publishers leave it alone as they do the projectors of towers: BF16 in DeepSeek-V3's files.
    eh_proj: labelled('projector', linear(2 * hidden, hidden)),
    ...layer(),
    shared_head: { norm: rmsNorm(hidden), head: copied((vocabulary) => lmHead(hidden, vocabulary, false)) },
  });
  return { sorts: [{ copies: count, indices: Array.from({ length: count }, (_, at) => first + at), part }] };
}
