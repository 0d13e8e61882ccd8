import { formatNumber } from '../../src/engine/units/format';
import type { Choice } from '../../src/shared/panel/snapshot';
import { h, type Child } from './dom';
import { icon } from './icons';
import { numberStyle } from './texts';
import { parseTokens } from './tokenScale';

/** A control under its label, which it names as `<id>-label`. */
export const labelled = (id: string, label: string, control: Child): HTMLElement =>
  h('div', { class: `control control-${id}` }, h('span', { class: 'label', id: `${id}-label` }, label), control);

/** A native select with the chevron that the toolkit's dropdown has. */
export const selectFrame = (select: HTMLSelectElement): HTMLElement => h('span', { class: 'select' }, select, icon('chevron'));

export interface OptionGroup {
  /** Empty: its choices stand outside any group. */
  readonly label: string;
  readonly choices: readonly Choice[];
}

/** A native select, whose options are made anew only when they change: it may be open while the page is drawn. */
export function selectField(id: string, label: string, choose: (value: string) => void) {
  const select = h('select', { id, 'aria-labelledby': `${id}-label` });
  select.addEventListener('change', () => choose(select.value));
  const optionOf = ({ value, label: text }: Choice): HTMLElement => h('option', { value }, text);
  let drawn = '';
  return {
    element: labelled(id, label, selectFrame(select)),
    update(groups: readonly OptionGroup[], chosen: string): void {
      const next = JSON.stringify(groups);
      if (next !== drawn) {
        drawn = next;
        select.replaceChildren(
          ...groups.flatMap((group) =>
            group.label === '' ? group.choices.map(optionOf) : [h('optgroup', { label: group.label }, ...group.choices.map(optionOf))],
          ),
        );
      }
      if (select.value !== chosen) select.value = chosen;
    },
  };
}

/** A box to tick, with what it means beside it. */
export function checkField(key: string, label: string, ticked: boolean, toggle: (ticked: boolean) => void, note = ''): HTMLElement {
  const box = h('input', { type: 'checkbox', 'data-key': key, checked: ticked });
  box.addEventListener('change', () => toggle(box.checked));
  return h('label', { class: 'check' }, box, h('span', {}, label, note !== '' && h('span', { class: 'quiet' }, ` ${note}`)));
}

/** A field for a whole number; what is none, or too many, is put back. */
export function wholeField(id: string, label: string, most: number, choose: (value: number) => void) {
  const field = h('input', { type: 'text', inputmode: 'numeric', id, 'aria-labelledby': `${id}-label` });
  let value = 0;
  const text = (): string => formatNumber(value, 0, numberStyle());
  field.addEventListener('change', () => {
    const next = parseTokens(field.value);
    if (next === undefined || next > most) field.value = text();
    else if (next !== value) choose(next);
  });
  return {
    element: labelled(id, label, field),
    update(next: number): void {
      if (next === value && document.activeElement === field) return;
      value = next;
      field.value = text();
    },
  };
}
