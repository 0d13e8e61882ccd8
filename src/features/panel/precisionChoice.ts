import { isPrecision, type Analysis, type Precision } from '../../engine/index';
import type { Settings } from '../../host/settings';

/** The precisions to list and the chosen one. The file's own takes the place of its preset; a quantized file leads the list. */
export function precisionChoice(
  settings: Pick<Settings, 'precision' | 'precisions'>,
  { checkpoint }: Pick<Analysis, 'checkpoint'>,
): { readonly precisions: readonly Precision[]; readonly precision: Precision } {
  const own = (name: Precision): Precision => (name === checkpoint.scheme ? 'checkpoint' : name);
  const precision = own(isPrecision(settings.precision) ? settings.precision : 'checkpoint');
  const listed = settings.precisions.filter(isPrecision).map(own);
  const leads = checkpoint.extras.quantizedParameters > 0 || !listed.includes('checkpoint');
  const precisions = new Set<Precision>(leads ? ['checkpoint', ...listed] : listed);
  return { precisions: [...precisions.add(precision)], precision };
}
