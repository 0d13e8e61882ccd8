import { padsEmbedding } from './referenceTypes';
import { placeOf, type Rule } from './rule';

/** The padding token names a row of the embedding, from the end where it is negative (torch.nn.Embedding). */
export const paddingToken: Rule = ({ parts }) =>
  parts.flatMap(({ type, section }) => {
    const token = section.written['pad_token_id'];
    const vocabulary = section.value('vocabulary');
    if (!padsEmbedding.has(type) || typeof token !== 'number' || vocabulary === undefined) return [];
    if (token < vocabulary && token >= -vocabulary) return [];
    const path = placeOf(section, 'pad_token_id');
    return [{ code: 'padding-outside-vocabulary', severity: 'error', path, values: { token, vocabulary } } as const];
  });
