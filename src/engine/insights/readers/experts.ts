/** Keys of mixtures of experts, and of the layers that predict further tokens. */
import { isList } from '../../config/json';
import { countParameters } from '../../weights/parameters';
import { factor, formula, term } from '../formula';
import { parametersOf } from '../tensors';
import type { Reader } from '../view';
import { figuresOf } from './sizes';

export const readExperts: Reader = (key, view) => {
  const { value } = key;
  const decided = view.decided(key).filter(({ component }) => component === 'experts');
  if (typeof value !== 'number' || decided.length === 0) return undefined;
  const { share, rest } = figuresOf(decided, key, view);
  const perToken = key.section.value('expertsPerToken');
  return {
    hint: { kind: 'experts', share, experts: value, perToken: perToken === undefined ? null : Math.min(perToken, value) },
    ...rest,
  };
};

export const readExpertsPerToken: Reader = (key, view) => {
  const { active, total } = view.analysis.parameters;
  if (typeof key.value !== 'number' || active >= total || key.section.ownName(key.key) === undefined) return undefined;
  const routed = view.analysis.inventory.entries.filter(({ activeElements, elements, copies }) => activeElements < elements * copies);
  const all = parametersOf(routed);
  const used = routed.reduce((sum, { activeElements }) => sum + activeElements, 0);
  const experts = key.section.value('experts');
  const each = experts === undefined ? NaN : all / experts;
  const told = each * key.value === used ? term(factor(key.value, 'expertsPerToken'), factor(each, 'parametersPerExpert')) : undefined;
  return {
    hint: { kind: 'active', active, total },
    share: () => view.share(active),
    formulas: () => [formula('parameters', [term(factor(active - used, 'alwaysUsed')), told ?? term(factor(used, 'parameters'))])],
  };
};

export const readSharedExperts: Reader = (key, view) => {
  const decided = view.decided(key);
  if (decided.length === 0) return undefined;
  const { share, rest } = figuresOf(decided, key, view);
  return { hint: { kind: 'sharedExperts', share }, ...rest };
};

/** Against experts in every layer: none dense, every layer of the interval. */
export const readDenseLayers: Reader = (key, view) => {
  const { value, meaning } = key;
  const interval = meaning === 'expertInterval';
  const size = isList(value) ? value.length : value;
  if (typeof size !== 'number' || size < (interval ? 2 : 1)) return undefined;
  const without = view.totalWith(key, isList(value) ? [] : interval ? 1 : 0);
  const saved = without === undefined ? 0 : without - view.analysis.parameters.total;
  return saved === 0 ? undefined : { hint: { kind: 'denseLayers', dense: interval ? null : size, saved } };
};

/**
 * A layer that predicts a further token is a layer like the last one, behind a projection of the hidden state and the next
 * token's embedding ([hidden, 2 · hidden]) and three norms; embedding and head are those of the model (DeepSeek-V3, arXiv
 * 2412.19437, section 2.2; the names in its checkpoint: eh_proj, enorm, hnorm, shared_head.norm).
 */
export const readNextToken: Reader = (key, view) => {
  const { value } = key;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || !view.inText(key)) return undefined;
  const without = view.totalWith(key, 0);
  const counted = without === undefined ? 0 : view.analysis.parameters.total - without;
  if (counted > 0) return { hint: { kind: 'nextToken', parameters: counted, counted: true }, share: () => view.share(counted) };
  const beside = countParameters(view.analysis.unloaded).total;
  if (beside > 0) return { hint: { kind: 'nextToken', parameters: beside, counted: false } };
  const hidden = view.text.value('hiddenSize');
  const [stack] = [...view.stacks()].sort((a, b) => b.parameters - a.parameters);
  const last = stack?.sorts.find((sort) => sort.last === stack.layers - 1);
  if (hidden === undefined || !last) return { hint: { kind: 'nextToken', parameters: null, counted: false } };
  const each = last.parameters + 2 * hidden * hidden + 3 * hidden;
  return {
    hint: { kind: 'nextToken', parameters: value * each, counted: false, estimated: true },
    formulas: () => [
      formula('parameters', [
        term(factor(value, 'layers'), factor(last.parameters, 'parametersPerLayer')),
        term(factor(value, 'layers'), factor(2, 'matrices'), factor(hidden, 'hiddenSize'), factor(hidden, 'hiddenSize')),
        term(factor(value, 'layers'), factor(3, 'matrices'), factor(hidden, 'hiddenSize')),
      ]),
    ],
    basis: { kind: 'approximate', reasons: ['next-token-layer-like-last'] },
  };
};
