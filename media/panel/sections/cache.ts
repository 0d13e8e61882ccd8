import type { CacheView } from '../../../src/shared/panel/snapshot';
import { shareBar } from '../charts/shareBar';
import { figureButton } from '../disclosure';
import { h, type Child } from '../dom';
import { t } from '../texts';

/** How the cache of one sequence grows, measured against the weights. */
export function drawCache({ perToken, state, dtype, rows }: CacheView): readonly Child[] {
  const each = figureButton('per-token', perToken, 'figure strong');
  const fixed = state && figureButton('state', state, 'figure strong');
  const most = Math.max(1, ...rows.map(({ ofWeights }) => ofWeights));
  const body = rows.flatMap(({ tokens, chosen, figure, ofWeights, ofWeightsText }) => {
    const { button, detail } = figureButton(`cache-${tokens}`, figure);
    return [
      h(
        'tr',
        { class: chosen && 'chosen', 'aria-current': chosen && 'true' },
        h('th', { scope: 'row', class: 'number' }, tokens),
        h('td', { class: 'number' }, button),
        h('td', { class: 'bar' }, shareBar(ofWeights / most, 'fill-cache', 1 / most)),
        h('td', { class: 'number' }, ofWeightsText),
      ),
      h('tr', { class: 'details' }, h('td', { colspan: 4 }, detail)),
    ];
  });
  return [
    h(
      'p',
      {},
      each.button,
      ` ${t('per token and sequence')} · ${dtype}`,
      fixed && h('span', {}, ' · ', fixed.button, ` ${t('that does not grow')}`),
    ),
    each.detail,
    fixed?.detail,
    rows.length > 0 &&
      h(
        'table',
        { class: 'growth' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col', class: 'number' }, t('Tokens')),
            h('th', { scope: 'col', class: 'number' }, t('Cache')),
            h('th', { scope: 'col', colspan: 2, class: 'number' }, t('of the weights')),
          ),
        ),
        h('tbody', {}, ...body),
      ),
    rows.length > 0 && h('p', { class: 'quiet' }, t('The mark stands where the cache is as large as the weights.')),
  ];
}
