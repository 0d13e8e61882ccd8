import type { Analysis } from '../analysis';
import type { Finding } from '../findings';
import { modelParts } from '../insights/sections';
import { expertGroups } from './expertGroups';
import { expertsPerToken } from './expertsPerToken';
import { float32Weights } from './float32Weights';
import { keyValueHeads } from './keyValueHeads';
import { linearAttentionHeads } from './linearAttentionHeads';
import { paddingToken } from './paddingToken';
import { positions } from './positions';
import { rotaryWidth } from './rotaryWidth';
import type { Check, Rule } from './rule';
import { stateSpaceHeads } from './stateSpaceHeads';
import { widthOverHeads } from './widthOverHeads';

/** Errors that keep the reference from building or running the model. */
const fatal: readonly Rule[] = [
  widthOverHeads,
  keyValueHeads,
  rotaryWidth,
  expertsPerToken,
  expertGroups,
  stateSpaceHeads,
  linearAttentionHeads,
  paddingToken,
  positions,
];

/**
 * What is wrong or surprising with a config whose every value reads well by itself. An error only for what the reference
 * refuses or cannot run; of a model type that is estimated, whose rules are not known, no errors.
 */
export function runChecks(analysis: Analysis): readonly Finding[] {
  const check: Check = { analysis, parts: modelParts(analysis) };
  const known = analysis.model.family.basis?.kind !== 'approximate';
  return [...(known ? fatal : []), float32Weights].flatMap((rule) => rule(check));
}
