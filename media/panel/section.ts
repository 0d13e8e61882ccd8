import { append, h, type Child } from './dom';

export interface Section<T> {
  readonly element: HTMLElement;
  /** Draws a value, unless it is drawn already; `null` hides the section. */
  update(value: T | null): void;
}

/**
 * A part of the page that is drawn anew when its value changes, and only then. The focus stays on the element of the same key.
 *
 * @param heading without one the part has no landmark of its own
 */
export function section<T>(id: string, heading: ((value: T) => string) | null, draw: (value: T) => readonly Child[]): Section<T> {
  const headingId = `${id}-heading`;
  const element = h('section', heading ? { id, 'aria-labelledby': headingId, hidden: true } : { id, hidden: true });
  let drawn: string | undefined;
  return {
    element,
    update(value) {
      element.hidden = value === null;
      const next = JSON.stringify(value);
      if (value === null || next === drawn) return;
      drawn = next;
      const key = focusedKey(element);
      element.replaceChildren();
      if (heading) element.append(h('h2', { id: headingId, tabindex: -1 }, heading(value)));
      append(element, draw(value));
      if (key !== undefined) element.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus();
    },
  };
}

function focusedKey(element: HTMLElement): string | undefined {
  const focused = document.activeElement;
  return focused instanceof HTMLElement && element.contains(focused) ? focused.dataset['key'] : undefined;
}
