import { defaultStyle, formatBytes, formatNumber, type Analysis, type MediaEstimate } from '../engine/index';
import { mediaBasisText, mediaPartText } from '../shared/text/media';
import { english } from '../shared/text/translate';
import { about } from '../shared/text/weights';

/** What images, clips and audio take of the context and the cache, for reading. */
export function mediaLines({ contextLimit }: Analysis, media: MediaEstimate): readonly string[] {
  const number = (value: number): string => formatNumber(value);
  const of = contextLimit === null ? '' : ` of ${number(contextLimit)}`;
  return [
    ...media.parts.map((part) => {
      const times = part.item.count > 1 ? `${number(part.item.count)} × ` : '';
      return `${times}${mediaPartText(part, media, english, defaultStyle)} (${mediaBasisText(part, english)})`;
    }),
    `together: ${about(media.basis)}${number(media.tokens)} tokens${of}, cache ${about(media.basis)}${formatBytes(media.cacheBytes)} at ${media.dtype}`,
  ];
}
