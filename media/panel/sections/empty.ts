import type { FindingRow } from '../../../src/shared/panel/snapshot';
import { h, onClick, type Child } from '../dom';
import { runCommand } from '../host';
import { t } from '../texts';
import { drawFindings } from './findings';

const sampleButton = (): HTMLElement =>
  onClick(h('vscode-button', { 'data-key': 'sample' }, t('Open a sample…')), () => runCommand('openSample'));

/** No model config is open. */
export const drawEmpty = (): readonly Child[] => [
  h('h1', {}, t('No model config is open')),
  h('p', {}, t("Open a model's config.json to see its exact parameters, the memory it needs, and the hardware it fits.")),
  sampleButton(),
];

/** The file names a model and gives none. */
export const drawRefused = (findings: readonly FindingRow[]): readonly Child[] => [
  h('p', {}, t('This file gives no model to compute with.')),
  ...drawFindings(findings),
  sampleButton(),
];
