import type { MemoryView, Remedy, Segment, Verdict } from '../../../src/shared/panel/snapshot';
import { swatch } from '../charts/fills';
import { memoryBar } from '../charts/memoryBar';
import { figureButton } from '../disclosure';
import { h, onClick, type Child } from '../dom';
import { change } from '../host';
import { icon, type IconName } from '../icons';
import { beside, measuredMark } from '../measured';
import { t } from '../texts';

export interface Memory {
  readonly memory: MemoryView;
  readonly remedies: readonly Remedy[];
}

export const verdictIcons = { fits: 'check', narrow: 'warning', over: 'cross', unknown: 'question' } as const satisfies Record<
  Verdict,
  IconName
>;

/** Whether it fits, as a picture, in figures, and what would make it fit. */
export function drawMemory({ memory, remedies }: Memory): readonly Child[] {
  const { verdict, verdictText, device, total, longestContext, sequences } = memory;
  const sum = figureButton('total', total, 'figure strong');
  const reach = longestContext && figureButton('longest', longestContext, 'figure strong');
  const users = sequences && figureButton('sequences', sequences, 'figure strong');
  const measured = measuredMark('memory-measured', memory.measured);
  return [
    h(
      'p',
      { class: `verdict ${verdict}` },
      h('span', { class: 'verdict-word' }, icon(verdictIcons[verdict]), verdictText),
      h('span', { class: 'verdict-sum' }, sum.button, device !== null && h('span', { class: 'where' }, device), measured?.button),
    ),
    memoryBar(memory),
    ...legend(memory),
    sum.detail,
    measured?.detail,
    h(
      'dl',
      { class: 'reach' },
      ...(reach
        ? [h('div', {}, h('dt', {}, t('Longest context')), h('dd', {}, reach.button, beside(memory.contextBound, memory.measured)))]
        : []),
      ...(users
        ? [h('div', {}, h('dt', {}, t('Most sequences at once')), h('dd', {}, users.button, beside(memory.sequencesAt, memory.measured)))]
        : []),
    ),
    reach?.detail,
    users?.detail,
    remedies.length > 0 && remedyList(remedies),
  ];
}

function legend({ segments, rest }: MemoryView): readonly Child[] {
  const entries = segments.map((segment) => ({ segment, ...figureButton(`segment-${segment.id}`, segment.figure) }));
  const item = (id: Segment['id'] | 'free' | 'over', label: string, figure: Child): HTMLElement =>
    h('li', {}, swatch(id), h('span', {}, label, ' ', figure));
  return [
    h(
      'ul',
      { class: 'legend' },
      ...entries.map(({ segment, button }) => item(segment.id, segment.label, button)),
      rest && item(rest.bytes >= 0 ? 'free' : 'over', '', h('strong', {}, rest.text)),
    ),
    ...entries.map(({ detail }) => detail),
  ];
}

function remedyList(remedies: readonly Remedy[]): HTMLElement {
  return h(
    'div',
    { class: 'remedies' },
    h('h3', {}, t('The smallest changes that make it fit')),
    h(
      'ul',
      {},
      ...remedies.map(({ text, effect, changes }, index) =>
        h(
          'li',
          {},
          onClick(h('vscode-button', { appearance: 'secondary', 'data-key': `remedy-${index}` }, text), () => change(changes)),
          h('span', { class: 'quiet' }, effect),
        ),
      ),
    ),
  );
}
