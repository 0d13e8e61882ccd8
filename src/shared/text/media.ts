/** Images, clips and audio: what they become, in words. */
import {
  formatBytes,
  formatNumber,
  type MediaEstimate,
  type MediaItem,
  type MediaKind,
  type MediaPart,
  type MediaProblem,
  type NumberStyle,
} from '../../engine/index';
import { basisText } from './report';
import type { Translate } from './translate';
import { about } from './weights';

type Refusal = Extract<MediaProblem, { readonly code: 'media-refused' }>['why'];

const kinds = (t: Translate): Readonly<Record<MediaKind, string>> => ({ image: t('images'), video: t('clips'), audio: t('audio') });

const refusals = (t: Translate): Readonly<Record<Refusal, string>> => ({
  'aspect-ratio': t("The model's processor refuses an image that is so long and narrow."),
  'too-few-frames': t("The model's processor needs more than that."),
});

/** Why there is no figure. */
export function mediaProblemText(problem: MediaProblem, modelType: string, t: Translate): string {
  if (problem.code === 'media-refused') return refusals(t)[problem.why];
  return t('No rule is known by which the processor of {0} counts {1}.', modelType.slice(0, 80), kinds(t)[problem.kind]);
}

/** "image of 1,024 × 768", "clip of 640 × 360, 64 frames", "30 s of audio". */
export function mediaItemText(item: MediaItem, t: Translate, style: NumberStyle): string {
  const number = (value: number): string => formatNumber(value, 0, style);
  switch (item.kind) {
    case 'image':
      return t('image of {0} × {1}', number(item.width), number(item.height));
    case 'video':
      return t('clip of {0} × {1}, {2} frames', number(item.width), number(item.height), number(item.frames));
    case 'audio':
      return t('{0} s of audio', formatNumber(item.seconds, Number.isInteger(item.seconds) ? 0 : 2, style));
  }
}

/** "image of 1,024 × 768: 1,036 tokens, cache 129.5 MiB", with what cross-attention sees of it. */
export function mediaPartText(
  { item, each, cacheBytes, basis }: MediaPart,
  { basis: all }: Pick<MediaEstimate, 'basis'>,
  t: Translate,
  style: NumberStyle,
): string {
  const number = (value: number): string => formatNumber(value, 0, style);
  const tokens = t('{0} tokens', about(basis) + number(each.tokens));
  const figures = [
    tokens,
    ...(each.cross === undefined ? [] : [t('{0} states for cross-attention', about(basis) + number(each.cross))]),
    t('cache {0}', about(all) + formatBytes(cacheBytes, style)),
  ];
  return `${mediaItemText(item, t, style)}: ${figures.join(', ')}`;
}

/** What the figures stand on, with the values that were taken for granted. */
export function mediaBasisText({ basis, assumed }: MediaPart, t: Translate): string {
  const values = Object.entries(assumed).map(([key, value]) => `${key} ${String(value)}`);
  return values.length === 0 ? basisText(basis, t) : `${basisText(basis, t)}: ${values.join(', ')}`;
}
