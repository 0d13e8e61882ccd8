import type { Changes, Reach, Trial, TrialView, WhatIfView } from '../../../src/shared/panel/snapshot';
import { figureButton } from '../disclosure';
import { h, onClick, type Child } from '../dom';
import { checkField, labelled, selectField, wholeField } from '../fields';
import { change, runCommand } from '../host';
import { icon, type IconName } from '../icons';
import { keepFocus, keptSection, type Section } from '../section';
import { t } from '../texts';
import { narrowBits } from './precisions';

type Edits = Trial['edits'];

/** A quantization tried on the model: what is quantized, and what that does to each part. */
export const whatIfSection = (): Section<WhatIfView> =>
  keptSection<WhatIfView, TrialView>('whatIf', {
    heading: t('What if it is quantized differently'),
    begin: {
      key: 'try-begin',
      label: t('Change what is quantized…'),
      run: ({ start }) => change({ trial: { preset: start, edits: {} } }),
    },
    controls: trialControls(),
    result: h('div', { class: 'trial-result' }),
    shownOf: ({ trial }) => trial,
    draw: drawResult,
  });

/** What can be changed. Selects and numbers are made once, as they may be in use while the page is drawn. */
function trialControls() {
  let shown: Trial = { preset: '', edits: {} };
  const tryOut = (more: Partial<Trial>): void => change({ trial: { ...shown, ...more } });
  const edit = (more: Edits): void => tryOut({ edits: { ...shown.edits, ...more } });
  const preset = selectField('trial-preset', t('Quantization'), (value) => tryOut({ preset: value }));
  const group = selectField('trial-group', t('Group size'), (value) => tryOut({ preset: value }));
  let ownGroup: TrialView['ownGroup'] = null;
  const size = wholeField('trial-group-size', t('Groups of your own'), 9_999_999, (value) => {
    if (ownGroup) tryOut({ preset: `${ownGroup.before}${value}${ownGroup.after}` });
  });
  const parts = h('div', { class: 'checks' });
  const partsField = h('fieldset', { class: 'parts' }, h('legend', { class: 'label' }, t('Quantized is what is ticked')), parts);
  const first = layerField('trial-first', t('First layers kept'), (firstLayers) => edit({ firstLayers }));
  const last = layerField('trial-last', t('Last layers kept'), (lastLayers) => edit({ lastLayers }));
  const fixed = h('p', { class: 'quiet' });
  return {
    element: h(
      'div',
      { class: 'trial-controls' },
      preset.element,
      group.element,
      size.element,
      fixed,
      partsField,
      first.element,
      last.element,
    ),
    update(view: TrialView) {
      shown = { preset: view.preset, edits: view.edits };
      preset.update(
        view.formats.map(({ label, presets }) => ({ label, choices: presets })),
        view.preset,
      );
      group.element.hidden = view.groups.length === 0;
      const choices = view.groups.map(({ value, label, refused }) => ({ value, label: refused ? `✗ ${label}` : label }));
      group.update([{ label: '', choices }], view.preset);
      ({ ownGroup } = view);
      size.element.hidden = ownGroup === null;
      if (ownGroup) size.update(ownGroup.size);
      fixed.hidden = view.fixed === '';
      fixed.textContent = view.fixed;
      partsField.hidden = view.parts.length === 0;
      keepFocus(parts, () =>
        parts.replaceChildren(
          ...view.parts.map(({ part, label, quantized, habit, effect }) =>
            checkField(`trial-part-${part}`, label, quantized, (ticked) => edit(ticking(view.edits, part, ticked, habit)), effect),
          ),
        ),
      );
      const { layers } = view;
      first.update(layers && { value: layers.first, most: layers.most });
      last.update(layers && { value: layers.last, most: layers.most });
    },
  };
}

/** The edits with a part ticked or not; what the preset does anyway is no edit. */
function ticking(edits: Edits, part: TrialView['parts'][number]['part'], ticked: boolean, habit: boolean): Edits {
  const without = (parts: Edits['keep'] = []) => parts.filter((each) => each !== part);
  return {
    ...edits,
    keep: habit && !ticked ? [...without(edits.keep), part] : without(edits.keep),
    quantize: !habit && ticked ? [...without(edits.quantize), part] : without(edits.quantize),
  };
}

/** A number of layers at an end. */
function layerField(id: string, label: string, choose: (value: number) => void) {
  const field = h('input', { type: 'number', id, min: 0, step: 1, 'aria-labelledby': `${id}-label` });
  let most = 0;
  let value = 0;
  field.addEventListener('change', () => {
    const asked = field.valueAsNumber;
    const next = Number.isInteger(asked) ? Math.min(most, Math.max(0, asked)) : value;
    field.value = String(next);
    if (next !== value) choose(next);
  });
  const element = labelled(id, label, field);
  return {
    element,
    update(layers: { readonly value: number; readonly most: number } | null): void {
      element.hidden = layers === null || layers.most === 0;
      if (!layers) return;
      ({ value, most } = layers);
      field.max = String(most);
      if (field.valueAsNumber !== value) field.value = String(value);
    },
  };
}

function drawResult(view: TrialView): readonly Child[] {
  const own = figureButton('trial-own', view.own);
  const after = figureButton('trial-after', view.after, 'figure strong');
  const use: Changes = { precision: view.preset };
  return [
    view.refusals.length > 0 && refusalList(view.refusals),
    h(
      'p',
      { class: 'trial-sum' },
      own.button,
      ' → ',
      after.button,
      view.difference !== '' && h('span', { class: 'quiet' }, ` ${t('{0} against {1}', view.difference, view.label)}`),
      h('span', { class: 'quiet' }, ` · ${view.bits} · ${view.basis}`),
    ),
    own.detail,
    after.detail,
    reachList(view.reach),
    componentTable(view),
    h(
      'div',
      { class: 'row-actions' },
      onClick(h('vscode-button', { appearance: 'secondary', 'data-key': 'trial-report' }, t('Report')), () => runCommand('whatIfReport')),
      !view.changed &&
        !view.chosen &&
        onClick(h('vscode-button', { appearance: 'secondary', 'data-key': 'trial-use' }, t('Use this precision')), () => change(use)),
      view.changed &&
        onClick(h('vscode-button', { appearance: 'secondary', 'data-key': 'trial-undo' }, t('Undo the changes')), () =>
          change({ trial: { preset: view.preset, edits: {} } }),
        ),
      onClick(h('vscode-button', { appearance: 'secondary', 'data-key': 'trial-close' }, t('Close')), () => change({ trial: null })),
    ),
  ];
}

/** What stands against it, beside the controls that change it. */
const refusalList = (refusals: TrialView['refusals']): HTMLElement =>
  h(
    'div',
    { class: 'banner refusals' },
    icon('warning'),
    h(
      'div',
      {},
      h('p', {}, t('What stands against it')),
      h('ul', {}, ...refusals.map(({ place, text }) => h('li', {}, place !== '' && h('strong', {}, `${place}: `), text))),
    ),
  );

const reachWords: Readonly<Record<Reach['kind'], () => string>> = {
  fits: () => t('fits'),
  over: () => t('does not fit'),
  unknown: () => t('memory unknown'),
  refused: () => t('fits by size'),
};

const reachIcons = { fits: 'check', over: 'cross', unknown: 'question', refused: 'warning' } as const satisfies Record<
  Reach['kind'],
  IconName
>;

function reachList(reach: TrialView['reach']): HTMLElement | null {
  if (reach.length === 0) return null;
  const figures = reach.map(({ target, before, after }, index) => ({
    target,
    before: before === after.figure.text ? '' : before,
    word: reachWords[after.kind](),
    kind: after.kind,
    ...figureButton(`trial-reach-${index}`, after.figure, `figure reach-${after.kind}`),
  }));
  return h(
    'div',
    {},
    h(
      'dl',
      { class: 'reach' },
      ...figures.map(({ target, before, word, kind, button }) =>
        h(
          'div',
          {},
          h('dt', {}, target),
          h('dd', {}, icon(reachIcons[kind]), ` ${word} · ${t('Longest context')} `, before !== '' && `${before} → `, button),
        ),
      ),
    ),
    ...figures.map(({ detail }) => detail),
  );
}

/** Bytes and bits per weight of each component; at a narrow width the file as it is and the trial, the preset's own where there is room. */
function componentTable({ components, label, changed }: TrialView): HTMLElement {
  const number = { scope: 'col', class: 'number' };
  return h(
    'table',
    { class: 'components' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, t('Component')),
        h('th', number, t('in the file')),
        changed && h('th', { ...number, class: 'wide number' }, label),
        h('th', number, changed ? t('as changed') : label),
        changed && h('th', { ...number, class: 'wide number' }, t('difference')),
        h('th', { ...number, class: 'wide number' }, t('Bits per weight')),
      ),
    ),
    h(
      'tbody',
      {},
      ...components.map(({ name, own, ownBits, before, after, afterBits, difference }) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, name),
          h('td', { class: 'number' }, own, narrowBits(ownBits)),
          changed && h('td', { class: 'wide number' }, before),
          h('td', { class: 'number' }, after, narrowBits(afterBits)),
          changed && h('td', { class: 'wide number' }, difference),
          h('td', { class: 'wide number' }, ownBits === '' ? '' : `${ownBits} → ${afterBits}`),
        ),
      ),
    ),
  );
}
