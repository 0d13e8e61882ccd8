import * as vscode from 'vscode';
import { formatBytes, formatNumber, type Analysis, type NumberStyle, type Preset } from '../../engine/index';
import { ownGroup } from '../../shared/text/ownGroup';
import { groupChoices } from '../../shared/whatIf';

interface GroupItem extends vscode.QuickPickItem {
  /** Left out: a size is typed. */
  readonly preset?: Preset;
}

/**
 * The preset with the groups that a person chooses: those of presets, or a size of their own; the preset itself where its format
 * fixes them, `undefined` when nothing is chosen.
 */
export async function chooseGroup(analysis: Analysis, preset: Preset, style: NumberStyle): Promise<Preset | undefined> {
  if (!preset.groups) return preset;
  const { t } = vscode.l10n;
  const items = groupChoices(analysis, preset).map(({ preset: each, bytes, refused }): GroupItem => ({
    label: each.groupSize === null ? t('whole row') : formatNumber(each.groupSize, 0, style),
    description: formatBytes(bytes, style) + (refused ? ` · ${t('does not divide every row')}` : ''),
    preset: each,
  }));
  const usual = items.filter((item) => item.preset?.name === preset.name);
  const chosen = await vscode.window.showQuickPick<GroupItem>(
    [...usual, ...items.filter((item) => !usual.includes(item)), { label: t('Another size…') }],
    { placeHolder: t('Weights that share a scale'), matchOnDescription: true },
  );
  return chosen && (chosen.preset ?? typeGroup(analysis, preset, style));
}

async function typeGroup(analysis: Analysis, preset: Preset, style: NumberStyle): Promise<Preset | undefined> {
  const { t } = vscode.l10n;
  const answer = (typed: string) => ownGroup(preset, typed, analysis, t, style);
  const typed = await vscode.window.showInputBox({
    prompt: t('Weights that share a scale'),
    value: String(preset.groupSize ?? ''),
    validateInput(text) {
      const found = answer(text);
      if ('problem' in found) return found.problem;
      return found.warning === undefined ? undefined : { message: found.warning, severity: vscode.InputBoxValidationSeverity.Warning };
    },
  });
  const found = typed === undefined ? undefined : answer(typed);
  return found && 'preset' in found ? found.preset : undefined;
}
