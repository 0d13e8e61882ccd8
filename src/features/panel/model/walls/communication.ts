import { gradientBytesPerParameter, ringAllReduceBytes } from '../../../../engine/index';
import { formatDecimalBytes, formatSignificant } from '../significant';
import { figure, writers } from '../view';
import { wall, type WallOf } from './wall';

/** Devices in a ring when only one is chosen: a node. */
const node = 8;

/** Gradients that data-parallel training moves per step and device. */
export const communicationWall: WallOf = ({ analysis, target, t, style }) => {
  const { whole } = writers(style);
  const count = target && target.count > 1 ? target.count : node;
  const gradients = gradientBytesPerParameter * analysis.parameters.total;
  const moved = ringAllReduceBytes(gradients, count);
  const link = target?.device.interconnect;
  const rate = link?.bytesPerSecond;
  const text = formatDecimalBytes(moved, style);
  return wall(
    'communication',
    t('Communication'),
    figure(
      rate === undefined
        ? t('{0} per device and training step', text)
        : t('{0} per device and training step, {1} s', text, formatSignificant(moved / rate, style)),
      [
        t(
          '{0} B per gradient × {1} parameters = {2}',
          gradientBytesPerParameter,
          whole(analysis.parameters.total),
          formatDecimalBytes(gradients, style),
        ),
        `2 · (${count} − 1) ÷ ${count} × ${formatDecimalBytes(gradients, style)} = ${text}`,
        ...(rate === undefined || !link
          ? []
          : [`÷ ${formatDecimalBytes(rate, style, '/s')} (${link.text}) = ${formatSignificant(moved / rate, style)} s`]),
      ],
      [
        t('Ring all-reduce of 16-bit gradients among {0} devices, the least that any can do (Patarasuk and Yuan 2009).', count),
        ...(rate === undefined && target ? [t('The rate of a link of {0} in one direction is not known.', target.device.name)] : []),
      ],
    ),
    t('Larger batches per step, links inside a node, overlap with computing.'),
  );
};
