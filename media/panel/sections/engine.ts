import type { EngineRow, EngineRunView, EngineView, TermRow } from '../../../src/shared/panel/runs';
import { swatch } from '../charts/fills';
import { memoryBar } from '../charts/memoryBar';
import { disclosure, figureButton, type Disclosure } from '../disclosure';
import { h, onClick, type Child } from '../dom';
import { change, runCommand } from '../host';
import { icon } from '../icons';
import { beside, measuredMark } from '../measured';
import { t } from '../texts';
import { verdictIcons } from './memory';

/** Memory as the chosen engine will print it, term by term, and all engines side by side. */
export function drawEngine({ place, run, comparison, comparedAt }: EngineView): readonly Child[] {
  return [
    run
      ? h('div', { class: 'engine-run' }, ...drawRun(run, place))
      : h(
          'p',
          {},
          chooseButton(t('Choose a serving engine…')),
          h('span', { class: 'quiet' }, ` ${t('to see its own terms, and to let every figure in the editor follow it')}`),
        ),
    ...drawComparison(comparison, place, comparedAt),
  ];
}

const chooseButton = (label: string): HTMLElement =>
  onClick(h('button', { type: 'button', class: 'link first', 'data-key': 'engine-choose' }, label), () => runCommand('chooseEngine'));

function drawRun(run: EngineRunView, place: string | null): readonly Child[] {
  const { title, problem, notes, verdict, verdictText, total, bar, terms, hostTerms } = run;
  const sum = total && figureButton('engine-total', total, 'figure strong');
  const measured = measuredMark('engine-measured', run.measured);
  return [
    h('p', { class: 'engine-title' }, place === null ? title : t('{0} on {1}', title, place)),
    h(
      'p',
      { class: `verdict ${verdict}` },
      h('span', { class: 'verdict-word' }, icon(verdictIcons[verdict]), verdictText),
      h('span', { class: 'verdict-sum' }, sum?.button, measured?.button),
    ),
    problem !== '' && h('p', { class: 'banner' }, icon('warning'), h('span', {}, problem)),
    notes.length > 0 &&
      h(
        'ul',
        { class: 'refusals' },
        ...notes.map(({ refused, text }) =>
          h(
            'li',
            {},
            icon(refused ? 'cross' : 'information'),
            ' ',
            refused && h('span', { class: 'hidden-text' }, `${t('refused')}: `),
            text,
          ),
        ),
      ),
    bar && memoryBar(bar),
    sum?.detail,
    measured?.detail,
    ...reachList(run),
    terms.length > 0 && termTable(terms, t('Terms of {0}', title), 'term'),
    hostTerms.length > 0 && h('h3', {}, t('Elsewhere: other devices and host memory')),
    hostTerms.length > 0 && termTable(hostTerms, t('Elsewhere: other devices and host memory'), 'host-term'),
    ...flagList(run),
  ];
}

/** What is free, how long, how many, over how many devices. */
function reachList({ rest, pool, longest, longestBound, users, usersAt, degrees, measured }: EngineRunView): readonly Child[] {
  const entry = (key: string, label: string, figure: EngineRunView['pool'], note: Child) =>
    figure ? [{ label, note, ...figureButton(key, figure, 'figure strong') }] : [];
  const entries = [
    ...entry('engine-rest', t('Beside it'), rest, beside('', measured)),
    ...entry('engine-pool', t('The cache holds'), pool, beside('', measured)),
    ...entry('engine-longest', t('Longest context'), longest, beside(longestBound, measured)),
    ...entry('engine-users', t('Most sequences at once'), users, beside(usersAt, measured)),
    ...entry('engine-degrees', t('Tensors can be shared among'), degrees, beside(t('devices'), null)),
  ];
  return [
    h('dl', { class: 'reach' }, ...entries.map(({ label, note, button }) => h('div', {}, h('dt', {}, label), h('dd', {}, button, note)))),
    ...entries.map(({ detail }) => detail),
  ];
}

function termTable(terms: readonly TermRow[], label: string, prefix: string): HTMLElement {
  const head = h(
    'tr',
    {},
    h('th', { scope: 'col' }, t('Term')),
    h('th', { scope: 'col', class: 'number' }, t('Size')),
    h('th', { scope: 'col', class: 'wide number' }, t('Between')),
    h('th', { scope: 'col', class: 'wide' }, t('Basis')),
  );
  const body = terms.flatMap(({ name, fill, kind, figure, band, basis }) => {
    const { button, detail } = figureButton(`${prefix}-${name}`, figure);
    return [
      h(
        'tr',
        {},
        h(
          'th',
          { scope: 'row', class: 'term' },
          swatch(fill),
          h('span', {}, h('code', {}, name), h('span', { class: 'wide-text quiet' }, ` ${kind}`)),
        ),
        h('td', { class: 'number' }, button, band !== '' && h('span', { class: 'narrow bits' }, band)),
        h('td', { class: 'wide number' }, band === '' ? '–' : band),
        h('td', { class: 'wide' }, basis),
      ),
      h('tr', { class: 'details' }, h('td', { colspan: 4 }, detail)),
    ];
  });
  return h('table', { class: 'terms', 'aria-label': label }, h('thead', {}, head), h('tbody', {}, ...body));
}

/** What the engine is started with; those that somebody or the estimate sets stand outside. */
function flagList({ flags }: EngineRunView): readonly Child[] {
  if (flags.length === 0) return [chooseButton(t('Change the engine…'))];
  const set = flags.filter(({ origin }) => origin !== 'default');
  const told = set.map(({ name, value }) => `${name} ${value}`).join(', ');
  const { button, detail } = disclosure(
    'engine-flags',
    'row-name',
    [icon('chevron'), h('span', {}, told === '' ? t('Flags: all at their defaults') : t('Flags: {0}', told))],
    [
      h(
        'dl',
        { class: 'facts' },
        ...flags.map(({ name, value, originText }) =>
          h('div', {}, h('dt', {}, h('code', {}, name)), h('dd', {}, value, h('span', { class: 'source' }, ` ${originText}`))),
        ),
      ),
    ],
  );
  return [h('p', { class: 'engine-flags' }, button), detail, h('p', {}, chooseButton(t('Change engine, version or flags…')))];
}

function drawComparison(rows: EngineView['comparison'], place: string | null, comparedAt: string): readonly Child[] {
  const opens = rows === null;
  const label = [icon('chevron'), h('span', {}, place === null ? t('All engines side by side') : t('All engines on {0}', place))];
  const toggle = h(
    'button',
    { type: 'button', class: 'row-name compare', 'aria-expanded': String(!opens), 'aria-controls': 'engines', 'data-key': 'compare' },
    ...label,
  );
  onClick(toggle, () => change({ comparing: opens }));
  return [
    h('h3', {}, toggle),
    h('div', { id: 'engines', hidden: opens }, ...(rows === null ? [] : [h('p', { class: 'quiet' }, comparedAt), engineTable(rows)])),
  ];
}

const columns = 6;

function engineTable(rows: readonly EngineRow[]): HTMLElement {
  const number = { scope: 'col', class: 'number' };
  const wide = { scope: 'col', class: 'wide number' };
  return h(
    'table',
    { class: 'engines' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, t('Engine')),
        h('th', wide, t('Weights')),
        h('th', wide, t('Cache')),
        h('th', wide, t('All else')),
        h('th', number, t('Total')),
        h('th', number, t('Tokens in the cache')),
      ),
    ),
    h('tbody', {}, ...rows.flatMap(engineRows)),
  );
}

function engineRows(row: EngineRow): HTMLElement[] {
  const { id, title, version, chosen, problem, weights, cache, others, total, verdict, verdictText, tokens, measured } = row;
  const name = disclosure(
    `engine-${id}`,
    'row-name',
    [icon('chevron'), h('span', {}, title, h('span', { class: 'quiet' }, ` ${version}`))],
    wordsOf(row),
  );
  const attributes = { class: chosen && 'chosen', 'aria-current': chosen && 'true' };
  const head = h('th', { scope: 'row' }, name.button);
  const cells =
    problem !== ''
      ? [h('td', { colspan: columns - 1, class: 'quiet' }, problem)]
      : [
          h('td', { class: 'wide number' }, weights),
          h('td', { class: 'wide number' }, cache),
          h('td', { class: 'wide number' }, others),
          h(
            'td',
            { class: 'number' },
            h(
              'span',
              { class: 'sign', title: verdictText },
              icon(verdictIcons[verdict]),
              h('span', { class: 'hidden-text' }, `${verdictText}: `),
            ),
            total,
            measured !== '' && h('span', { class: 'bits' }, measured),
          ),
          h('td', { class: 'number' }, tokens),
        ];
  return [h('tr', attributes, head, ...cells), detailsOf(name)];
}

const detailsOf = ({ detail }: Disclosure): HTMLElement => h('tr', { class: 'details' }, h('td', { colspan: columns }, detail));

function wordsOf({ id, chosen, weights, cache, others, words }: EngineRow): readonly Child[] {
  return [
    h('ul', { class: 'words' }, ...words.map((text) => h('li', {}, text))),
    weights !== '' && h('p', { class: 'narrow quiet' }, t('weights {0}, cache {1}, all else {2}', weights, cache, others)),
    !chosen &&
      h(
        'div',
        { class: 'row-actions' },
        onClick(h('vscode-button', { appearance: 'secondary', 'data-key': `use-engine-${id}` }, t('Use this engine')), () =>
          change({ engine: id }),
        ),
      ),
  ];
}
