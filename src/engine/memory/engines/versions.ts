/** The newest release whose source was read. */
export const newest = '0.33.0';
/** The oldest that the rules describe: from here on, V1 is the default and its planning of the cache is as read. */
export const oldest = '0.10.0';

/** Whether a version ("0.10.2", "0.19.2rc1.dev206+g95995bbef") is at least another one. Text without numbers is none. */
export function atLeast(version: string, least: string): boolean {
  const have = numbersOf(version);
  const want = numbersOf(least);
  for (let index = 0; index < want.length; index++) {
    const difference = (have[index] ?? 0) - (want[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Leading numbers of a version; letters and what follows them are left out. */
function numbersOf(version: string): readonly number[] {
  const [release = ''] = /^\d+(\.\d+)*/.exec(version.replace(/^v/, '')) ?? [];
  return release.split('.').map(Number);
}

/** Whether a text is a version at all. */
export const isVersion = (version: string): boolean => /^v?\d+\.\d+/.test(version);
