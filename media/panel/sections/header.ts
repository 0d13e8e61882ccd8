import type { ValueElement } from '../../toolkit';
import type { DocumentChoice, PanelContent, Summary } from '../../../src/shared/panel/snapshot';
import { figureButton } from '../disclosure';
import { h, onClick, type Child } from '../dom';
import { runCommand, send } from '../host';
import { icon } from '../icons';
import { t } from '../texts';

export interface Header {
  readonly document: DocumentChoice;
  readonly documents: readonly DocumentChoice[];
  readonly pinned: boolean;
  readonly stale: boolean;
  readonly summary: Summary | null;
}

export function headerOf(content: PanelContent, documents: readonly DocumentChoice[]): Header | null {
  if (content.kind === 'empty') return null;
  const { document, pinned } = content;
  const model = content.kind === 'model' ? content : undefined;
  return { document, documents, pinned, stale: model?.stale ?? false, summary: model?.summary ?? null };
}

/** What is shown: the model's family, its file among the open ones, and its parameters. */
export function drawHeader({ document, documents, pinned, stale, summary }: Header): readonly Child[] {
  return [
    h('h1', {}, summary?.family ?? t('No model to show')),
    h('div', { class: 'document' }, documents.length > 1 ? picker(document, documents) : link(document), pinButton(pinned)),
    stale &&
      h(
        'p',
        { class: 'banner stale', role: 'status' },
        icon('warning'),
        h('span', {}, t('The JSON is incomplete: figures are of the text before this edit.')),
      ),
    ...(summary ? parameterLines(summary) : []),
  ];
}

function picker(document: DocumentChoice, documents: readonly DocumentChoice[]): HTMLElement {
  const options = documents.map(({ uri, name }) => h('vscode-option', { value: uri, selected: uri === document.uri }, name));
  const element = h<ValueElement>('vscode-dropdown', { 'aria-label': t('Model config'), 'data-key': 'document' }, ...options);
  element.addEventListener('change', () => send({ type: 'select', uri: element.value }));
  return element;
}

const link = ({ name }: DocumentChoice): HTMLElement =>
  onClick(h('button', { type: 'button', class: 'file', title: t('Show the file'), 'data-key': 'document' }, name), () =>
    runCommand('openDocument'),
  );

function pinButton(pinned: boolean): HTMLElement {
  const label = pinned ? t('Pinned: follow the active editor again') : t('Pin: stay with this file');
  const button = h(
    'button',
    { type: 'button', class: 'pin', 'aria-pressed': String(pinned), 'aria-label': label, title: label, 'data-key': 'pin' },
    icon('pin'),
  );
  return onClick(button, () => send({ type: 'pin', pinned: !pinned }));
}

function parameterLines({ architecture, parameters, basis, active, parts }: Summary): readonly Child[] {
  const total = figureButton('parameters', parameters, 'figure strong');
  const ground = figureButton('basis', basis.figure, `figure basis ${basis.kind}`);
  const used = active && figureButton('active', active);
  const pieces = parts.map(({ name, figure }, index) => ({ name, ...figureButton(`part-${index}`, figure) }));
  return [
    h('p', { class: 'parameters' }, total.button, ' · ', ground.button, ...(used ? [' · ', used.button] : [])),
    pieces.length > 0 &&
      h('p', { class: 'parts' }, ...pieces.flatMap(({ name, button }, index) => [index > 0 && ' + ', `${name} `, button])),
    h('p', { class: 'class-name' }, architecture),
    total.detail,
    ground.detail,
    used?.detail,
    ...pieces.map(({ detail }) => detail),
  ];
}
