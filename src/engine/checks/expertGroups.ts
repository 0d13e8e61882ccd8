import { groupsExperts } from './referenceTypes';
import { notDivisible, type Rule } from './rule';

/** Experts chosen by group first stand in groups of equal size. */
export const expertGroups: Rule = ({ parts }) =>
  parts.flatMap(({ type, section }) => {
    const grouped = groupsExperts.has(type) || (type === 'deepseek_v2' && section.written['topk_method'] === 'group_limited_greedy');
    const experts = section.value('experts');
    const groups = section.written['n_group'];
    if (!grouped || experts === undefined || typeof groups !== 'number' || !Number.isInteger(groups) || groups < 1) return [];
    return notDivisible(section, { meaning: 'experts', name: 'n_routed_experts', value: experts }, { name: 'n_group', value: groups });
  });
