import {
  charactersPerToken,
  computeOptimalTokens,
  computeOptimalTokensPerParameter,
  llama3Tokens,
  textBytes,
  tokensPerParameter,
} from '../../../../engine/index';
import { formatDecimalBytes, formatSignificant } from '../significant';
import { figure, writers } from '../view';
import { isLanguageModel, textParameters, wall, type WallOf } from './wall';

/** How much text training takes. */
export const dataWall: WallOf = (view) => {
  if (!isLanguageModel(view)) return undefined;
  const { t, style } = view;
  const { count, roundCount } = writers(style);
  const parameters = textParameters(view);
  const optimal = computeOptimalTokens(parameters);
  const ratio = formatSignificant(tokensPerParameter(llama3Tokens, parameters), style);
  return wall(
    'data',
    t('Data'),
    figure(
      t('{0} tokens, ≈{1} of text, compute-optimal', count(optimal), formatDecimalBytes(textBytes(optimal), style)),
      [
        t('{0} tokens per parameter × {1} = {2} tokens', computeOptimalTokensPerParameter, count(parameters), count(optimal)),
        `× ${t('{0} characters', charactersPerToken)} ≈ ${formatDecimalBytes(textBytes(optimal), style)}`,
        t(
          'as Llama 3: {0} tokens, {1} per parameter, ≈{2}',
          roundCount(llama3Tokens),
          ratio,
          formatDecimalBytes(textBytes(llama3Tokens), style),
        ),
      ],
      [
        t('Hoffmann et al. 2022, measured on dense models; smaller models are trained far beyond it, because they are cheaper to run.'),
        t('Characters per token of English with a vocabulary of 128k (arXiv 2407.21783); other languages differ by far.'),
      ],
    ),
    t('Cleaning and choosing text, not finding it, is the work.'),
  );
};
