import {
  computeOptimalTokens,
  computeOptimalTokensPerParameter,
  deviceSeconds,
  llama3Tokens,
  secondsPerYear,
  trainingFlops,
  trainingThroughput,
  type NumberStyle,
} from '../../../../engine/index';
import { formatFlops, formatSignificant } from '../significant';
import { figure, writers, type View } from '../view';
import { isLanguageModel, textParameters, wall, type WallOf } from './wall';

/** FLOPs of pre-training, and years of the chosen device. */
export const computeWall: WallOf = (view) => {
  if (!isLanguageModel(view)) return undefined;
  const { target, t, style, analysis } = view;
  const { count, roundCount } = writers(style);
  const parameters = textParameters(view);
  const runs = [
    { tokens: llama3Tokens, name: t('as Llama 3') },
    { tokens: computeOptimalTokens(parameters), name: t('{0} per parameter, compute-optimal', computeOptimalTokensPerParameter) },
  ];
  const throughput = target && trainingThroughput(target.device);
  const years = (flops: number): number => deviceSeconds(flops, throughput?.flopsPerSecond ?? 1) / secondsPerYear;
  const lines = runs.flatMap(({ tokens, name }) => {
    const flops = trainingFlops(parameters, tokens);
    return [
      t('6 · {0} parameters · {1} tokens ({2}) = {3}', count(parameters), roundCount(tokens), name, formatFlops(flops, style)),
      ...(throughput
        ? [`÷ ${formatFlops(throughput.flopsPerSecond, style, '/s')} = ${t('{0} years', formatSignificant(years(flops), style))}`]
        : []),
    ];
  });
  const flops = trainingFlops(parameters, llama3Tokens);
  const text = t('{0} for {1} tokens', formatFlops(flops, style), roundCount(llama3Tokens));
  return wall(
    'compute',
    t('Compute'),
    figure(throughput && target ? t('{0}, {1} on one {2}', text, yearsText(years(flops), view), target.device.name) : text, lines, [
      t('Six operations per parameter and token, forwards and backwards (Kaplan et al. 2020); attention over the context comes on top.'),
      ...(parameters === analysis.parameters.total ? [] : [t('Parameters that a token of text passes through.')]),
      ...(throughput && target
        ? [
            t(
              'At 100 % of the dense {0} peak of {1}; real runs reach a third to a half.',
              throughput.dtype.toUpperCase(),
              target.device.name,
            ),
          ]
        : target
          ? [t('The dense 16-bit peak of {0} is not known.', target.device.name)]
          : []),
      t('Compute-optimal data: Hoffmann et al. 2022. Llama 3: 15T tokens (arXiv 2407.21783).'),
    ]),
    t('Start from open weights and fine-tune.'),
  );
};

const yearsText = (years: number, { t, style }: { t: View['t']; style: NumberStyle }): string =>
  years < 1 ? t('{0} days', formatSignificant(years * 365.25, style)) : t('{0} years', formatSignificant(years, style));
