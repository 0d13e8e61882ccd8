import { append, h, onClick, type Child } from './dom';

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

/** Controls that are made once, as they may be in use while the page is drawn. */
export interface Controls<S> {
  readonly element: HTMLElement;
  update(shown: S): void;
}

export interface KeptFrame<T, S> {
  readonly heading: string;
  readonly controls: Controls<S>;
  /** Where the result is drawn. */
  readonly result: HTMLElement;
  /** What there is to show; null while it is not asked for. */
  readonly shownOf: (value: T) => S | null;
  readonly draw: (shown: S) => readonly Child[];
  /** A button that stands in the place of controls and result until they are asked for. */
  readonly begin?: { readonly key: string; readonly label: string; readonly run: (value: T) => void };
  /** What stands beneath the result. */
  readonly end?: HTMLElement;
}

/**
 * A part of the page whose controls stay while its result is drawn anew: when what is shown changes, and only then. The focus stays
 * on the element of the same key.
 */
export function keptSection<T, S>(id: string, { heading, controls, result, shownOf, draw, begin, end }: KeptFrame<T, S>): Section<T> {
  let latest: T | undefined;
  const button =
    begin &&
    onClick(h('vscode-button', { appearance: 'secondary', 'data-key': begin.key }, begin.label), () => {
      if (latest !== undefined) begin.run(latest);
    });
  const content = [controls.element, result, ...(end ? [end] : [])];
  const shown = button ? h('div', { hidden: true }, ...content) : undefined;
  const headingId = `${id}-heading`;
  const element = h(
    'section',
    { id, 'aria-labelledby': headingId, hidden: true },
    h('h2', { id: headingId, tabindex: -1 }, heading),
    button,
    ...(shown ? [shown] : content),
  );
  let drawn: string | undefined;
  return {
    element,
    update(value) {
      element.hidden = value === null;
      if (value === null) return;
      latest = value;
      const next = shownOf(value);
      if (button) button.hidden = next !== null;
      if (shown) shown.hidden = next === null;
      const text = JSON.stringify(next);
      if (next === null || text === drawn) return;
      drawn = text;
      controls.update(next);
      keepFocus(result, () => {
        result.replaceChildren();
        append(result, draw(next));
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
