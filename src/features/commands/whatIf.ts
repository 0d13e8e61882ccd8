import * as vscode from 'vscode';
import {
  findPreset,
  formatBytes,
  weightsAt,
  type EditablePart,
  type Estimate,
  type KeepEdits,
  type NumberStyle,
  type Preset,
} from '../../engine/index';
import { fileLabel } from '../../host/fileLabel';
import { openMarkdown } from '../../host/openMarkdown';
import type { Services } from '../../host/services';
import { longLabel } from '../../shared/text/precisions';
import { partNames } from '../../shared/text/partNames';
import { signed, whatIfReport } from '../../shared/text/whatIf';
import { partsOf } from '../../shared/whatIf';
import { chooseGroup } from './chooseGroup';
import { precisionItems } from './precisionItems';

interface EditItem extends vscode.QuickPickItem {
  readonly part?: EditablePart;
  readonly quantized?: boolean;
  readonly ends?: 'firstLayers' | 'lastLayers';
}

/** Whole layers at an end that are offered to be kept; recipes keep one to four. */
const layersAtAnEnd = 2;

/** Any preset with groups of any size that it can have, and a changed keep list: what each change costs while it is being made, then the whole in a report. */
export async function whatIf({ active }: Services, uri?: vscode.Uri): Promise<void> {
  const estimated = active.of(uri);
  if (!estimated) return;
  const { t } = vscode.l10n;
  const style = estimated.settings.numbers;
  const { estimate } = estimated;
  const items = precisionItems(estimate, t, style).filter(({ precision }) => findPreset(precision)?.scheme);
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: t('Quantization to try on this model'),
    matchOnDescription: true,
  });
  const found = chosen && findPreset(chosen.precision);
  const preset = found && (await chooseGroup(estimate.analysis, found, style));
  if (!preset) return;
  const edits = await chooseEdits(estimate, preset, style);
  if (edits) await openMarkdown(whatIfReport(fileLabel(estimated.document.uri), estimate, preset, edits, t, style));
}

function chooseEdits(estimate: Estimate, preset: Preset, style: NumberStyle): Promise<KeepEdits | undefined> {
  const { t } = vscode.l10n;
  const names = partNames(t);
  const { analysis } = estimate;
  const bytesWith = (edits: KeepEdits): number => weightsAt(analysis, preset.name, { edits }).bytes;
  const plain = bytesWith({});
  const change = (bytes: number): string => signed(bytes, (value) => formatBytes(value, style));
  const partItems = partsOf(estimate, preset).map(({ part, quantized, bytes }): EditItem => ({
    label: names[part],
    description: quantized ? t('{0} if left alone', change(bytes)) : t('{0} if quantized too', change(bytes)),
    picked: quantized,
    part,
    quantized,
  }));
  const endItems = (['firstLayers', 'lastLayers'] as const).map((ends): EditItem => ({
    label: ends === 'firstLayers' ? t('the first {0} layers', layersAtAnEnd) : t('the last {0} layers', layersAtAnEnd),
    description: t('{0} if left alone', change(bytesWith({ [ends]: layersAtAnEnd }) - plain)),
    picked: true,
    ends,
  }));
  const pick = vscode.window.createQuickPick<EditItem>();
  pick.canSelectMany = true;
  pick.placeholder = t('Marked is what gets quantized; the rest keeps the type of the checkpoint');
  pick.items = [...partItems, ...endItems];
  pick.selectedItems = pick.items.filter(({ picked }) => picked);
  const tell = (): void => {
    const bytes = bytesWith(editsOf(pick));
    pick.title = `${longLabel(preset.name)}: ${formatBytes(bytes, style)}${bytes === plain ? '' : ` (${change(bytes - plain)})`}`;
  };
  tell();
  pick.onDidChangeSelection(tell);
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      resolve(editsOf(pick));
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

function editsOf({ items, selectedItems }: Pick<vscode.QuickPick<EditItem>, 'items' | 'selectedItems'>): KeepEdits {
  const marked = new Set(selectedItems);
  const parts = (quantized: boolean): readonly EditablePart[] =>
    items.flatMap((item) => (item.part !== undefined && item.quantized === quantized && marked.has(item) !== quantized ? [item.part] : []));
  const kept = (ends: EditItem['ends']): number => (items.some((item) => item.ends === ends && !marked.has(item)) ? layersAtAnEnd : 0);
  return { keep: parts(true), quantize: parts(false), firstLayers: kept('firstLayers'), lastLayers: kept('lastLayers') };
}
