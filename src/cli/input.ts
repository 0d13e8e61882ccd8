import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { parseSidecars, sidecarFiles, type SidecarFile } from '../engine/index';
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

/** Files beside a config that say more of its quantization, as far as they are there; `unreadable` names those that could not be read. */
export async function readSidecars(file: string, stdin: Readable): Promise<ReturnType<typeof parseSidecars>> {
  if (file === '-') return { sidecars: {}, unreadable: [] };
  const texts: Partial<Record<SidecarFile, string>> = {};
  const failed: SidecarFile[] = [];
  for (const name of Object.values(sidecarFiles)) {
    const beside = await readInput(join(dirname(file), name), stdin);
    if (beside.kind === 'text') texts[name] = beside.text;
    else if (beside.code !== 'enoent' && beside.code !== 'enotdir') failed.push(name);
  }
  const { sidecars, unreadable } = parseSidecars(texts);
  return { sidecars, unreadable: [...failed, ...unreadable] };
}

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
