import { splitsWidthEvenly } from './referenceTypes';
import { notDivisible, type Rule } from './rule';

/** The hidden size must be a multiple of the heads where the reference splits the one over the other. */
export const widthOverHeads: Rule = ({ parts }) =>
  parts.flatMap(({ type, section }) => {
    if (!splitsWidthEvenly.has(type)) return [];
    const width = section.value('hiddenSize');
    return (['encoder', 'decoder'] as const).flatMap((side) => {
      const heads = section.value('heads', side);
      if (width === undefined || heads === undefined || heads < 1) return [];
      return notDivisible(
        section,
        { meaning: 'hiddenSize', name: 'hidden_size', value: width },
        { meaning: 'heads', side, name: 'num_attention_heads', value: heads },
      );
    });
  });
