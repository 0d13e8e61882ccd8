import { notDivisible, type Rule } from './rule';

/** Value heads of a gated delta network are shared out evenly among its key heads (transformers Qwen3NextGatedDeltaNet). */
export const linearAttentionHeads: Rule = ({ parts }) =>
  parts.flatMap(({ type, section }) => {
    const [keys, values] = [section.value('linearKeyHeads'), section.value('linearValueHeads')];
    if (type !== 'qwen3_next' || keys === undefined || values === undefined || keys < 1) return [];
    return notDivisible(
      section,
      { meaning: 'linearValueHeads', name: 'linear_num_value_heads', value: values },
      { meaning: 'linearKeyHeads', name: 'linear_num_key_heads', value: keys },
    );
  });
