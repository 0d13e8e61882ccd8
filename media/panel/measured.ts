import type { Figure } from '../../src/shared/panel/snapshot';
import { disclosure, explanation, type Disclosure } from './disclosure';
import { h, onClick, type Child } from './dom';
import { runCommand } from './host';
import { icon } from './icons';
import { t } from './texts';

/** "measured here", which tells by which logs and leads to where they can be removed. */
export function measuredMark(key: string, figure: Figure | null): Disclosure | null {
  if (!figure) return null;
  const manage = h('vscode-button', { appearance: 'secondary', 'data-key': `${key}-manage` }, t('Device profiles…'));
  return disclosure(
    key,
    'measured',
    [icon('check'), figure.text],
    [
      ...explanation(figure.how),
      h(
        'p',
        {},
        onClick(manage, () => runCommand('deviceProfiles')),
      ),
    ],
  );
}

/** What stands beside a figure, with whether it was measured. */
export function beside(note: string, measured: Figure | null): Child {
  const text = [note, ...(measured ? [measured.text] : [])].filter((part) => part !== '').join(' · ');
  return text === '' ? null : h('span', { class: 'quiet' }, ` ${text}`);
}
