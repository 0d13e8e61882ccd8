import type { EditablePart } from '../../engine/index';
import type { Translate } from './translate';

/** Parts of a model whose place on the keep list can be changed, by name. */
export function partNames(t: Translate): Readonly<Record<EditablePart, string>> {
  return {
    attention: t('attention'),
    mlp: t('MLP'),
    experts: t('routed experts'),
    router: t('router'),
    embedding: t('embedding'),
    head: t('head'),
    towers: t('vision and audio towers'),
  };
}
