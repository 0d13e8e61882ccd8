import { refuse } from './reading';

/**
 * Turns bytes that come in pieces, which may end within a character, into text. The engine has none of its own for long
 * texts: every platform brings a faster one.
 */
export interface TextPieces {
  /** The text of the next piece; `undefined` where it is no UTF-8. */
  push(bytes: Uint8Array): string | undefined;
  /** Whether the last piece ended with a whole character. */
  end(): boolean;
}

/** The text of the next piece, for a reading: refuses what is no UTF-8. */
export const textOf = (pieces: TextPieces, bytes: Uint8Array): string => pieces.push(bytes) ?? refuse('not-utf8');

/** Ends a text, for a reading. */
export function endText(pieces: TextPieces): void {
  if (!pieces.end()) refuse('not-utf8');
}

/** The text of a short name in UTF-8, for a reading: refuses anything else. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] as number;
    const width = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    text += width === 1 ? String.fromCharCode(lead) : String.fromCodePoint(pointAt(bytes, at, width));
    at += width;
  }
  return text;
}

/** Least code point of each width: shorter ones written longer are no UTF-8 (Unicode 15, table 3-7). */
const least = [0, 0, 0x80, 0x800, 0x10000];

function pointAt(bytes: Uint8Array, at: number, width: number): number {
  const lead = bytes[at] as number;
  if (lead < 0xc2 || lead > 0xf4 || at + width > bytes.length) refuse('not-utf8');
  let point = lead & (0x7f >> width);
  for (let next = at + 1; next < at + width; next++) {
    const byte = bytes[next] as number;
    if ((byte & 0xc0) !== 0x80) refuse('not-utf8');
    point = (point << 6) | (byte & 0x3f);
  }
  if (point < (least[width] as number) || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) refuse('not-utf8');
  return point;
}
