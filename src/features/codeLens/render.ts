import {
  fitInputOf,
  formatNumber,
  smallestCount,
  type Device,
  type Estimate,
  type Fit,
  type NumberStyle,
  type Precision,
} from '../../engine/index';
import { fitPlaceText, targetText } from '../../shared/text/deviceProfiles';
import { shortLabel } from '../../shared/text/precisions';
import { bestFit, deviceText, modelLine, reachText } from '../../shared/text/summary';
import type { Translate } from '../../shared/text/translate';
import { about } from '../../shared/text/weights';

/** Precisions that the line goes through for a target, most precise first. */
const order = ['checkpoint', 'fp8-channel', 'awq-int4-g128'] as const;

/** Precisions whose sizes the line may tell. */
const sized: ReadonlySet<Precision> = new Set(['bf16', 'fp8-channel', 'awq-int4-g128']);

export interface LensTexts {
  readonly model: string;
  readonly target: string;
  readonly guide: string;
  /** What the files beside the config say of it; last, so that nothing moves when it comes. */
  readonly proof?: string;
}

/** What others have to say in the line. */
export interface LensNews {
  /** What the files beside the config say of it. */
  readonly proof?: string | undefined;
  /** How far the chosen engine goes on the first target, in the place of the targets, and the precision that this is about. */
  readonly engine?: { readonly text: string; readonly brief: string; readonly precision: Precision } | undefined;
}

/** Columns that a window of 1280 pixels shows beside the side bar. */
export const lensColumns = 130;

/** Ways to write the line, the fullest first. Words go before figures, and figures go that a hint on the same screen has. */
const shapes = [
  { brief: false, unit: true, guide: (t: Translate): string => t('Why & how to shrink') },
  { brief: false, unit: false, guide: (t: Translate): string => t('Why & how to shrink') },
  { brief: false, unit: false, guide: (t: Translate): string => t('Guide') },
  { brief: true, unit: false, guide: (t: Translate): string => t('Guide') },
  // The tooltip says what was measured here, too.
  { brief: true, unit: false, unmarked: true, guide: (t: Translate): string => t('Guide') },
] as const;
const briefest = shapes[4];

/**
 * The three links above the first line, and a fourth once the files beside the config were looked into; their order never
 * changes. A stale line differs from the one before the edit in its guide alone, so that nothing moves.
 */
export function lensTexts(value: Estimate, stale: boolean, t: Translate, style: NumberStyle, { proof, engine }: LensNews = {}): LensTexts {
  const { analysis, weights } = value;
  const spoken: Spoken = engine ? { precision: engine.precision, text: (unit) => (unit ? engine.text : engine.brief) } : spokenOf(value);
  const told = spoken.precision === 'checkpoint' ? undefined : spoken.precision;
  const others = weights.filter(({ precision }) => sized.has(precision) || precision === told);
  const write = ({ brief, unit, guide, ...more }: (typeof shapes)[number]): LensTexts => ({
    model: modelLine(analysis, others, t, style, brief, told),
    target: spoken.text(unit, 'unmarked' in more, t, style),
    guide: guide(t),
    ...(proof !== undefined && { proof }),
  });
  const fresh = shapes.map(write).find((texts) => columnsOf(texts) <= lensColumns) ?? write(briefest);
  if (!stale) return fresh;
  const marked = { ...fresh, guide: t('{0} (before edit)', fresh.guide) };
  return columnsOf(marked) <= lensColumns ? marked : { ...fresh, guide: t('(old)') };
}

/** Columns of the whole line, with what VS Code puts between links; Chinese characters take two. */
export const columnsOf = ({ model, target, guide, proof }: LensTexts): number =>
  [...[model, target, guide, ...(proof === undefined ? [] : [proof])].join(' | ')].reduce(
    (sum, character) => sum + (character >= '\u2e80' ? 2 : 1),
    0,
  );

/** What is said of the targets, and the precision that it is about. */
interface Spoken {
  readonly precision?: Precision;
  readonly text: (unit: boolean, unmarked: boolean, t: Translate, style: NumberStyle) => string;
}

function spokenOf(value: Estimate): Spoken {
  const { analysis, fits, settings } = value;
  const first = settings.targets[0];
  if (!first) return { text: (_unit, _unmarked, t) => t('Choose target hardware') };
  const schemeOf = (fit: Fit): string => (fit.precision === 'checkpoint' ? analysis.checkpoint.scheme : fit.precision);
  const signOf = (fit: Fit): string => about(value.weights.find(({ precision }) => precision === fit.precision)?.basis ?? analysis.basis);
  const best = bestFit(fits, order);
  if (best)
    return {
      precision: best.precision,
      text: (unit, unmarked, t, style) =>
        `${unmarked ? deviceText(best.device, best.count) : fitPlaceText(best, t)}: ${shortReach(best, schemeOf(best), signOf(best), unit, t, style)}`,
    };
  const short = settings.targets.flatMap((target) => {
    const smallest = fits
      .filter((fit) => fit.fits === false && fit.device === target.device.name && fit.count === target.count)
      .sort((a, b) => a.total - b.total)[0];
    return smallest ? [{ target, smallest, needed: neededOf(value, target.device, smallest) }] : [];
  });
  const [fewest] = short.sort((a, b) => (a.needed ?? Infinity) - (b.needed ?? Infinity));
  if (!fewest) return { text: (_unit, _unmarked, t) => t('{0}: memory unknown', first.device.name) };
  const { target, smallest, needed } = fewest;
  return {
    precision: smallest.precision,
    text: (_unit, unmarked, t) => {
      const { device } = target;
      const nameOf = (count: number): string => (unmarked ? deviceText(device.name, count) : targetText({ device, count }, t));
      const label = shortLabel(schemeOf(smallest));
      return needed === null
        ? t('{0}: does not fit, not even 16 of them at {1}', nameOf(1), label)
        : t('{0} needs {1}', label, signOf(smallest) + nameOf(needed));
    },
  };
}

/** `reachText` for a line that has no room: "BF16 to its full 131,072 tokens" where the model's limit ends it. */
function shortReach(fit: Fit, scheme: string, sign: string, unit: boolean, t: Translate, style: NumberStyle): string {
  const { maxContext, memoryContext } = fit;
  if (maxContext === null || maxContext === memoryContext) return reachText(fit, scheme, t, style, sign);
  const [label, limit] = [shortLabel(scheme), formatNumber(maxContext, 0, style)];
  return unit ? t('{0} to its full {1} tokens', label, limit) : t('{0} to its full {1}', label, limit);
}

/** How many of a device would hold the model at the precision of a fit; `null` where none of the counts does. */
function neededOf({ analysis, weights, settings }: Estimate, device: Device, { precision }: Fit): number | null {
  const held = weights.find((each) => each.precision === precision);
  return held ? smallestCount(device, fitInputOf(analysis, settings, held)) : null;
}
