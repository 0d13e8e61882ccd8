import { hardwareNeedOf } from '../../../engine/index';
import type { Fact } from '../../../shared/panel/snapshot';
import { hardwareText } from '../../../shared/text/hardware';
import type { Translate } from '../../../shared/text/translate';
import { codebookFacts } from './facts/codebooks';
import type { Measurement, PrecisionFacts } from './facts/fact';
import { floatFacts } from './facts/floats';
import { ggufFacts } from './facts/gguf';
import { integerFacts } from './facts/integers';

const neuralMagic = 'Kurtic et al. 2024, arXiv 2411.02355';

const rules = [...floatFacts, ...integerFacts, ...codebookFacts, ...ggufFacts];

/** A clause as a sentence of its own. */
const sentence = (clause: string): string => clause.charAt(0).toUpperCase() + clause.slice(1);

/** What is known of a scheme by its name; one that no rule names is shown with its figures alone. */
function factsOf(scheme: string): PrecisionFacts | undefined {
  for (const [pattern, facts] of rules) {
    const match = pattern.exec(scheme);
    if (match) return facts(match);
  }
  return undefined;
}

/** The measurement whose model is nearest in size, by ratio. */
function nearest(losses: readonly Measurement[], parameters: number): Measurement | undefined {
  const distance = (measured: Measurement): number => Math.abs(Math.log(measured.parameters / Math.max(1, parameters)));
  return [...losses].sort((a, b) => distance(a) - distance(b))[0];
}

/**
 * What a scheme is and needs, in words.
 *
 * @param parameters of the model; null when losses measured on language models say nothing about it
 */
export function precisionFacts(scheme: string, parameters: number | null, t: Translate): readonly Fact[] {
  const known = factsOf(scheme);
  if (!known) return [];
  const need = hardwareNeedOf(scheme);
  const loss = parameters === null ? undefined : nearest(known.losses ?? [], parameters);
  const fact = (label: string, text: string, source = ''): Fact => ({ label, text, source });
  return [
    fact(t('What it is'), known.what(t)),
    ...(known.calibration ? [fact(t('Calibration data'), known.calibration(t))] : []),
    ...(need === undefined ? [] : [fact(t('Hardware'), sentence(hardwareText(need, t)))]),
    ...(known.makers === undefined ? [] : [fact(t('Made with'), known.makers)]),
    ...(loss ? [fact(t('Measured cost'), t('{0} on {1}, the nearest measured model', loss.loss, loss.model), loss.source)] : []),
    ...(known.study && parameters !== null ? [fact(t('Study'), known.study(t), neuralMagic)] : []),
    fact(t('Source'), '', known.source),
  ];
}

/** The measured cost in a few words, for a column; null where none is published. */
export function measuredCost(scheme: string, parameters: number | null): { readonly loss: string; readonly model: string } | null {
  const found = parameters === null ? undefined : nearest(factsOf(scheme)?.losses ?? [], parameters);
  return found ? { loss: found.loss, model: found.model } : null;
}
