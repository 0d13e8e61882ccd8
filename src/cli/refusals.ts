import {
  defaultStyle,
  findPreset,
  formatBytes,
  formatNumber,
  presetModelOf,
  refusals,
  type Deployment,
  type Estimate,
  type KeptForWidth,
  type Precision,
  type PrecisionWeights,
  type Refusal,
  type Target,
} from '../engine/index';
import { refusalText } from '../shared/text/refusals';
import { deviceText } from '../shared/text/summary';
import { english } from '../shared/text/translate';

/** Why a precision cannot be packed or run as asked, or what was left alone so that it can be counted at all. */
export interface Reason {
  /** A code of the engine's refusals, or `width-kept`. */
  readonly reason: Refusal['code'] | 'width-kept';
  readonly values: Refusal['values'];
  readonly message: string;
}

/** What speaks against the precisions that were asked for. */
export interface Reasons {
  /** On any device. */
  of(weights: PrecisionWeights): readonly Reason[];
  /** On so many of one device, beside what holds on any. */
  on(target: Target, precision: Precision): readonly Reason[];
}

export function reasonsOf({ analysis, settings }: Estimate): Reasons {
  const model = presetModelOf(analysis);
  const edits = settings.presetOptions?.edits ?? {};
  const refused = (precision: Precision, target: Deployment): readonly Reason[] => {
    const preset = findPreset(precision);
    return preset ? refusals(preset, model, { edits, ...target }).map(reasonOf) : [];
  };
  const onAny = new Map<Precision, readonly Reason[]>();
  const anywhere = (precision: Precision): readonly Reason[] => {
    const known = onAny.get(precision) ?? refused(precision, {});
    onAny.set(precision, known);
    return known;
  };
  return {
    of: ({ precision, details }) => [...anywhere(precision), ...(details?.keptForWidth ? [widthReason(details.keptForWidth)] : [])],
    on({ device, count }, precision) {
      const known = new Set(anywhere(precision).map(({ message }) => message));
      return refused(precision, { device, tensorParallel: count }).filter(({ message }) => !known.has(message));
    },
  };
}

const reasonOf = (refusal: Refusal): Reason => ({
  reason: refusal.code,
  values: refusal.values,
  message: refusalText(refusal, english, defaultStyle),
});

function widthReason({ tensor, shape, kinds, bytes }: KeptForWidth): Reason {
  const others = kinds > 1 ? ` and ${formatNumber(kinds - 1)} more kinds of tensors` : '';
  return {
    reason: 'width-kept',
    values: { tensor, shape: shape.join('×'), kinds, bytes },
    message: `Rows of ${tensor} [${shape.join(', ')}]${others} do not divide: ${formatBytes(bytes)} counted at 16 bits or more.`,
  };
}

/** What speaks against the precisions of a report, for reading: each reason once, with the presets that it holds for. */
export function refusalLines(value: Estimate, width: number): readonly string[] {
  const { weights, settings } = value;
  const reasons = reasonsOf(value);
  const presets = new Map<string, Precision[]>();
  const add = (precision: Precision, sentence: string): void => {
    const known = presets.get(sentence);
    if (known) known.push(precision);
    else presets.set(sentence, [precision]);
  };
  for (const each of weights) for (const { message } of reasons.of(each)) add(each.precision, message);
  for (const target of settings.targets) {
    const device = deviceText(target.device.name, target.count);
    for (const { precision } of weights) for (const { message } of reasons.on(target, precision)) add(precision, `${device}: ${message}`);
  }
  if (presets.size === 0) return [];
  const lines = [...presets].flatMap(([sentence, names]) => [
    ...wrapped(sentence, '  ', width),
    ...wrapped(names.join(', '), '    ', width),
  ]);
  return ['what stands against it:', ...lines];
}

/** Words in lines of a width, all of them indented. */
function wrapped(text: string, indent: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines;
}
