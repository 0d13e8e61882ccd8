import { adamBytesPerParameter, devicesToHold, trainingBytesPerParameter, trainingStateBytes } from '../../../../engine/index';
import { targetText } from '../../../../shared/text/deviceProfiles';
import { formatDecimalBytes } from '../significant';
import { figure, writers } from '../view';
import { wall, type WallOf } from './wall';

/** What training with Adam keeps per parameter, against the chosen device. */
export const storageWall: WallOf = ({ analysis, target, t, style }) => {
  const { whole, bytes } = writers(style);
  const { total } = analysis.parameters;
  const state = trainingStateBytes(total);
  const usable = target?.device.usable?.bytes;
  const devices = usable === undefined ? undefined : devicesToHold(state, usable);
  const { weights, gradients, master, momentum, variance } = adamBytesPerParameter;
  return wall(
    'storage',
    t('Storage'),
    figure(
      devices === undefined || !target
        ? t('{0} to train with Adam', bytes(state))
        : t('{0} to train with Adam, {1} × {2}', bytes(state), whole(devices), targetText({ device: target.device, count: 1 }, t)),
      [
        t('{0} B weights + {1} B gradients + {2} B master copy + {3} B momentum + {4} B variance = {5} B per parameter', weights, gradients, master, momentum, variance, trainingBytesPerParameter), // prettier-ignore
        `× ${whole(total)} = ${bytes(state)} (${formatDecimalBytes(state, style)})`,
        ...(devices === undefined || usable === undefined ? [] : [`÷ ${t('{0} usable', bytes(usable))} → ${whole(devices)}`]),
      ],
      [
        t('Mixed precision, before activations (Rajbhandari et al. 2020, ZeRO).'),
        t('Sharding (ZeRO, FSDP) divides it among devices; the total stays.'),
      ],
    ),
    t('LoRA, 8-bit optimizers, sharding over more devices.'),
  );
};
