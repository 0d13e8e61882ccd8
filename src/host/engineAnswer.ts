import { isPrecision } from '../engine/index';
import {
  engineReach,
  engineRun,
  readEngine,
  type EngineChoice,
  type EngineReach,
  type EngineRun,
  type RunAsked,
} from '../shared/engineRun';
import { engineLine } from '../shared/text/engineRuns';
import { engineProblemText } from '../shared/text/engineTerms';
import type { Translate } from '../shared/text/translate';
import type { Estimated } from './estimates';

/** What an engine is asked of a config under its settings. */
export const runAskedOf = ({ settings, targets }: Estimated): RunAsked => ({
  target: targets.targets[0],
  weights: isPrecision(settings.precision) ? settings.precision : 'checkpoint',
  context: settings.context,
  batch: settings.batch,
  kvDtype: settings.kvDtype,
});

export type EngineAnswer =
  | Extract<EngineChoice, { kind: 'wrong' }>
  | { readonly kind: 'run'; readonly run: EngineRun; readonly reach: EngineReach; readonly asked: RunAsked };

/** The chosen engine's answer for a config; `undefined` where none is chosen. Computed when asked for, once per settings. */
export function engineAnswerOf(estimated: Estimated): EngineAnswer | undefined {
  const choice = readEngine(estimated.settings);
  if (choice.kind === 'none') return undefined;
  if (choice.kind === 'wrong') return choice;
  const { analysis } = estimated.estimate;
  const asked = runAskedOf(estimated);
  return { kind: 'run', run: engineRun(analysis, choice, asked), reach: engineReach(analysis, choice, asked), asked };
}

/** The answer in a line, or why there is none; `undefined` where no engine is chosen. `brief`: where there is little room. */
export function engineLineOf(estimated: Estimated, t: Translate, brief = false): string | undefined {
  const answer = engineAnswerOf(estimated);
  if (!answer) return undefined;
  const { numbers, context } = estimated.settings;
  if (answer.kind === 'wrong')
    return answer.problem.engine ? t('{0}: its settings are wrong', answer.problem.engine.title) : t('Serving engine: unknown');
  return engineLine(answer.run, answer.reach, answer.asked.target, context, t, numbers, brief);
}

/** What is wrong with an engine's settings or run, in full; `undefined` where nothing is. */
export function engineProblemOf(estimated: Estimated, t: Translate): string | undefined {
  const answer = engineAnswerOf(estimated);
  const problem = answer?.kind === 'wrong' ? answer.problem : answer?.run.problem;
  return problem && engineProblemText(problem, t, estimated.settings.numbers);
}
