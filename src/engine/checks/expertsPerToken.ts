import { keyFor, placeOf, type Rule } from './rule';

/** A router cannot choose more experts than there are (torch.topk). */
export const expertsPerToken: Rule = ({ analysis, parts }) =>
  (analysis.parameters.byComponent.experts ?? 0) === 0
    ? []
    : parts.flatMap(({ section }) => {
        const [used, experts] = [section.value('expertsPerToken'), section.value('experts')];
        if (used === undefined || experts === undefined || used <= experts) return [];
        const path = placeOf(section, keyFor(section, 'expertsPerToken'), keyFor(section, 'experts'));
        return [{ code: 'experts-per-token', severity: 'error', path, values: { used, experts } } as const];
      });
