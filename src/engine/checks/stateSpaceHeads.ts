import type { Section } from '../insights/sections';
import { keyFor, notDivisible, placeOf, type Rule } from './rule';

/**
 * The heads of a Mamba-2 layer fill its inner width, and are shared out evenly among groups (transformers
 * configuration_mamba2.py and configuration_falcon_h1.py, validate_architecture; Mamba2Mixer repeats the groups).
 */
export const stateSpaceHeads: Rule = ({ parts }) =>
  parts.flatMap(({ type, section }) => {
    if (type !== 'mamba2' && type !== 'falcon_h1') return [];
    const [heads, groups] = [section.value('ssmHeads'), section.value('ssmGroups')];
    const evenly =
      heads === undefined || groups === undefined || groups < 1
        ? []
        : notDivisible(
            section,
            { meaning: 'ssmHeads', name: 'num_heads', value: heads },
            { meaning: 'ssmGroups', name: 'n_groups', value: groups },
          );
    return [...filled(section), ...evenly];
  });

function filled(section: Section) {
  const [heads, width, expansion, hidden] = [
    section.value('ssmHeads'),
    section.value('ssmHeadDim'),
    section.value('ssmExpansion'),
    section.value('hiddenSize'),
  ];
  const inner = section.value('ssmWidth') ?? (expansion === undefined || hidden === undefined ? undefined : expansion * hidden);
  if (heads === undefined || width === undefined || inner === undefined || heads * width === inner) return [];
  const path = placeOf(section, keyFor(section, 'ssmHeads'), keyFor(section, 'ssmHeadDim'), keyFor(section, 'ssmExpansion'));
  return [{ code: 'state-heads-width', severity: 'error', path, values: { heads, width, inner } } as const];
}
