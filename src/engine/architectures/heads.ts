import type { Head } from './family';
import { lmHead, taskHead } from '../modules/blocks';
import type { Parts } from '../modules/tree';

interface HeadKeys {
  readonly hidden_size: number;
  readonly vocab_size: number;
  readonly tie_word_embeddings: boolean;
}

/** Labels of a classifier; `buildModel` reads them from id2label or num_labels. */
export const labelsOf = (config: object): number => (config as { readonly labels?: number }).labels ?? 2;

/** The bare model: the body without a prefix. */
export const bareModel = (_config: object, body: Parts): Parts => body;

/** Start and end of an answer. Several classes keep their base model under another name here than elsewhere: `transformer`. */
export const questionAnswering =
  (base: string) =>
  (c: Pick<HeadKeys, 'hidden_size'>, body: Parts): Parts => ({ [base]: body, qa_outputs: taskHead(c.hidden_size, 2) });

/** Token labels in the classes written before the shared ones: `classifier`. */
export const tokenClassification =
  (base: string) =>
  (c: Pick<HeadKeys, 'hidden_size'>, body: Parts): Parts => ({ [base]: body, classifier: taskHead(c.hidden_size, labelsOf(c)) });

/** The heads that every decoder of transformers shares (modeling_layers.py, GenericFor…). Base model under `base`; `headBias` may be a key's. */
export function decoderHeads(base = 'model', embedding = 'embed_tokens', headBias: boolean | ((config: never) => boolean) = false) {
  const biased = (c: HeadKeys): boolean => (typeof headBias === 'boolean' ? headBias : headBias(c as never));
  return {
    ForCausalLM: (c: HeadKeys, body) => ({
      [base]: body,
      lm_head: lmHead(c.hidden_size, c.vocab_size, c.tie_word_embeddings && `${base}.${embedding}.weight`, biased(c)),
    }),
    ForSequenceClassification: (c: HeadKeys, body) => ({ [base]: body, score: taskHead(c.hidden_size, labelsOf(c), false) }),
    ForTokenClassification: (c: HeadKeys, body) => ({ [base]: body, score: taskHead(c.hidden_size, labelsOf(c)) }),
    ForQuestionAnswering: questionAnswering(base),
    Model: bareModel,
  } satisfies Record<string, Head<never>>;
}

type OverWidth<K extends string, H> = {
  readonly [S in keyof H]: H[S] extends (c: infer C, body: Parts) => Parts
    ? (c: Omit<C, 'hidden_size'> & Readonly<Record<K, number>>, body: Parts) => Parts
    : never;
};

/** The same heads for a family whose width, as its heads see it, goes by another key than hidden_size. */
export function headsOverWidth<const K extends string, H extends Readonly<Record<string, (c: never, body: Parts) => Parts>>>(
  key: K,
  heads: H,
): OverWidth<K, H> {
  const over = Object.entries(heads).map(([suffix, head]) => [
    suffix,
    (c: Readonly<Record<K, number>>, body: Parts) => head({ ...c, hidden_size: c[key] } as never, body),
  ]);
  return Object.fromEntries(over) as OverWidth<K, H>;
}
