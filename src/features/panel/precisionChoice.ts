import { isPrecision, type Analysis, type Precision } from '../../engine/index';
import type { Settings } from '../../host/settings';

/** The precisions to list and the chosen one: the file's own stands first, or in place of the equal preset when it is plain. */
export function precisionChoice(
  settings: Pick<Settings, 'precision' | 'precisions'>,
  { checkpoint }: Pick<Analysis, 'checkpoint'>,
): { readonly precisions: readonly Precision[]; readonly precision: Precision } {
  const plain = checkpoint.extras.quantizedParameters === 0;
  const own = (name: Precision): Precision => (plain && name === checkpoint.scheme ? 'checkpoint' : name);
  const precision = own(isPrecision(settings.precision) ? settings.precision : 'checkpoint');
  const listed = settings.precisions.filter(isPrecision).map(own);
  const precisions = new Set<Precision>(listed.includes('checkpoint') ? listed : ['checkpoint', ...listed]);
  return { precisions: [...precisions.add(precision)], precision };
}
