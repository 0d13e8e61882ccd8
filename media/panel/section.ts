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
      keepFocus(element, () => {
        element.replaceChildren();
        if (heading) element.append(h('h2', { id: headingId, tabindex: -1 }, heading(value)));
        append(element, draw(value));
      });
    },
  };
}

/** Brings a part of the page into view and moves the focus there. */
export function showSection(id: string): void {
  const target = document.getElementById(id);
  if (!target || target.hidden) return;
  target.scrollIntoView({ block: 'start' });
  target.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
}

/** Runs a drawing that replaces children of an element; the focus stays on the element of the same key. */
export function keepFocus(element: HTMLElement, draw: () => void): void {
  const key = focusedKey(element);
  draw();
  if (key !== undefined) element.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

function focusedKey(element: HTMLElement): string | undefined {
  const focused = document.activeElement;
  return focused instanceof HTMLElement && element.contains(focused) ? focused.dataset['key'] : undefined;
}
