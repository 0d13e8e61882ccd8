import { formatNumber, type EditablePart, type NumberStyle, type RefusedGroup, type Refusal, type RefusalCode } from '../../engine/index';
import { partNames } from './partNames';
import type { Translate } from './translate';

type Say = (text: (key: string) => string, count: (key: string) => string, t: Translate) => string;

const sentences: Readonly<Record<RefusalCode, Say>> = {
  'group-splits-row': (text, count, t) =>
    text('kinds') === '1'
      ? t('Groups of {0} do not divide the {1} columns of {2}.', count('groupSize'), count('columns'), text('tensor'))
      : t(
          'Groups of {0} do not divide the {1} columns of {2} ({3} kinds of tensors).',
          count('groupSize'),
          count('columns'),
          text('tensor'),
          count('kinds'),
        ),
  'kept-layers-beyond': (_text, count, t) =>
    t('{0} whole layers are to be kept, of {1} that the model has: all of them are.', count('asked'), count('layers')),
  'part-unwritable': (text, _count, t) =>
    t(
      'No writer of {0} has a form for this part ({1}), so that the figure is of a file that nothing makes: {2}.',
      text('format'),
      text('part'),
      text('source'),
    ),
  'part-absent': (text, _count, t) => t('The model has no such part ({0}): nothing to keep or to quantize.', text('part')),
  'head-tied': (_text, _count, t) => t('The head is the embedding (tied): nothing to keep or to quantize by itself.'),
  'edit-without-effect': (text, _count, t) =>
    t('Nothing changes for this part ({0}): {1} treats it as without the edit.', text('part'), text('preset')),
  'split-uneven': (text, count, t) =>
    t('{0} {1} of {2} cannot be cut into {3} equal parts.', count('size'), text('side'), text('tensor'), count('parts')),
  'split-breaks-group': (text, count, t) =>
    t(
      'Cut into {0} parts, {1} keeps {2} {3}, which is no multiple of {4}: the cut goes through a group or a packed word.',
      count('parts'),
      text('tensor'),
      count('size'),
      text('side'),
      count('multiple'),
    ),
  'kernel-groups': (text, count, t) =>
    t('The fast kernel ({0}) reads groups of {1} or whole rows, not of {2}.', text('kernel'), text('sizes'), count('groupSize')),
  'kernel-rows': (text, count, t) =>
    t(
      'The fast kernel ({0}) works in multiples of {1} rows; {2} has {3}: vLLM 0.33 fills up with zeros, older versions take a slower kernel.',
      text('kernel'),
      count('multiple'),
      text('tensor'),
      count('size'),
    ),
  'kernel-columns': (text, count, t) =>
    t(
      'The fast kernel ({0}) works in multiples of {1} columns; {2} has {3}: vLLM 0.33 fills up with zeros, older versions take a slower kernel.',
      text('kernel'),
      count('multiple'),
      text('tensor'),
      count('size'),
    ),
  capability: (text, _count, t) => t('Needs compute capability {0}; this device has {1}.', text('needed'), text('found')),
  'capability-past': (text, _count, t) =>
    t('vLLM has no kernels for it from compute capability {0} on; this device has {1}.', text('end'), text('found')),
  'no-bf16': (text, _count, t) =>
    t(
      'What stays at 16 bits is BF16, which needs compute capability {0}; this device has {1}. FP16 would do.',
      text('needed'),
      text('found'),
    ),
  'all-bf16': (text, _count, t) =>
    t('The weights are BF16, which needs compute capability {0}; this device has {1}. FP16 would do.', text('needed'), text('found')),
  vendor: (text, _count, t) => t('Runs on devices of {0}, not of {1}.', text('needed'), text('found')),
};

/** Why a preset cannot be used as asked, in a sentence. */
export function refusalText({ code, values }: Refusal, t: Translate, style: NumberStyle): string {
  const text = (key: string): string => {
    const value = String(values[key] ?? '');
    if (key === 'part') return partNames(t)[value as EditablePart];
    return key === 'side' ? (value === 'rows' ? t('rows') : t('columns')) : value;
  };
  return sentences[code](text, (key) => formatNumber(Number(values[key] ?? 0), 0, style), t);
}

/** Why a format has no groups of a size, with where that stands. */
export function refusedGroupText({ preset: { format }, size, rule }: RefusedGroup, t: Translate, style: NumberStyle): string {
  const number = (value: number): string => formatNumber(value, 0, style);
  const { sizes, multipleOf, source } = rule;
  const taken = sizes ? t('{0} alone', sizes.map(number).join(', ')) : t('multiples of {0}', number(multipleOf ?? 1));
  return t('{0} takes no groups of {1}: {2} ({3}).', format, number(size), taken, source);
}
