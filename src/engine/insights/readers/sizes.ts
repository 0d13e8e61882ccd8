/** Keys that decide parameters: layers, vocabulary, feed-forward widths, heads, tables, parts of composites. */
import type { Component } from '../../modules/tree';
import type { InventoryEntry } from '../../weights/inventory';
import { factor, formula, term } from '../formula';
import type { RecognisedKey } from '../sections';
import {
  attentionModules,
  decidedFormula,
  decidedParameters,
  equalSizes,
  isParameter,
  parametersOf,
  tensorFormula,
  type Decided,
  type LayerSort,
} from '../tensors';
import type { Figures, Reader, View } from '../view';

/** What a key decides, without a figure for the line. */
export const readDecided: Reader = (key, view) => ({
  share() {
    const decided = view.decided(key);
    return decided.length > 0 ? view.share(decidedParameters(decided)) : undefined;
  },
  formulas: () => [decidedFormula(view.decided(key), key)],
});

/** Share and formula of what a key decides, or of some of it. */
export function figuresOf(decided: readonly Decided[], key: RecognisedKey, view: View) {
  const share = view.share(decidedParameters(decided));
  return { share, rest: { share: () => share, formulas: () => [decidedFormula(decided, key)] } satisfies Figures };
}

export const readLayers: Reader = (key, view) => {
  const stacks = view.stacksOf(key);
  if (stacks.length === 0) return undefined;
  const sorts = equalSizes(stacks.flatMap((stack) => stack.sorts));
  const parameters = stacks.reduce((sum, stack) => sum + stack.parameters, 0);
  return {
    hint: { kind: 'layers', sorts, parameters },
    share: () => view.share(parameters),
    formulas: () => [formula('parameters', sorts.map(layerTerm))],
    cache: true,
  };
};

const layerTerm = ({ copies, parameters }: LayerSort) => term(factor(copies, 'layers'), factor(parameters, 'parametersPerLayer'));

export const readVocabulary: Reader = (key, view) => {
  const decided = view.decided(key);
  if (decided.length === 0) return undefined;
  const { share, rest } = figuresOf(decided, key, view);
  const embedding = decidedParameters(decided.filter(({ component }) => component === 'embedding'));
  const tied = view.analysis.inventory.entries.some(({ role, tiedTo }) => role === 'head' && tiedTo !== undefined);
  return { hint: { kind: 'vocabulary', embedding, head: share.parameters - embedding, tied, share }, ...rest };
};

export const readFeedForward: Reader = (key, view) => {
  const decided = view.decided(key);
  if (decided.length === 0) return undefined;
  const { share, rest } = figuresOf(decided, key, view);
  const inExperts = decidedParameters(decided.filter(({ component }) => component === 'experts'));
  return { hint: { kind: 'feedForward', inExperts, shared: key.meaning === 'sharedExpertWidth', share }, ...rest };
};

/** The inner width of state-space layers, or what it is a multiple of; a width that another key sets decides nothing. */
export const readStateSpaceWidth: Reader = (key, view) => {
  const decided = view.decided(key);
  if (decided.length === 0) return undefined;
  const { share, rest } = figuresOf(decided, key, view);
  return { hint: { kind: 'stateSpace', share }, ...rest };
};

/** All of attention: heads alone decide little of it, since most families split a given width over them. */
export const readHeads: Reader = (key, view) => {
  if (key.section.ownName(key.key) === undefined) return undefined;
  const { kind } = key.section;
  const tower = kind === 'vision' || kind === 'audio' ? kind : undefined;
  if (!tower && !view.inText(key)) return undefined;
  const own = tower ? [] : ofComponent(view, 'attention', key.side);
  // Everything in a tower counts as the tower's; Whisper's encoder is one, without a section of its own.
  const entries = own.length > 0 ? own : inTower(view, tower ?? 'audio', key.side);
  if (entries.length === 0) return undefined;
  const share = view.share(parametersOf(entries));
  const cache = !tower && key.side !== 'encoder';
  return { hint: { kind: 'attention', share }, share: () => share, formulas: () => [tensorFormula(entries, key)], cache };
};

export const readTable =
  (table: 'positions' | 'segments'): Reader =>
  (key, view) => {
    const decided = view.decided(key).filter(({ role }) => role === 'position');
    if (decided.length === 0) return undefined;
    const { share, rest } = figuresOf(decided, key, view);
    return { hint: { kind: 'table', table, share }, ...rest };
  };

export const readTying: Reader = (key, view) => {
  if (typeof key.value !== 'boolean') return undefined;
  const other = view.totalWith(key, !key.value);
  const parameters = other === undefined ? 0 : Math.abs(other - view.analysis.parameters.total);
  if (parameters === 0) return undefined;
  return {
    hint: { kind: 'tying', tied: key.value, parameters },
    formulas: () => [formula('parameters', [tyingTerm(parameters, view)])],
  };
};

function tyingTerm(parameters: number, { text }: View) {
  const [vocabulary, hidden] = [text.value('vocabulary'), text.value('hiddenSize')];
  return vocabulary !== undefined && hidden !== undefined && vocabulary * hidden === parameters
    ? term(factor(vocabulary, 'vocabulary'), factor(hidden, 'hiddenSize'))
    : term(factor(parameters, 'parameters'));
}

const towers: ReadonlySet<Component> = new Set(['vision', 'audio', 'projector']);

export const readPart =
  (part: 'text' | 'vision' | 'audio'): Reader =>
  (_key, view) => {
    const { entries } = view.analysis.inventory;
    if (!entries.some(({ component }) => towers.has(component))) return undefined;
    const share = view.share(
      parametersOf(entries.filter(({ component }) => (part === 'text' ? !towers.has(component) : component === part))),
    );
    return share.parameters === 0 ? undefined : { hint: { kind: 'part', part, share }, share: () => share };
  };

/** Parameters of a component, in one half of an encoder-decoder where the key is that half's. */
const ofComponent = (view: View, wanted: Component, side: RecognisedKey['side']): readonly InventoryEntry[] =>
  view.analysis.inventory.entries.filter(
    (entry) => isParameter(entry) && entry.component === wanted && (side === undefined || entry.name.split('.').includes(side)),
  );

/** Parameters of the attention modules of a tower, without their norms, as attention counts elsewhere. */
function inTower(view: View, tower: Component, side: RecognisedKey['side']): readonly InventoryEntry[] {
  const modules = attentionModules(view.analysis);
  return ofComponent(view, tower, side).filter(({ name, role }) => role !== 'norm' && modules.some((path) => name.startsWith(`${path}.`)));
}
