import type { TextPieces } from '../engine/index';

/** The platform's own decoder: strict, and a byte-order mark is kept for the reader to judge. */
export function textPieces(): TextPieces {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const attempt = (decode: () => string): string | undefined => {
    try {
      return decode();
    } catch {
      return undefined;
    }
  };
  return {
    push: (bytes) => attempt(() => decoder.decode(bytes, { stream: true })),
    end: () => attempt(() => decoder.decode()) !== undefined,
  };
}
