import * as vscode from 'vscode';
import { formatNumber } from '../../engine/index';
import type { Estimated } from '../../host/estimates';
import type { Services } from '../../host/services';
import { writeSetting } from '../../host/settings';
import { knownDevices } from '../../host/targets';
import { answersOf, byMemory, inGroups, type AnswerGroup } from './deviceAnswers';

interface DeviceItem extends vscode.QuickPickItem {
  readonly group: AnswerGroup;
}

/** Every known device with what it can do for the config, grouped; choosing one puts it first among the targets. */
export async function whichHardware({ active }: Services, uri?: vscode.Uri): Promise<void> {
  const estimated = active.of(uri);
  if (!estimated) return;
  const chosen = await vscode.window.showQuickPick(hardwareItems(estimated), {
    title: vscode.l10n.t(
      'Which hardware fits {0} tokens × {1}',
      formatNumber(estimated.estimate.cache.context, 0, estimated.settings.numbers),
      formatNumber(estimated.estimate.cache.batch, 0, estimated.settings.numbers),
    ),
    placeHolder: vscode.l10n.t('Choose a device to make it the first target'),
    matchOnDescription: true,
  });
  if (!chosen) return;
  const others = estimated.settings.targets.filter(({ device }) => device !== chosen.label);
  await writeSetting('targets', [{ device: chosen.label, count: 1 }, ...others]);
}

/** Devices in groups, each group by memory. */
function hardwareItems({ estimate, settings }: Estimated): readonly vscode.QuickPickItem[] {
  const { t } = vscode.l10n;
  const targets = byMemory(knownDevices(settings)).map((device) => ({ device, count: 1 }));
  const items = answersOf(estimate, targets, t, settings.numbers).map(({ group, text }, index): DeviceItem => ({
    label: targets[index]?.device.name ?? '',
    description: text,
    group,
  }));
  return inGroups(items, ({ group }) => group, t).flatMap(({ title, items: inGroup }) => [
    { label: title, kind: vscode.QuickPickItemKind.Separator },
    ...inGroup,
  ]);
}
