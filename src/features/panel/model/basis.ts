import type { Basis } from '../../../engine/index';
import { reasonText } from '../../../shared/text/reasons';
import type { Translate } from '../../../shared/text/translate';

/** "exact", "by rule", "approximate". */
export const basisWord = ({ kind }: Basis, t: Translate): string =>
  kind === 'exact' ? t('exact') : kind === 'rule' ? t('by rule') : t('approximate');

/** What stands behind a basis, a sentence per reason. */
export const basisNotes = (basis: Basis, t: Translate): readonly string[] => basis.reasons.map((reason) => reasonText(reason, t));

/** The sign before a figure that is an estimate. */
export const about = ({ kind }: Basis, text: string): string => (kind === 'approximate' ? `≈${text}` : text);
