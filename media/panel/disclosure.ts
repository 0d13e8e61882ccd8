import type { Explanation, Figure } from '../../src/shared/panel/snapshot';
import { h, onClick, type Child } from './dom';

/** Keys of what is open; kept while sections are drawn anew and while the page is hidden. */
let open = new Set<string>();
let changed: () => void = () => undefined;

export function restoreOpen(keys: readonly string[], onChange: () => void): void {
  open = new Set(keys);
  changed = onChange;
}
export const openKeys = (): readonly string[] => [...open];

/** A button and the part of the page that it opens and closes. */
export interface Disclosure {
  readonly button: HTMLButtonElement;
  readonly detail: HTMLElement;
}

/** @param key stable across redraws, unique in the page */
export function disclosure(key: string, className: string, label: readonly Child[], content: readonly Child[]): Disclosure {
  const id = `d-${key}`;
  const isOpen = open.has(key);
  const button = h(
    'button',
    { type: 'button', class: className, 'aria-expanded': String(isOpen), 'aria-controls': id, 'data-key': key },
    ...label,
  );
  const detail = h('div', { id, class: 'how', hidden: !isOpen }, ...content);
  onClick(button, () => {
    const opens = detail.hidden;
    detail.hidden = !opens;
    button.setAttribute('aria-expanded', String(opens));
    if (opens) open.add(key);
    else open.delete(key);
    changed();
  });
  return { button, detail };
}

/** The formula of a figure with its notes. */
export function explanation({ formula, notes }: Explanation): readonly Child[] {
  return [
    formula.length > 0 && h('pre', { class: 'formula' }, formula.join('\n')),
    notes.length > 0 && h('ul', { class: 'notes' }, ...notes.map((note) => h('li', {}, note))),
  ];
}

/** A figure that opens its formula; the caller places both. */
export const figureButton = (key: string, figure: Figure, className = 'figure'): Disclosure =>
  disclosure(key, className, [figure.text], explanation(figure.how));
