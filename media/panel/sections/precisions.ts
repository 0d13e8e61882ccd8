import type { Fact, PrecisionRow, PrecisionTable, Reach } from '../../../src/shared/panel/snapshot';
import { disclosure, figureButton, type Disclosure } from '../disclosure';
import { h, onClick, type Child } from '../dom';
import { change } from '../host';
import { icon } from '../icons';
import { t } from '../texts';

/** Precisions, a row each; a row opens what the precision is and needs, and every figure its formula. */
export function drawPrecisions({ targets, rows }: PrecisionTable): readonly Child[] {
  const wide = { class: 'wide', scope: 'col' };
  const head = h(
    'tr',
    {},
    h('th', { scope: 'col' }, t('Precision')),
    h('th', { scope: 'col', class: 'number' }, t('Weights')),
    h('th', { ...wide, class: 'wide number' }, t('Bits per weight')),
    h('th', { ...wide, class: 'wide number' }, t('Stays at 16 bits')),
    h('th', wide, t('Measured cost')),
    ...targets.map((target, index) =>
      h(
        'th',
        { scope: 'col', class: index === 0 ? 'number' : 'wide number' },
        h('span', { class: 'column-note' }, t('Longest context')),
        h('span', { class: 'column-target' }, target),
      ),
    ),
  );
  const columns = 5 + targets.length;
  return [
    h('table', { class: 'precisions' }, h('thead', {}, head), h('tbody', {}, ...rows.flatMap((row) => rowsOf(row, targets, columns)))),
  ];
}

function rowsOf(row: PrecisionRow, targets: readonly string[], columns: number): HTMLElement[] {
  const key = (part: string): string => `${part}-${row.precision}`;
  const bytes = figureButton(key('bytes'), row.bytes);
  const kept = row.kept && figureButton(key('kept'), row.kept);
  const reach = row.reach.map((cell, index) => ({
    cell,
    ...figureButton(key(`reach-${index}`), cell.figure, `figure reach-${cell.kind}`),
  }));
  const words = disclosure(key('row'), 'row-name', [icon('chevron'), h('span', {}, row.label)], wordsOf(row, targets));
  const opened: readonly (Disclosure | null)[] = [bytes, kept, ...reach, words];
  return [
    h(
      'tr',
      { class: row.chosen && 'chosen', 'aria-current': row.chosen && 'true' },
      h('th', { scope: 'row' }, words.button),
      h('td', { class: 'number' }, bytes.button),
      h('td', { class: 'wide number' }, row.bits),
      h('td', { class: 'wide number' }, kept ? kept.button : '–'),
      h('td', { class: 'wide' }, ...costOf(row.cost)),
      ...reach.map(({ cell, button }, index) => h('td', { class: index === 0 ? 'number' : 'wide number' }, reachIcon(cell), button)),
    ),
    h('tr', { class: 'details' }, h('td', { colspan: columns }, ...opened.map((each) => each?.detail))),
  ];
}

const costOf = (cost: PrecisionRow['cost']): readonly Child[] =>
  cost === null
    ? [h('span', { class: 'quiet' }, '–')]
    : [h('span', { class: 'cost' }, cost.loss), ' ', h('span', { class: 'quiet' }, cost.model)];

/** Beside the colour, a sign says that a context is too short. */
const reachIcon = ({ kind }: Reach): Child => (kind === 'over' ? icon('cross') : null);

/** The row in words; at a narrow width also the columns that have no room. */
function wordsOf({ precision, chosen, bits, kept, reach, facts }: PrecisionRow, targets: readonly string[]): readonly Child[] {
  const pair = (label: string, text: string, narrow = false): HTMLElement =>
    h('div', { class: narrow && 'narrow' }, h('dt', {}, label), h('dd', {}, text));
  return [
    h(
      'dl',
      { class: 'facts' },
      pair(t('Bits per weight'), bits, true),
      kept && pair(t('Stays at 16 bits'), kept.text, true),
      ...targets.slice(1).map((target, index) => pair(t('Longest context on {0}', target), reach[index + 1]?.figure.text ?? '', true)),
      ...facts.map(factOf),
    ),
    !chosen &&
      onClick(h('vscode-button', { appearance: 'secondary', 'data-key': `use-${precision}` }, t('Use this precision')), () =>
        change({ precision }),
      ),
  ];
}

const factOf = ({ label, text, source }: Fact): HTMLElement =>
  h('div', {}, h('dt', {}, label), h('dd', {}, text, source !== '' && h('span', { class: 'source' }, ` ${source}`)));
