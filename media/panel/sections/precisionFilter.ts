import type { ValueElement } from '../../toolkit';
import type { Listing, ListingView, PrecisionTable } from '../../../src/shared/panel/snapshot';
import { h, onClick } from '../dom';
import { selectField } from '../fields';
import { change } from '../host';
import { t } from '../texts';

/** Rows of the listing of all presets, and how many more each click brings. */
export const rowsPerPage = 25;

const everything: Listing = { search: '', format: '', bits: 0, fits: false, rows: rowsPerPage };

export interface PrecisionFilter {
  readonly element: HTMLElement;
  update(table: PrecisionTable): void;
}

/**
 * Which presets are listed. The elements are made once: a field that is being typed into must not be replaced under the
 * reader's hands.
 */
export function precisionFilter(): PrecisionFilter {
  let listing: Listing = everything;
  const narrow = (more: Partial<Listing>, commit = true): void => {
    listing = { ...listing, search: search.value, rows: rowsPerPage, ...more };
    change({ listing }, commit);
  };
  const toggle = h('vscode-button', { id: 'list-toggle', appearance: 'secondary' });
  let isOpen = false;
  onClick(toggle, () => change({ listing: isOpen ? null : everything }));
  const search = h<ValueElement>('vscode-text-field', {
    id: 'list-search',
    placeholder: t('Search, such as "gptq 4"'),
    'aria-label': t('Search presets'),
  });
  search.addEventListener('input', () => narrow({}, false));
  search.addEventListener('change', () => narrow({}));
  const format = selectField('list-format', t('Format'), (value) => narrow({ format: value }));
  const bits = selectField('list-bits', t('Bits'), (value) => narrow({ bits: Number(value) }));
  const fits = h('input', { type: 'checkbox', id: 'list-fits' });
  fits.addEventListener('change', () => narrow({ fits: fits.checked }));
  const fitsLabel = h('span', {});
  const fitsField = h('label', { class: 'check' }, fits, fitsLabel);
  const narrowing = h('div', { class: 'list-narrowing' }, search, format.element, bits.element, fitsField);

  function show(view: ListingView): void {
    const { search: text, format: name, bits: width, fits: only, rows } = view;
    listing = { search: text, format: name, bits: width, fits: only, rows };
    // While the reader types, the field is theirs.
    if (document.activeElement !== search) search.value = text;
    format.update([{ label: '', choices: view.formats }], name);
    bits.update([{ label: '', choices: view.widths }], String(width));
    fits.checked = only;
  }

  return {
    element: h('div', { class: 'list-tools' }, toggle, narrowing),
    update({ listing: view, presets, targets }) {
      isOpen = view !== null;
      const label = isOpen ? t("Show the settings' list") : t('Show all {0}', presets);
      if (toggle.textContent !== label) toggle.textContent = label;
      narrowing.hidden = view === null;
      const [target] = targets;
      fitsField.hidden = target === undefined;
      fitsLabel.textContent = t('only what fits {0}', target ?? '');
      if (view) show(view);
    },
  };
}

export const endText = (found: number, shown: number): string =>
  found === 0 ? t('No preset matches.') : t('{0} of {1} shown', shown, found);

/** How many presets are shown, and more of them. */
export function listEnd({ found, ...listing }: ListingView, shown: number): HTMLElement {
  const { search, format, bits, fits } = listing;
  return h(
    'p',
    { class: 'list-end' },
    h('span', { class: 'quiet' }, endText(found, shown)),
    found > shown &&
      onClick(h('vscode-button', { appearance: 'secondary', 'data-key': 'list-more' }, t('Show more')), () =>
        change({ listing: { search, format, bits, fits, rows: shown + rowsPerPage } }),
      ),
  );
}
