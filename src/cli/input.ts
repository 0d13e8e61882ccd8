import { createReadStream } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { nodeFolder } from '../checkpointFiles/nodeFolder';
import { readSidecars, type FoundSidecars } from '../checkpointFiles/sidecars';
import { maxTextLength } from '../engine/limits';

export type Input =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** Bytes that are read of one input at most: no text of this size has fewer characters than the engine's limit. */
const maxBytes = maxTextLength * 3;

/** Reads a file (or, for `-`, standard input) up to the engine's limit, and no further. */
export async function readInput(file: string, stdin: Readable): Promise<Input> {
  const chunks: Buffer[] = [];
  let size = 0;
  const stream = file === '-' ? stdin : createReadStream(file);
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk as Uint8Array);
      size += bytes.length;
      if (size > maxBytes) return { kind: 'failed', code: 'text-too-large', message: `larger than ${maxBytes} bytes; no model config is` };
      chunks.push(bytes);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    return { kind: 'failed', code: code.toLowerCase(), message: error instanceof Error ? error.message : String(error) };
  }
  return { kind: 'text', text: decode(Buffer.concat(chunks)) };
}

/** What files beside a config say of its quantization; nothing lies beside standard input. */
export const readBeside = async (file: string): Promise<FoundSidecars> =>
  file === '-' ? { sidecars: {}, unreadable: [] } : readSidecars(nodeFolder(dirname(file)));

/** UTF-8 or, by its byte-order mark, UTF-16. */
function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le');
  return bytes.toString('utf8');
}

/**
 * Lines of a stream, in order. A line longer than the engine reads is given as `undefined` once, and skipped, so that
 * memory stays bounded.
 */
export async function* linesOf(stream: Readable): AsyncGenerator<string | undefined> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  const add = (part: string): void => {
    length += part.length;
    if (length <= maxTextLength + 1) parts.push(part);
    else parts = [];
  };
  const take = (): string | undefined => {
    const line = length <= maxTextLength + 1 ? parts.join('') : undefined;
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of stream) {
    const [first = '', ...others] = decoder.decode(chunk as Uint8Array, { stream: true }).split('\n');
    add(first);
    for (const part of others) {
      yield take();
      add(part);
    }
  }
  add(decoder.decode());
  if (length > 0) yield take();
}
