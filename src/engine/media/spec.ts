import type { ImageSize } from './rule';

/** An image, a clip or audio as it is asked about, and how many of its kind. */
export type MediaItem =
  | ({ readonly kind: 'image'; readonly count: number } & ImageSize)
  | ({ readonly kind: 'video'; readonly count: number; readonly frames: number } & ImageSize)
  | { readonly kind: 'audio'; readonly count: number; readonly seconds: number };

export type MediaKind = MediaItem['kind'];

/** Sheets of ISO 216 and ANSI, in millimetres. */
const sheets: Readonly<Record<string, readonly [number, number]>> = {
  a3: [297, 420],
  a4: [210, 297],
  a5: [148, 210],
  letter: [215.9, 279.4],
  legal: [215.9, 355.6],
};
const millimetresPerInch = 25.4;

const bounds = { side: 100_000, frames: 100_000, count: 100_000, seconds: 7 * 24 * 3600, dpi: 2400 };

/** How each kind is written, for messages. */
export const mediaForms: Readonly<Record<MediaKind, string>> = {
  image: `WIDTHxHEIGHT or ${Object.keys(sheets).join(', ')}@DPI, and :COUNT`,
  video: 'WIDTHxHEIGHTxFRAMES, and :COUNT',
  audio: 'SECONDS, or minutes as 3m, and :COUNT',
};

/** `1024x768`, `a4@150`, `640x360x64`, `30s`, each with `:COUNT`; `undefined` for what is none of its kind. */
export function parseMedia(kind: MediaKind, text: string): MediaItem | undefined {
  const [, what = '', times] = /^([^:]+)(?::(\d{1,6}))?$/.exec(text.trim().toLowerCase()) ?? [];
  const count = times === undefined ? 1 : Number(times);
  if (count < 1 || count > bounds.count) return undefined;
  switch (kind) {
    case 'image': {
      const size = imageOf(what);
      return size && { kind, count, ...size };
    }
    case 'video': {
      const [, width, height, frames] = /^(\d+)x(\d+)x(\d+)$/.exec(what)?.map(Number) ?? [];
      if (width === undefined || height === undefined || frames === undefined) return undefined;
      return isSide(width) && isSide(height) && frames >= 1 && frames <= bounds.frames ? { kind, count, width, height, frames } : undefined;
    }
    case 'audio': {
      const [, number, unit] = /^(\d+(?:\.\d+)?)(s|m)?$/.exec(what) ?? [];
      const seconds = Number(number) * (unit === 'm' ? 60 : 1);
      return seconds > 0 && seconds <= bounds.seconds ? { kind, count, seconds } : undefined;
    }
  }
}

const isSide = (length: number): boolean => length >= 1 && length <= bounds.side;

function imageOf(text: string): ImageSize | undefined {
  const [, name = '', dpi] = /^([a-z]+\d?)@(\d{1,4})$/.exec(text) ?? [];
  const sheet = Object.hasOwn(sheets, name) ? sheets[name] : undefined;
  if (sheet) {
    const density = Number(dpi);
    // As renderers of pages do, up to the next pixel.
    const pixels = (length: number): number => Math.ceil((length / millimetresPerInch) * density);
    return density >= 1 && density <= bounds.dpi ? { width: pixels(sheet[0]), height: pixels(sheet[1]) } : undefined;
  }
  const [, width, height] = /^(\d+)x(\d+)$/.exec(text)?.map(Number) ?? [];
  return width !== undefined && height !== undefined && isSide(width) && isSide(height) ? { width, height } : undefined;
}
