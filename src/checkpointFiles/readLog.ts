import { lineSplitter, logReader, type ProfileSource, type StartupLog } from '../engine/index';

/** The starts in a log, UTF-8 or (as PowerShell redirects) UTF-16; it is read in pieces, however long it is. */
export async function startsIn(pieces: AsyncIterable<Uint8Array>): Promise<readonly StartupLog[]> {
  const reader = logReader();
  const splitter = lineSplitter();
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const bytes of pieces) {
    decoder ??= new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8');
    for (const line of splitter.push(decoder.decode(bytes, { stream: true }))) reader.add(line);
  }
  for (const line of [...splitter.push(decoder?.decode() ?? ''), ...splitter.end()]) reader.add(line);
  return reader.starts();
}

/** What a profile says of a log that is checked now. */
export function sourceOf(name: string | null): ProfileSource {
  const now = new Date();
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
  return { log: name, date };
}
