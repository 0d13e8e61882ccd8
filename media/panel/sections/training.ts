import type { TrainingAsked, TrainingRow, TrainingTable, TrainingView } from '../../../src/shared/panel/runs';
import { swatch } from '../charts/fills';
import { partsBar } from '../charts/partsBar';
import { figureButton } from '../disclosure';
import { h, onClick, type Child } from '../dom';
import { selectField, wholeField } from '../fields';
import { change } from '../host';
import { icon } from '../icons';
import { keptSection, type Section } from '../section';
import { t } from '../texts';
import { verdictIcons } from './memory';

/** Peaks of training, a row for each way to go about it. */
export function trainingSection(): Section<TrainingView> {
  const close = onClick(h('button', { type: 'button', class: 'link first', 'data-key': 'training-close' }, t('Close')), () =>
    change({ training: null }),
  );
  return keptSection<TrainingView, TrainingTable>('training', {
    heading: t('Training'),
    begin: { key: 'training-begin', label: t('Show what training takes…'), run: ({ start }) => change({ training: start }) },
    controls: trainingControls(),
    result: h('div', { class: 'training-result' }),
    shownOf: ({ shown }) => shown,
    draw: drawTable,
    end: h('p', {}, close),
  });
}

function trainingControls() {
  let asked: TrainingAsked | undefined;
  const ask = (more: Partial<TrainingAsked>): void => {
    if (asked) change({ training: { ...asked, ...more } });
  };
  const batch = wholeField('training-batch', t('Sequences per device'), 10_000, (value) => ask({ batch: value }));
  const tokens = wholeField('training-tokens', t('Tokens per sequence'), 2 ** 24, (value) => ask({ tokens: value }));
  const devices = wholeField('training-devices', t('Devices, where spread'), 10_000, (value) => ask({ devices: value }));
  const precision = selectField('training-precision', t('Precision'), (value) => ask({ precision: value === 'mixed' ? 'mixed' : 'bf16' }));
  const choices = [
    { value: 'bf16', label: t('BF16 throughout') },
    { value: 'mixed', label: t('FP32 weights, BF16 products') },
  ];
  return {
    element: h('div', { class: 'trial-controls' }, batch.element, tokens.element, precision.element, devices.element),
    update({ asked: value }: TrainingTable) {
      asked = value;
      batch.update(value.batch);
      tokens.update(value.tokens);
      devices.update(value.devices);
      precision.update([{ label: '', choices }], value.precision);
    },
  };
}

function drawTable(table: TrainingTable): readonly Child[] {
  const { problem, groups, notes, device, pending } = table;
  if (problem !== '') return [h('p', { class: 'banner' }, icon('information'), h('span', {}, problem))];
  const first = groups[0]?.rows[0];
  return [
    legend(
      groups.flatMap(({ rows }) => rows),
      table.scale,
    ),
    h(
      'table',
      { class: 'training' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, t('Way to train')),
          h(
            'th',
            { scope: 'col', class: 'number' },
            h('span', { class: 'column-note' }, t('Peak per device')),
            device !== null && h('span', { class: 'column-target' }, device),
          ),
          h('th', { scope: 'col', class: 'wide number' }, t('against the first')),
          h('td', { class: 'wide bar' }),
        ),
      ),
      ...groups
        .filter(({ rows }) => rows.length > 0)
        .map(({ label, rows }) =>
          h(
            'tbody',
            {},
            h('tr', { class: 'group' }, h('th', { scope: 'rowgroup', colspan: 4 }, label)),
            ...rows.flatMap((row) => rowsOf(row, table, row === first)),
          ),
        ),
    ),
    pending > 0 && h('p', { class: 'quiet', role: 'status' }, t('{0} more rows are being computed…', pending)),
    h('ul', { class: 'notes training-notes' }, ...notes.map((note) => h('li', {}, note))),
  ];
}

/** Kinds that are large enough to be seen in a bar. */
function legend(rows: readonly TrainingRow[], scale: number): HTMLElement {
  const seen = rows.flatMap(({ parts }) => parts).filter(({ bytes }) => bytes > scale / 500);
  const labels = new Map(seen.map(({ fill, label }) => [fill, label] as const));
  const order = ['weights', 'graphs', 'runtime', 'activations', 'buffers', 'cache'] as const;
  return h(
    'ul',
    { class: 'legend' },
    ...order.map((fill) => labels.has(fill) && h('li', {}, swatch(fill), h('span', {}, labels.get(fill)))),
  );
}

function rowsOf(
  { id, label, total, verdict, verdictText, saved, parts }: TrainingRow,
  { scale, usable }: TrainingTable,
  isFirst: boolean,
): HTMLElement[] {
  const { button, detail } = figureButton(`training-${id}`, total);
  const words = parts.map((part) => `${part.label} ${part.text}`).join(', ');
  return [
    h(
      'tr',
      { class: isFirst && 'first' },
      h(
        'th',
        { scope: 'row' },
        label,
        h('span', { class: 'hidden-text' }, `: ${words}`),
        h('span', { class: 'narrow' }, partsBar(parts, scale, usable)),
      ),
      h(
        'td',
        { class: 'number' },
        verdict !== 'unknown' &&
          h(
            'span',
            { class: 'sign', title: verdictText },
            icon(verdictIcons[verdict]),
            h('span', { class: 'hidden-text' }, `${verdictText}: `),
          ),
        button,
        saved !== '' && h('span', { class: 'narrow bits' }, saved),
      ),
      h('td', { class: 'wide number' }, saved === '' ? '–' : saved),
      h('td', { class: 'wide bar' }, partsBar(parts, scale, usable)),
    ),
    h('tr', { class: 'details' }, h('td', { colspan: 4 }, detail)),
  ];
}
