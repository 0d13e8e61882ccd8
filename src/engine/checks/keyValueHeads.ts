import { notDivisible, type Rule } from './rule';

/** Query heads are shared out evenly among key/value heads: every attention that keeps fewer of these repeats them. */
export const keyValueHeads: Rule = ({ analysis, parts }) => {
  const section = (parts.find((part) => part.section.kind === 'text') ?? parts[0])?.section;
  const heads = section?.value('heads', 'decoder');
  if (!section || heads === undefined) return [];
  return analysis.inventory.states.flatMap(({ state }) => {
    if ((state.kind !== 'attention' && state.kind !== 'sliding') || state.heads === undefined || state.heads < 1) return [];
    return notDivisible(
      section,
      { meaning: 'heads', side: 'decoder', name: 'num_attention_heads', value: heads },
      { meaning: 'kvHeads', name: 'num_key_value_heads', value: state.heads },
    );
  });
};
