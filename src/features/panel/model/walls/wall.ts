import type { Figure, Wall } from '../../../../shared/panel/snapshot';
import type { View } from '../view';

/** One limit of a model: undefined where it says nothing about this one. */
export type WallOf = (view: View) => Wall | undefined;

export const wall = (id: string, title: string, figure: Figure, lever: string): Wall => ({ id, title, figure, lever });

/** Parameters that one token of text passes through: towers of images and sound have a data set of their own. */
export function textParameters({ analysis: { parameters } }: View): number {
  const { vision = 0, audio = 0, projector = 0 } = parameters.byComponent;
  return parameters.active - vision - audio - projector;
}

/** Whether the rules of language-model training speak of it: one stack that reads and writes tokens of text. */
export function isLanguageModel(view: View): boolean {
  const { inventory, parameters } = view.analysis;
  const twoStacks = inventory.states.some(({ state }) => state.kind === 'cross');
  const hasVocabulary = inventory.entries.some(({ role }) => role === 'embedding');
  const { audio = 0 } = parameters.byComponent;
  return inventory.states.length > 0 && !twoStacks && hasVocabulary && audio === 0 && textParameters(view) > 0;
}
