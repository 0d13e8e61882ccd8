import { decodeBound, decodeReads } from '../../../../engine/index';
import { about } from '../basis';
import { cacheOfOne, keepsState } from '../cache';
import { formatSignificant } from '../significant';
import { figure, writers } from '../view';
import { detailsOf } from '../weightFigures';
import { wall, type WallOf } from './wall';

/** How fast one sequence can be decoded at most on the chosen devices. */
export const bandwidthWall: WallOf = (view) => {
  const { analysis, estimate, weights, target, fit, t, style } = view;
  const { bandwidth } = target?.device ?? {};
  if (!keepsState(view) || !target || analysis.inventory.states.some(({ state }) => state.kind === 'cross')) return undefined;
  const { bytes, tokens, whole, decimals } = writers(style);
  const reads = decodeReads(analysis.inventory, detailsOf(weights, view).byComponent);
  const cache = cacheOfOne(view, estimate.settings.context).bytes;
  const each = reads.bytes + cache;
  const title = t('Bandwidth');
  const lever = t('Fewer bytes per weight, more sequences at once, speculative decoding.');
  const left = [
    [reads.notRead.embedding, t('embedding table (one row is looked up)')],
    [reads.notRead.experts, t('experts that the token does not use')],
    [reads.notRead.towers, t('vision and audio towers')],
  ] as const;
  const lines = [
    t('weights {0}', bytes(weights.bytes)),
    ...left.filter(([size]) => size > 0).map(([size, name]) => `− ${bytes(size)}  ${name}`),
    `+ ${bytes(cache)}  ${t('cache at {0} tokens', tokens(estimate.settings.context))}`,
    `= ${t('{0} read per token', bytes(each))} = ${decimals(each / 1e9, 2)} GB`,
  ];
  if (bandwidth === undefined)
    return wall(
      'bandwidth',
      title,
      figure(t('{0} read per token', bytes(each)), lines, [t('The memory bandwidth of {0} is not known.', target.device.name)]),
      lever,
    );
  const all = bandwidth * target.count;
  const bound = formatSignificant(decodeBound(all, each), style);
  const rate = `${whole(bandwidth / 1e9)} GB/s`;
  return wall(
    'bandwidth',
    title,
    figure(
      fit?.fits === false
        ? t('at most {0} tokens/s for one sequence, if it fitted', about(weights.basis, bound))
        : t('at most {0} tokens/s for one sequence', about(weights.basis, bound)),
      [
        ...lines,
        `${target.count === 1 ? rate : `${target.count} × ${rate}`} ÷ ${decimals(each / 1e9, 2)} GB = ${t('{0} tokens/s', bound)}`,
      ],
      [t('Each token needs every weight that it uses, and its cache, read once (roofline; Pope et al. 2022). Real speed is lower.')],
    ),
    lever,
  );
};
