import * as vscode from 'vscode';
import { devices, estimate, fitInputOf, smallestCount, formatBytes, formatNumber, type Device, type Fit } from '../../engine/index';
import type { Estimated } from '../../host/estimates';
import type { Services } from '../../host/services';
import { writeSetting } from '../../host/settings';
import { ownDevices } from '../../host/targets';
import { shortLabel } from '../../shared/text/precisions';
import { deviceText, reachText } from '../../shared/text/summary';

/** Precisions that a device is tried at, most precise first. */
const tried = ['checkpoint', 'fp8-channel', 'awq-int4-g128'] as const;

interface DeviceItem extends vscode.QuickPickItem {
  readonly device?: Device;
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
  if (!chosen?.device) return;
  const others = estimated.settings.targets.filter(({ device }) => device !== chosen.device?.name);
  await writeSetting('targets', [{ device: chosen.device.name, count: 1 }, ...others]);
}

/** Devices in groups: as the file is, quantized, several of them, unknown. Each group by memory. */
export function hardwareItems({ estimate: value, settings }: Estimated): readonly DeviceItem[] {
  const { t } = vscode.l10n;
  const style = settings.numbers;
  const { analysis } = value;
  const all = [...ownDevices(settings), ...devices].filter(
    ({ name }, index, list) => list.findIndex((other) => other.name === name) === index,
  );
  const groups = {
    fits: [] as DeviceItem[],
    quantized: [] as DeviceItem[],
    several: [] as DeviceItem[],
    never: [] as DeviceItem[],
    unknown: [] as DeviceItem[],
  };
  const schemeOf = (fit: Fit): string => (fit.precision === 'checkpoint' ? analysis.checkpoint.scheme : fit.precision);
  const byMemory = [...all].sort((a, b) => (a.usable?.bytes ?? 0) - (b.usable?.bytes ?? 0));
  const asked = { ...value.settings, precisions: tried, targets: byMemory.map((device) => ({ device, count: 1 })) };
  const { fits, weights } = estimate(analysis, asked);
  const [first] = weights;
  byMemory.forEach((device, index) => {
    if (device.usable === null) {
      groups.unknown.push({ label: device.name, description: t('memory unknown'), device });
      return;
    }
    // One fit per precision, device by device.
    const best = fits.slice(index * tried.length, (index + 1) * tried.length).find((fit) => fit.fits === true);
    const memory = t('{0} usable', formatBytes(device.usable.bytes, style));
    if (best) {
      const item = { label: device.name, description: `${memory} — ${reachText(best, schemeOf(best), t, style)}`, device };
      groups[best.precision === 'checkpoint' ? 'fits' : 'quantized'].push(item);
      return;
    }
    const needed = first && smallestCount(device, fitInputOf(analysis, value.settings, first));
    if (needed)
      groups.several.push({
        label: device.name,
        description: `${memory} — ${t('needs {0}', deviceText(shortLabel(analysis.checkpoint.scheme), needed))}`,
        device,
      });
    else groups.never.push({ label: device.name, description: `${memory} — ${t('not even 16 of them')}`, device });
  });
  const group = (label: string, items: readonly DeviceItem[]): readonly DeviceItem[] =>
    items.length > 0 ? [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items] : [];
  return [
    ...group(t('fits as it is'), groups.fits),
    ...group(t('fits quantized'), groups.quantized),
    ...group(t('needs several'), groups.several),
    ...group(t('does not fit'), groups.never),
    ...group(t('memory unknown'), groups.unknown),
  ];
}
