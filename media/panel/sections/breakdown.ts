import type { BreakdownRow } from '../../../src/shared/panel/snapshot';
import { shareBar } from '../charts/shareBar';
import { figureButton } from '../disclosure';
import { h, type Child } from '../dom';
import { t } from '../texts';

/** Parameters by component. */
export function drawBreakdown(rows: readonly BreakdownRow[]): readonly Child[] {
  const head = h(
    'tr',
    {},
    h('th', { scope: 'col' }, t('Component')),
    h('th', { scope: 'col', class: 'number' }, t('Parameters')),
    h('th', { scope: 'col', class: 'number' }, t('Share')),
    h('td', { class: 'bar' }),
  );
  const body = rows.flatMap(({ name, share, shareText, count }) => {
    const { button, detail } = figureButton(`component-${name}`, count);
    return [
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, name),
        h('td', { class: 'number' }, button),
        h('td', { class: 'number' }, shareText),
        h('td', { class: 'bar' }, shareBar(share, 'fill-weights')),
      ),
      h('tr', { class: 'details' }, h('td', { colspan: 4 }, detail)),
    ];
  });
  return [h('table', {}, h('thead', {}, head), h('tbody', {}, ...body))];
}
