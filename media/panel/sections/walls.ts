import type { Wall } from '../../../src/shared/panel/snapshot';
import { disclosure, explanation } from '../disclosure';
import { h, type Child } from '../dom';
import { icon } from '../icons';
import { t } from '../texts';

/** One line per limit, which opens its formula and what moves it. */
export function drawWalls(walls: readonly Wall[]): readonly Child[] {
  return [
    h(
      'ul',
      { class: 'walls' },
      ...walls.map(({ id, title, figure, lever }) => {
        const label = [icon('chevron'), h('span', { class: 'wall-title' }, title), h('span', { class: 'wall-text' }, figure.text)];
        const { button, detail } = disclosure(`wall-${id}`, 'wall', label, [
          ...explanation(figure.how),
          h('p', { class: 'lever' }, h('strong', {}, t('Ways around it:')), ` ${lever}`),
        ]);
        return h('li', {}, button, detail);
      }),
    ),
  ];
}
