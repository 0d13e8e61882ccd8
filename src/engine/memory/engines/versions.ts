import { RunError } from './run';

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

/**
 * A version that was asked for, checked.
 *
 * @param engine its name, for the message
 * @throws RunError if the text is no version.
 */
export function checkedVersion(version: string, engine: string): string {
  if (!isVersion(version)) throw new RunError('version-unknown', `${version.slice(0, 40)} is no version of ${engine}`, 'engineVersion');
  return version;
}
