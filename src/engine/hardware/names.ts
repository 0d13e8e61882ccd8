import type { Device } from './device';

/** Words that makers and drivers put around a name without telling devices apart. */
const decoration = new Set([
  'nvidia', 'geforce', 'tesla', 'quadro', 'amd', 'radeon', 'instinct', 'intel', 'apple', 'google', 'huawei', 'qualcomm', 'mediatek',
  'gpu', 'graphics', 'generation', 'r', 'tm',
]); // prettier-ignore
/** Series words that people leave out: "4090" for "RTX 4090". */
const series = new Set(['rtx', 'gtx', 'rx', 'arc', 'ascend', 'tpu', 'snapdragon']);

/** Longest name that is looked at; more is no device's name. */
export const maxNameLength = 100;

/** "NVIDIA H100 80 GB-HBM3" → ["h100", "80gb", "hbm3"]: lower case, without punctuation, sizes in one word. */
export function nameTokens(name: string): string[] {
  const words = name
    .slice(0, maxNameLength)
    .toLowerCase()
    .replace(/(?<![\p{L}\p{N}])(\d+)\s*(?:gib|gb|g)(?![\p{L}\p{N}])/gu, '$1gb')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  const telling = words.filter((word) => !decoration.has(word));
  return telling.length > 0 ? telling : words;
}

/** All tokens in one word, the form in which names are compared. */
export const nameKey = (name: string): string => nameTokens(name).join('');

/** Ways to write the whole name: with and without its series word, and each alias. */
export function wholeKeys(device: Device): Set<string> {
  const keys = new Set<string>();
  for (const name of [device.name, ...device.aliases]) {
    const tokens = nameTokens(name);
    keys.add(tokens.join(''));
    if (tokens.length > 1 && series.has(tokens[0] ?? '')) keys.add(tokens.slice(1).join(''));
  }
  return keys;
}

/** Beginnings of the name that end with a word: "h100", "h100sxm" of "H100 SXM 80GB". */
export function beginningKeys(device: Device): Set<string> {
  const keys = new Set<string>();
  const tokens = nameTokens(device.name);
  for (const start of series.has(tokens[0] ?? '') ? [0, 1] : [0]) {
    for (let end = start + 1; end <= tokens.length; end++) {
      const key = tokens.slice(start, end).join('');
      if (/\d/.test(key)) keys.add(key);
    }
  }
  return keys;
}

/** Edits (insert, delete, replace) between two short words. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? a.length;
}
