import type { PanelSection } from '../../src/shared/panel/messages';
import type {
  BreakdownRow,
  CacheView,
  FindingRow,
  ModelContent,
  PanelSnapshot,
  SettingNotice,
  Wall,
} from '../../src/shared/panel/snapshot';
import type { EngineView } from '../../src/shared/panel/runs';
import { fillPatterns } from './charts/fills';
import { h, onClick } from './dom';
import { runCommand } from './host';
import { icon } from './icons';
import { section, showSection } from './section';
import { drawBreakdown } from './sections/breakdown';
import { drawCache } from './sections/cache';
import { controlsSection } from './sections/controls';
import { drawEngine } from './sections/engine';
import { drawEmpty, drawRefused } from './sections/empty';
import { drawFindings, drawNotices } from './sections/findings';
import { drawHeader, headerOf, type Header } from './sections/header';
import { drawMemory, type Memory } from './sections/memory';
import { endText } from './sections/precisionFilter';
import { precisionsSection } from './sections/precisions';
import { trainingSection } from './sections/training';
import { drawWalls } from './sections/walls';
import { whatIfSection } from './sections/whatIf';
import { t } from './texts';

export interface Page {
  readonly element: HTMLElement;
  update(snapshot: PanelSnapshot): void;
  /** Brings a part into view and moves the focus there. */
  show(part: PanelSection): void;
}

/** The whole page; needs the texts. */
export function createPage(place: 'view' | 'editor'): Page {
  const empty = section<true>('empty', null, drawEmpty);
  const header = section<Header>('header', null, drawHeader);
  const refused = section<readonly FindingRow[]>('refused', null, drawRefused);
  const notices = section<readonly SettingNotice[]>('notices', null, drawNotices);
  const controls = controlsSection();
  const memory = section<Memory>('memory', () => t('Memory'), drawMemory);
  const engine = section<EngineView>('engine', () => t('Serving engine'), drawEngine);
  const training = trainingSection();
  const smaller = precisionsSection();
  const whatIf = whatIfSection();
  const breakdown = section<readonly BreakdownRow[]>('breakdown', () => t('What it is made of'), drawBreakdown);
  const cache = section<CacheView>('cache', ({ title }) => title, drawCache);
  const walls = section<readonly Wall[]>('walls', () => t('Why it does not just get bigger'), drawWalls);
  const findings = section<readonly FindingRow[]>('findings', () => t('About this file'), drawFindings);
  const actions = actionBar(place);
  // A summary for those who hear the page: said when it changes.
  const spoken = h('p', { class: 'hidden-text', role: 'status' });
  const element = h(
    'div',
    { class: 'page' },
    header.element,
    empty.element,
    refused.element,
    notices.element,
    fillPatterns(),
    h(
      'div',
      { class: 'columns' },
      h('div', {}, controls.element, memory.element),
      h('div', {}, engine.element, smaller.element, whatIf.element, training.element),
      h('div', {}, breakdown.element, cache.element),
    ),
    walls.element,
    findings.element,
    actions,
    spoken,
  );
  return {
    element,
    update({ content, documents }) {
      const model = content.kind === 'model' ? content : null;
      empty.update(content.kind === 'empty' ? true : null);
      header.update(headerOf(content, documents));
      refused.update(content.kind === 'refused' ? content.findings : null);
      notices.update(model && model.notices.length > 0 ? model.notices : null);
      controls.update(model && model.controls);
      memory.update(model && { memory: model.memory, remedies: model.remedies });
      engine.update(model && model.engine);
      training.update(model && model.training);
      smaller.update(model && model.precisions);
      whatIf.update(model && model.whatIf);
      breakdown.update(model && model.breakdown);
      cache.update(model && model.cache);
      walls.update(model && model.walls.length > 0 ? model.walls : null);
      findings.update(model && model.findings.length > 0 ? model.findings : null);
      actions.hidden = model === null;
      const said = model ? spokenOf(model) : '';
      if (spoken.textContent !== said) spoken.textContent = said;
    },
    show: showSection,
  };
}

function spokenOf({ memory, precisions: { listing, rows }, whatIf: { trial } }: ModelContent): string {
  const parts = [
    `${memory.verdictText}: ${memory.total.text}`,
    listing ? endText(listing.found, rows.length) : '',
    trial ? `${trial.label}: ${trial.after.text}` : '',
  ];
  return parts.filter((part) => part !== '').join('. ');
}

function actionBar(place: 'view' | 'editor'): HTMLElement {
  return h(
    'div',
    { class: 'actions', hidden: true },
    onClick(h('vscode-button', { appearance: 'secondary' }, icon('copy'), ` ${t('Copy as Markdown')}`), () => runCommand('copyMarkdown')),
    place === 'view' &&
      onClick(h('vscode-button', { appearance: 'secondary' }, icon('expand'), ` ${t('Open as an editor tab')}`), () =>
        runCommand('openEditor'),
      ),
  );
}
