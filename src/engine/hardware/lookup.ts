import { devices } from './devices';
import type { Device } from './device';
import { beginningKeys, editDistance, maxNameLength, nameKey, nameTokens, wholeKeys } from './names';

export type Lookup =
  | { readonly kind: 'found'; readonly device: Device }
  /** In the catalogue's order. */
  | { readonly kind: 'ambiguous'; readonly candidates: readonly Device[] }
  /** Names that are written alike, best first; may be empty. */
  | { readonly kind: 'unknown'; readonly nearest: readonly string[] };

interface Entry {
  readonly device: Device;
  readonly name: string;
  /** These are worked out when a name is no device's own: the settings' defaults and most others are. */
  readonly whole: () => ReadonlySet<string>;
  readonly beginnings: () => ReadonlySet<string>;
  readonly tokens: () => ReadonlySet<string>;
}

const entryOf = (device: Device): Entry => ({
  device,
  name: nameKey(device.name),
  whole: once(() => wholeKeys(device)),
  beginnings: once(() => beginningKeys(device)),
  tokens: once(() => new Set([device.name, ...device.aliases].flatMap(nameTokens))),
});

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

let indexed: readonly Entry[] | undefined;
/** Built on first use: most runs look up a few names or none. */
const index = (): readonly Entry[] => (indexed ??= devices.map(entryOf));

const spelledAlike = 3;

function nearest(entries: readonly Entry[], key: string): string[] {
  return entries
    .map(({ device, whole }) => ({ name: device.name, distance: Math.min(...[...whole()].map((each) => editDistance(each, key))) }))
    .filter(({ distance }) => distance <= Math.max(2, key.length / 3))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, spelledAlike)
    .map(({ name }) => name);
}

/**
 * Finds a device by what a person or a driver calls it. Case, punctuation, spaces and the maker's name do not matter.
 * In this order: the name itself; the name without its series word, or an alias; the beginning of a name ("h100 sxm"); all
 * its words in any order ("A100 80GB PCIe"). The first of these that anything matches decides: one device is found, several
 * are ambiguous, and nothing is ever picked among them.
 *
 * @param own the person's own devices, which come before the catalogue's
 */
export function findDevice(name: string, own: readonly Device[] = []): Lookup {
  const key = name.length > maxNameLength ? '' : nameKey(name);
  const wanted = nameTokens(name);
  if (key === '') return { kind: 'unknown', nearest: [] };
  const ownEntries = own.map(entryOf);
  const mine = ownEntries.find((entry) => entry.name === key);
  if (mine) return { kind: 'found', device: mine.device };
  const entries = [...ownEntries, ...index()];
  const steps: ((entry: Entry) => boolean)[] = [
    (entry) => entry.name === key,
    (entry) => entry.whole().has(key),
    (entry) => entry.beginnings().has(key),
    (entry) => wanted.every((token) => entry.tokens().has(token)),
  ];
  for (const step of steps) {
    const matches = entries.filter(step);
    const [only] = matches;
    if (only && matches.length === 1) return { kind: 'found', device: only.device };
    if (matches.length > 1) return { kind: 'ambiguous', candidates: matches.map(({ device }) => device) };
  }
  return { kind: 'unknown', nearest: nearest(entries, key) };
}
