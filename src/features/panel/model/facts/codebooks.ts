import type { Translate } from '../../../../shared/text/translate';
import type { FactRule } from './fact';

const slowToMake = (t: Translate): string => t('Yes, and hours to days of GPU time.');

/** Codebooks, trellises, mixed widths and ternary weights. */
export const codebookFacts: readonly FactRule[] = [
  [
    /^aqlm/,
    () => ({
      what: (t) =>
        t('Groups of weights are sums of entries of learned codebooks: near 2 bits a weight. Embedding and head stay at 16 bits.'),
      calibration: slowToMake,
      makers: 'AQLM',
      source: 'Egiazarian et al. 2024, arXiv 2401.06118',
    }),
  ],
  [
    /^vptq/,
    () => ({
      what: (t) => t('Vectors of weights are entries of codebooks, with a second codebook for what remains.'),
      calibration: slowToMake,
      makers: 'VPTQ',
      source: 'Liu et al. 2024, arXiv 2409.17066',
    }),
  ],
  [
    /^(quip|qtip)/,
    ([, method]) => ({
      what: (t) =>
        method === 'quip'
          ? t('Weights are rotated, then groups of eight become points of a lattice.')
          : t('Weights are rotated, then coded along a trellis.'),
      calibration: slowToMake,
      makers: method === 'quip' ? 'QuIP#' : 'QTIP',
      source: method === 'quip' ? 'Tseng et al. 2024, arXiv 2402.04396' : 'Tseng et al. 2024, arXiv 2406.11235',
    }),
  ],
  [
    /^spqr/,
    () => ({
      what: (t) => t('3-bit integers with small groups, and outliers kept apart at 16 bits: the size depends on how many there are.'),
      calibration: slowToMake,
      makers: 'SpQR',
      source: 'Dettmers et al. 2023, arXiv 2306.03078',
    }),
  ],
  [
    /^exl2/,
    () => ({
      what: (t) => t('Rows of a layer at two or three widths, chosen by measurement so that the average meets a target; head at 6 bits.'),
      calibration: (t) => t('Yes: each layer is measured.'),
      makers: 'ExLlamaV2',
      source: 'turboderp-org/exllamav2: exllamav2/conversion',
    }),
  ],
  [
    /^exl3/,
    () => ({
      what: (t) => t('Weights are rotated, then coded along a trellis with a whole number of bits per layer; head at 6 bits.'),
      calibration: (t) => t('Yes: each layer is measured.'),
      makers: 'ExLlamaV3',
      source: 'turboderp-org/exllamav3: exllamav3/modules/quant/exl3.py',
    }),
  ],
  [
    /^bitnet/,
    () => ({
      what: (t) => t('Ternary weights (−1, 0, 1), four in a byte, one scale per matrix: for models that were trained so.'),
      calibration: (t) => t('None helps: the model has to be trained with ternary weights.'),
      makers: 'bitnet.cpp, transformers',
      source: 'Ma et al. 2024, arXiv 2402.17764',
    }),
  ],
];
