import type { ValueElement } from '../../toolkit';
import { formatNumber, formatTokens } from '../../../src/engine/units/format';
import type { Changes, Choice, Controls } from '../../../src/shared/panel/snapshot';
import { h, onClick } from '../dom';
import { labelled, selectField, selectFrame } from '../fields';
import { change, runCommand } from '../host';
import { numberStyle, t } from '../texts';
import { contextAt, parseTokens, positionOf, positions } from '../tokenScale';

/** Of the slider where the model sets no limit. */
const mostWithoutLimit = 2 ** 20;
const maxCount = 16;

export interface ControlsSection {
  readonly element: HTMLElement;
  update(controls: Controls | null): void;
}

/**
 * What the estimate is made for. The elements are made once: a control that is being dragged or typed into must not be
 * replaced under the reader's hands.
 */
export function controlsSection(): ControlsSection {
  const device = deviceSelect();
  const count = dropdown(t('Count'), 'count', (value) => ({ count: Number(value) }));
  const precision = dropdown(t('Precision'), 'precision', (value) => ({ precision: value }));
  const kvDtype = dropdown(t('KV cache'), 'kv-dtype', (value) => ({ kvDtype: value as Controls['kvDtype'] }));
  const batch = numberField(t('Sequences at once'), 'batch', (batchSize) => ({ batch: batchSize }));
  const context = numberField(t('Context, tokens'), 'context', (tokens) => ({ context: tokens }));
  const slider = contextSlider();
  const engine = selectField('engine-choice', t('Serving engine'), (value) => change({ engine: value }));
  const flags = h(
    'vscode-button',
    { appearance: 'secondary', 'data-key': 'engine-options', 'aria-label': t('Version and flags of the engine…') },
    t('Flags…'),
  );
  onClick(flags, () => runCommand('chooseEngine'));
  const element = h(
    'section',
    { id: 'controls', 'aria-label': t('What the estimate is made for'), hidden: true },
    device.element,
    count.element,
    precision.element,
    kvDtype.element,
    context.element,
    batch.element,
    slider.element,
    engine.element,
    h('div', { class: 'control control-engine-options' }, flags),
  );
  const counts = Array.from({ length: maxCount }, (_, index) => ({ value: String(index + 1), label: `× ${index + 1}` }));
  return {
    element,
    update(controls) {
      element.hidden = controls === null;
      if (!controls) return;
      device.update(controls);
      count.update(counts, String(controls.count));
      precision.update(controls.precisions, controls.precision);
      kvDtype.update(controls.kvDtypes, controls.kvDtype);
      kvDtype.element.hidden = controls.kvDtypes.length === 0;
      context.update(controls.context);
      batch.update(controls.batch);
      slider.update(controls);
      const unknown = controls.engine === '' ? [{ value: '', label: t('unknown') }] : [];
      engine.update([{ label: '', choices: [...unknown, ...controls.engines] }], controls.engine);
      flags.hidden = controls.engine === 'none' || controls.engine === '';
    },
  };
}

/** A dropdown of the toolkit; its options are made anew only when they change. */
function dropdown(label: string, id: string, changes: (value: string) => Changes) {
  const control = h<ValueElement>('vscode-dropdown', { id, 'aria-labelledby': `${id}-label` });
  control.addEventListener('change', () => change(changes(control.value)));
  let drawn = '';
  return {
    element: labelled(id, label, control),
    update(choices: readonly Choice[], chosen: string) {
      const next = JSON.stringify(choices);
      if (next !== drawn) {
        drawn = next;
        control.replaceChildren(
          ...choices.map(({ value, label: text }) => h('vscode-option', { value, selected: value === chosen }, text)),
        );
      }
      if (control.value !== chosen) control.value = chosen;
    },
  };
}

/** A native select: the toolkit's dropdown knows no groups, and the catalogue is long. */
function deviceSelect() {
  const select = h('select', { id: 'device', 'aria-labelledby': 'device-label' });
  let targets: Controls['targets'] = [];
  select.addEventListener('change', () => {
    const [kind, name = ''] = splitOnce(select.value);
    const target = kind === 'target' ? targets[Number(name)] : undefined;
    change(target ?? { device: name });
  });
  let drawn = '';
  return {
    element: labelled('device', t('Device'), selectFrame(select)),
    update(controls: Controls) {
      const next = JSON.stringify([controls.targets, controls.groups, controls.device]);
      if (next === drawn) return;
      drawn = next;
      targets = controls.targets;
      const marks = new Map(controls.groups.flatMap(({ devices }) => devices.map((each) => [each.name, each])));
      const text = (name: string): string => {
        const known = marks.get(name);
        return known ? `${known.name} · ${known.memory}` : name;
      };
      select.replaceChildren(
        ...(controls.device === null ? [h('option', { value: '', selected: true }, t('choose a device'))] : []),
        h(
          'optgroup',
          { label: t('Your targets'), hidden: targets.length === 0 },
          ...targets.map(({ device, count }, index) =>
            h(
              'option',
              { value: `target:${index}`, selected: index === 0 && controls.device !== null },
              count === 1 ? text(device) : `${count} × ${text(device)}`,
            ),
          ),
        ),
        ...controls.groups.map(({ label, devices }) =>
          h(
            'optgroup',
            { label },
            ...devices.map(({ name, fits }) => h('option', { value: `device:${name}` }, `${fitSign(fits)} ${text(name)}`)),
          ),
        ),
      );
    },
  };
}

/** Whether the model fits on as many of a device as are chosen. */
const fitSign = (fits: boolean | null): string => (fits === null ? '?' : fits ? '✓' : '✗');

function splitOnce(text: string): readonly string[] {
  const at = text.indexOf(':');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** A field for a whole number; what is no number is put back. */
function numberField(label: string, id: string, changes: (value: number) => Changes) {
  const field = h<ValueElement>('vscode-text-field', { id, 'aria-labelledby': `${id}-label` });
  let shown = '';
  const commit = (): void => {
    const value = parseTokens(field.value);
    if (value === undefined) field.value = shown;
    else if (field.value !== shown) change(changes(value));
  };
  field.addEventListener('change', commit);
  return {
    element: labelled(id, label, field),
    update(value: number) {
      const text = formatNumber(value, 0, numberStyle());
      if (text === shown && field.value === shown) return;
      // While the reader types, the field is theirs.
      if (document.activeElement === field && text === shown) return;
      shown = text;
      field.value = text;
    },
  };
}

function contextSlider() {
  const slider = h('input', { type: 'range', id: 'context-slider', min: 0, max: positions, step: 1, 'aria-label': t('Context, tokens') });
  const end = h('span', { class: 'quiet', id: 'context-end' });
  let most = mostWithoutLimit;
  let dragging = false;
  let asked = 0;
  const preview = (): void => {
    dragging = true;
    const context = contextAt(Number(slider.value), most);
    slider.setAttribute('aria-valuetext', t('{0} tokens', formatTokens(context, numberStyle())));
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => change({ context }, false));
  };
  slider.addEventListener('input', preview);
  slider.addEventListener('change', () => {
    dragging = false;
    cancelAnimationFrame(asked);
    change({ context: contextAt(Number(slider.value), most) });
  });
  return {
    element: h('div', { class: 'control control-slider' }, slider, end),
    update({ context, contextLimit }: Controls) {
      if (dragging) return;
      most = Math.max(context, contextLimit ?? mostWithoutLimit);
      slider.value = String(positionOf(context, most));
      slider.setAttribute('aria-valuetext', t('{0} tokens', formatTokens(context, numberStyle())));
      end.textContent = contextLimit === null ? '' : t('the model goes to {0}', formatTokens(contextLimit, numberStyle()));
    },
  };
}
