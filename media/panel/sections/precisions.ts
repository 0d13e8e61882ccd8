import type { Fact, PrecisionRow, PrecisionTable, Reach } from '../../../src/shared/panel/snapshot';
import { disclosure, figureButton, type Disclosure } from '../disclosure';
import { h, onClick, type Child } from '../dom';
import { change } from '../host';
import { icon, type IconName } from '../icons';
import { keptSection, showSection, type Section } from '../section';
import { t } from '../texts';
import { listEnd, precisionFilter } from './precisionFilter';

/** Precisions of the settings, or all presets by size, under what narrows them down. */
export const precisionsSection = (): Section<PrecisionTable> =>
  keptSection<PrecisionTable, PrecisionTable>('smaller', {
    heading: t('Make it smaller'),
    controls: precisionFilter(),
    result: h('div', { class: 'table' }),
    shownOf: (table) => table,
    draw: (table) => [drawTable(table), table.listing && listEnd(table.listing, table.rows.length)],
  });

/** A row each; a row opens what the precision is and needs, and every figure its formula. */
function drawTable({ targets, rows }: PrecisionTable): HTMLElement {
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
  return h('table', { class: 'precisions' }, h('thead', {}, head), h('tbody', {}, ...rows.flatMap((row) => rowsOf(row, targets, columns))));
}

function rowsOf(row: PrecisionRow, targets: readonly string[], columns: number): HTMLElement[] {
  const key = (part: string): string => `${part}-${row.precision}`;
  const bytes = figureButton(key('bytes'), { ...row.bytes, text: unbroken(row.bytes.text) });
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
      h('td', { class: 'number bytes' }, bytes.button, narrowBits(row.bits)),
      h('td', { class: 'wide number' }, row.bits),
      h('td', { class: 'wide number' }, kept ? kept.button : '–'),
      h('td', { class: 'wide' }, ...costOf(row.cost)),
      ...reach.map(({ cell, button }, index) => h('td', { class: index === 0 ? 'number' : 'wide number' }, reachIcon(cell), button)),
    ),
    h('tr', { class: 'details' }, h('td', { colspan: columns }, ...opened.map((each) => each?.detail))),
  ];
}

/** Bits per weight under a size, where they have no column of their own. */
export const narrowBits = (bits: string): Child => bits !== '' && h('span', { class: 'narrow bits' }, t('{0} bits', bits));

/** A range may break between its ends, and never before a unit. */
const unbroken = (text: string): string => text.replace(/ (?=[KMGTP]?i?B\b)/g, '\u00a0');

const costOf = (cost: PrecisionRow['cost']): readonly Child[] =>
  cost === null
    ? [h('span', { class: 'quiet' }, '–')]
    : [h('span', { class: 'cost' }, cost.loss), ' ', h('span', { class: 'quiet' }, cost.model)];

/** Beside the colour, a sign says whether it fits; those who hear the page are told. */
function reachIcon({ kind }: Reach): Child {
  switch (kind) {
    case 'fits':
      return sign('check', t('fits'));
    case 'over':
      return sign('cross', t('does not fit'));
    case 'refused':
      return sign('warning', t('fits, but something stands against it'));
    case 'unknown':
      return null;
  }
}

const sign = (name: IconName, words: string): HTMLElement =>
  h('span', { class: 'sign', title: words }, icon(name), h('span', { class: 'hidden-text' }, `${words}: `));

/** The row in words; at a narrow width also the columns that have no room. */
function wordsOf({ precision, preset, chosen, kept, reach, facts }: PrecisionRow, targets: readonly string[]): readonly Child[] {
  const pair = (label: string, text: string, narrow = false): HTMLElement =>
    h('div', { class: narrow && 'narrow' }, h('dt', {}, label), h('dd', {}, text));
  return [
    h(
      'dl',
      { class: 'facts' },
      kept && pair(t('Stays at 16 bits'), kept.text, true),
      ...targets.slice(1).map((target, index) => pair(t('Longest context on {0}', target), reach[index + 1]?.figure.text ?? '', true)),
      ...facts.map(factOf),
    ),
    h(
      'div',
      { class: 'row-actions' },
      !chosen &&
        onClick(h('vscode-button', { appearance: 'secondary', 'data-key': `use-${precision}` }, t('Use this precision')), () =>
          change({ precision }),
        ),
      preset !== null &&
        onClick(h('vscode-button', { appearance: 'secondary', 'data-key': `try-${precision}` }, t('Change what is quantized…')), () => {
          change({ trial: { preset, edits: {} } });
          showSection('whatIf');
        }),
    ),
  ];
}

const factOf = ({ label, text, source }: Fact): HTMLElement =>
  h('div', {}, h('dt', {}, label), h('dd', {}, text, source !== '' && h('span', { class: 'source' }, ` ${source}`)));
