import { formatNumber, formatShare, type Component, type InventoryEntry } from '../../../engine/index';
import type { BreakdownRow, Summary } from '../../../shared/panel/snapshot';
import { findingText } from '../../../shared/text/findings';
import { componentNames } from '../../../shared/text/report';
import { about, basisNotes, basisWord } from './basis';
import { figure, writers, type View } from './view';

const towers = ['vision', 'audio', 'projector'] as const satisfies readonly Component[];
/** Tensors that a component's formula names; the rest is summed up. */
const namedTensors = 12;

const componentsOf = ({ analysis }: View): (readonly [Component, number])[] =>
  (Object.entries(analysis.parameters.byComponent) as [Component, number][]).filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);

/** What the model is: the parameters in full, and what they stand on. */
export function summaryOf(view: View): Summary {
  const { analysis, t, style } = view;
  const { parameters, basis, model } = analysis;
  const { whole, count } = writers(style);
  const names = componentNames(t);
  const total = about(basis, whole(parameters.total));
  const sum = componentsOf(view).map(([component, number], index) => `${index === 0 ? '  ' : '+ '}${whole(number)}  ${names[component]}`);
  const buffers = parameters.stored - parameters.total;
  return {
    family: analysis.title,
    architecture: analysis.architecture,
    parameters: figure(
      t('{0} parameters', total),
      [...sum, `= ${total}`],
      [
        t('Every tensor of {0} once; tensors that share storage are counted once.', analysis.architecture),
        ...(buffers > 0 ? [t('The files hold {0} more numbers that are not trained (buffers).', whole(buffers))] : []),
      ],
    ),
    basis: {
      kind: basis.kind,
      figure: figure(
        basisWord(basis, t),
        [],
        [
          basis.kind === 'exact'
            ? t('Names and shapes of all tensors follow {0}.', model.family.source)
            : t('Modelled after {0}.', model.family.source),
          ...basisNotes(basis, t),
          ...analysis.findings.filter(({ code }) => code === 'assumption').map((finding) => findingText(finding, t, style)),
        ],
      ),
    },
    active: parameters.active === parameters.total ? null : activeOf(view),
    parts: partsOf(view).map(({ name, number }) => ({
      name,
      figure: figure(
        about(basis, count(number)),
        [`${whole(number)} = ${formatShare(number / parameters.total, style)} × ${whole(parameters.total)}`],
        [],
      ),
    })),
  };
}

function activeOf({ analysis, t, style }: View): Summary['active'] {
  const { parameters, basis } = analysis;
  const { whole, count } = writers(style);
  const idle = parameters.total - parameters.active;
  return figure(
    t('{0} active per token', about(basis, count(parameters.active))),
    [
      `${whole(parameters.total)} − ${whole(idle)} = ${whole(parameters.active)}`,
      `${whole(parameters.active)} ÷ ${whole(parameters.total)} = ${formatShare(parameters.active / parameters.total, style)}`,
    ],
    [
      t('All but the routed experts that a token does not use; embedding and head are counted.'),
      t('All experts must be in memory all the same.'),
    ],
  );
}

/** Text, vision, audio of a composite; empty for a model of one part. */
function partsOf({ analysis: { parameters }, t }: View): { name: string; number: number }[] {
  const names = { vision: t('vision'), audio: t('audio'), projector: t('projector') };
  const parts = towers.flatMap((component) => {
    const number = parameters.byComponent[component] ?? 0;
    return number > 0 ? [{ name: names[component], number }] : [];
  });
  if (parts.length === 0) return [];
  const text = parameters.total - parts.reduce((sum, { number }) => sum + number, 0);
  return text > 0 ? [{ name: t('text'), number: text }, ...parts] : parts;
}

/** Parameters by component, each with the tensors that it is the sum of. */
export function breakdownOf(view: View): readonly BreakdownRow[] {
  const { analysis, t, style } = view;
  const { total } = analysis.parameters;
  const { count, whole } = writers(style);
  const names = componentNames(t);
  return componentsOf(view).map(([component, number]) => {
    const tensors = analysis.inventory.entries
      .filter((entry) => entry.component === component && !entry.buffer && entry.tiedTo === undefined)
      .sort((a, b) => sizeOf(b) - sizeOf(a));
    const lines = tensors.slice(0, namedTensors).map((entry) => tensorLine(entry, view));
    const rest = tensors.slice(namedTensors).reduce((sum, entry) => sum + sizeOf(entry), 0);
    return {
      name: names[component],
      share: number / total,
      shareText: formatShare(number / total, style),
      count: figure(
        about(analysis.basis, count(number)),
        [
          ...lines,
          ...(rest > 0 ? [t('{0} in {1} smaller tensors', whole(rest), whole(tensors.length - namedTensors))] : []),
          `= ${whole(number)}`,
        ],
        [],
      ),
    };
  });
}

const sizeOf = ({ elements, copies }: InventoryEntry): number => elements * copies;

/** "model.layers.{n}.mlp.up_proj.weight: 32 × 14,336 × 4,096 = 1,879,048,192". */
function tensorLine(entry: InventoryEntry, { style }: View): string {
  const shape = entry.shape.map((dimension) => formatNumber(dimension, 0, style)).join(' × ');
  const copies = entry.copies === 1 ? '' : `${formatNumber(entry.copies, 0, style)} × `;
  return `${entry.name}: ${copies}${shape}${copies || entry.shape.length > 1 ? ` = ${formatNumber(sizeOf(entry), 0, style)}` : ''}`;
}
