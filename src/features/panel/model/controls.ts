import {
  cacheDtypes,
  engines,
  fitInputOf,
  fitsOn,
  formatBytes,
  isMeasuredHere,
  type Device,
  type NumberStyle,
} from '../../../engine/index';
import type { Controls, DeviceChoice } from '../../../shared/panel/snapshot';
import type { EngineChoice } from '../../../shared/engineRun';
import { keepsState } from './cache';
import type { View } from './view';
import { precisionLabel } from './weightFigures';

/** What the reader can choose among, and what is chosen. */
export function controlsOf(view: View, devices: readonly Device[], kvDtypeAsked: Controls['kvDtype'], choice: EngineChoice): Controls {
  const { estimate: value, target, t, weights, analysis } = view;
  const { settings } = value;
  return {
    device: target?.device.name ?? null,
    count: target?.count ?? 1,
    targets: settings.targets.map(({ device, count }) => ({ device: device.name, count })),
    groups: groupsOf(view, devices),
    precision: weights.precision,
    precisions: value.weights.map((each) => ({ value: each.precision, label: precisionLabel(each, t) })),
    context: settings.context,
    contextLimit: analysis.contextLimit,
    batch: settings.batch,
    kvDtype: kvDtypeAsked,
    kvDtypes: keepsState(view)
      ? [{ value: 'auto', label: t('auto') }, ...cacheDtypes.map((dtype) => ({ value: dtype, label: dtype.toUpperCase() }))]
      : [],
    engine: choice.kind === 'none' ? 'none' : choice.kind === 'chosen' ? choice.engine.id : (choice.problem.engine?.id ?? ''),
    engines: [{ value: 'none', label: t('none') }, ...engines.map(({ id, title }) => ({ value: id, label: title }))],
  };
}

/** Own devices first, then every vendor's in the catalogue's order, each with whether the model fits on as many as are chosen. */
function groupsOf(view: View, devices: readonly Device[]): Controls['groups'] {
  const { analysis, estimate: value, weights, target, t } = view;
  const count = target?.count ?? 1;
  const input = fitInputOf(analysis, value.settings, weights);
  const groups = new Map<string, DeviceChoice[]>();
  for (const device of devices) {
    const label = device.vendor ?? t('your own');
    const choice = { name: device.name, memory: memoryText(device, view), fits: fitsOn(device, count, input) };
    const group = groups.get(label);
    if (group) group.push(choice);
    else groups.set(label, [choice]);
  }
  return [...groups].map(([label, choices]) => ({ label, devices: choices }));
}

function memoryText(device: Device, { t, style }: View): string {
  if (device.usable && isMeasuredHere(device)) return t('{0} measured here', formatBytes(device.usable.bytes, style));
  if (device.memoryBytes !== null) return roundBytes(device.memoryBytes, style);
  return device.memoryAtMostBytes === undefined ? t('memory unknown') : t('up to {0}', roundBytes(device.memoryAtMostBytes, style));
}

/** "24 GiB", not "24.00 GiB": makers' figures are whole. */
const roundBytes = (bytes: number, style: NumberStyle): string => formatBytes(bytes, style).replace(/[.,]00(?= )/, '');
