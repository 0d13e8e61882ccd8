import type { Translate } from '../../../../shared/text/translate';
import { llama3, type FactRule, type Measurement } from './fact';

/** Increase of perplexity on Llama 3 8B (ggerganov/llama.cpp, examples/quantize/quantize.cpp of February 2025). */
const perplexity: Readonly<Record<string, string>> = {
  Q8_0: '0.003',
  Q6_K: '0.022',
  Q5_K_M: '0.057',
  Q5_K_S: '0.105',
  Q5_1: '0.106',
  Q5_0: '0.132',
  Q4_K_M: '0.175',
  Q4_K_S: '0.269',
  Q4_1: '0.451',
  Q4_0: '0.469',
  Q3_K_L: '0.556',
  Q3_K_M: '0.657',
  Q3_K_S: '1.63',
  Q2_K_S: '3.18',
  Q2_K: '3.52',
};

/** Scores of MMLU, by size of Llama 3 (matt-c1/llama-3-quant-comparison); 16 bits: 65.2 at 8B. */
const mmluOf8B: Readonly<Record<string, string>> = { IQ4_XS: '64.4', IQ3_XXS: '60.5', IQ2_XXS: '43.5', IQ1_S: '26.5' };

const lossesOf = (name: string): readonly Measurement[] | undefined => {
  const added = Object.hasOwn(perplexity, name) ? perplexity[name] : undefined;
  if (added !== undefined)
    return [
      { model: 'Llama-3-8B', parameters: 8e9, loss: `perplexity +${added}`, source: 'ggerganov/llama.cpp: examples/quantize/quantize.cpp' },
    ];
  const score = Object.hasOwn(mmluOf8B, name) ? mmluOf8B[name] : undefined;
  return score === undefined ? undefined : llama3(score);
};

const importance = (t: Translate): string => t('A few hundred samples for the importance matrix, which these types need to be of use.');
const optional = (t: Translate): string => t('None; an importance matrix helps below 6 bits.');

/** File types of llama.cpp, which alone of all names begin with a capital. */
export const ggufFacts: readonly FactRule[] = [
  [
    /^[A-Z]/,
    ({ input: name }) => {
      const losses = lossesOf(name);
      return {
        what: (t) =>
          t('A GGUF file of llama.cpp: blocks of weights with their scales; important tensors take wider types, norms stay in FP32.'),
        calibration: /^IQ[123]/.test(name) ? importance : optional,
        makers: 'llama.cpp (llama-quantize)',
        ...(losses && { losses }),
        source: 'ggml-org/llama.cpp: src/llama-quant.cpp',
      };
    },
  ],
];
