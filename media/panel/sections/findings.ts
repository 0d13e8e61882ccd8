import type { FindingRow, SettingNotice } from '../../../src/shared/panel/snapshot';
import { h, onClick, type Child } from '../dom';
import { send } from '../host';
import { icon } from '../icons';
import { t } from '../texts';

/** What the file says that the reader should know; each leads to its place. */
export function drawFindings(rows: readonly FindingRow[]): readonly Child[] {
  return [
    h(
      'ul',
      { class: 'findings' },
      ...rows.map(({ severity, severityText, text, place }, index) => {
        const label = [
          icon(severity),
          h('span', { class: 'hidden-text' }, `${severityText}: `),
          h('span', {}, text, ...(place === '' ? [] : [' ', h('code', {}, place)])),
        ];
        const button = h(
          'button',
          { type: 'button', class: `finding ${severity}`, title: t('Show in the file'), 'data-key': `finding-${index}` },
          ...label,
        );
        return h(
          'li',
          {},
          onClick(button, () => send({ type: 'reveal', index })),
        );
      }),
    ),
  ];
}

/** What the settings name and nothing answers to, with what may be meant. */
export function drawNotices(notices: readonly SettingNotice[]): readonly Child[] {
  return notices.map(({ text, target }, at) =>
    h(
      'div',
      { class: 'banner notice' },
      icon('warning'),
      h(
        'div',
        {},
        h('p', {}, text),
        target &&
          target.candidates.length > 0 &&
          h(
            'p',
            { class: 'candidates' },
            t('Did you mean:'),
            ...target.candidates.map((device) =>
              onClick(h('button', { type: 'button', class: 'link', 'data-key': `notice-${at}-${device}` }, device), () =>
                send({ type: 'fixTarget', index: target.index, device }),
              ),
            ),
          ),
      ),
    ),
  );
}
