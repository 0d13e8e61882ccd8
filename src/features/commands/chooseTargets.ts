import * as vscode from 'vscode';
import { devices, formatBytes, maxDeviceCount, type Device } from '../../engine/index';
import type { Services } from '../../host/services';
import { writeSetting, type TargetSetting } from '../../host/settings';
import { ownDevices, resolveTargets } from '../../host/targets';
import { deviceText } from '../../shared/text/summary';

interface TargetItem extends vscode.QuickPickItem {
  readonly device: Device;
  readonly count: number;
}

/** Marks the devices that count; the buttons of a line change how many of them the model is spread over. */
export async function chooseTargets({ estimates }: Services): Promise<void> {
  const { t } = vscode.l10n;
  const settings = estimates.settingsOf(vscode.window.activeTextEditor?.document);
  const more: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('add'), tooltip: t('One more of them') };
  const fewer: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('remove'), tooltip: t('One fewer of them') };
  const itemOf = (device: Device, count: number): TargetItem => ({
    label: deviceText(device.name, count),
    description: device.usable ? t('{0} usable', formatBytes(device.usable.bytes * count, settings.numbers)) : t('memory unknown'),
    buttons: [fewer, more],
    device,
    count,
  });
  const current = resolveTargets(settings).targets;
  const others = [...ownDevices(settings), ...devices].filter(({ name }) => !current.some(({ device }) => device.name === name));

  const pick = vscode.window.createQuickPick<TargetItem>();
  pick.title = t('Target hardware');
  pick.placeholder = t('Mark the devices that you care about; + and − change how many');
  pick.canSelectMany = true;
  pick.matchOnDescription = true;
  pick.items = [...current.map(({ device, count }) => itemOf(device, count)), ...others.map((device) => itemOf(device, 1))];
  pick.selectedItems = pick.items.slice(0, current.length);
  pick.onDidTriggerItemButton(({ item, button }) => {
    const count = Math.min(maxDeviceCount, Math.max(1, item.count + (button === more ? 1 : -1)));
    const chosen = new Set(pick.selectedItems.map(({ device }) => device.name));
    if (button === more) chosen.add(item.device.name);
    pick.items = pick.items.map((each) => (each.device === item.device ? itemOf(each.device, count) : each));
    pick.selectedItems = pick.items.filter(({ device }) => chosen.has(device.name));
  });
  const targets = await new Promise<readonly TargetSetting[] | undefined>((resolve) => {
    pick.onDidAccept(() => resolve(pick.selectedItems.map(({ device, count }) => ({ device: device.name, count }))));
    pick.onDidHide(() => resolve(undefined));
    pick.show();
  });
  pick.dispose();
  if (targets) await writeSetting('targets', targets);
}
