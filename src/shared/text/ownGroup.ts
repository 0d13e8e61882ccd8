import { askGroup, nameWithGroup, presetModelOf, refusals, type Analysis, type NumberStyle, type Preset } from '../../engine/index';
import { otherGroups } from '../whatIf';
import { refusalText, refusedGroupText } from './refusals';
import type { Translate } from './translate';

/** What comes of a size of a group that somebody has typed: a preset, with what speaks against it, or why there is none. */
export type OwnGroup = { readonly preset: Preset; readonly warning?: string } | { readonly problem: string };

/** A size that a person has typed, on a preset's format: whether its writer takes it, and whether it divides the model's rows. */
export function ownGroup(preset: Preset, typed: string, analysis: Analysis, t: Translate, style: NumberStyle): OwnGroup {
  const size = Number(typed);
  if (!/^\d{1,7}$/.test(typed.trim()) || size < 1) return { problem: t('A whole number from 1 up') };
  const own = presetWith(preset, size);
  if (own.kind === 'refused') return { problem: refusedGroupText(own.refused, t, style) };
  const splits = refusals(own.preset, presetModelOf(analysis)).find(({ code }) => code === 'group-splits-row');
  return { preset: own.preset, ...(splits && { warning: refusalText(splits, t, style) }) };
}

/** The preset with a size: bitsandbytes' own block has no number in its name. */
function presetWith(preset: Preset, size: number): NonNullable<ReturnType<typeof askGroup>> {
  const known = otherGroups(preset).find(({ groupSize }) => groupSize === size);
  if (known) return { kind: 'preset', preset: known };
  const rule = preset.groups ?? { sizes: [], source: preset.evidence.source };
  return askGroup(nameWithGroup(preset, size) ?? '') ?? { kind: 'refused', refused: { preset, size, rule } };
}
