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

/** Whether a text is a version at all, by the rules of Python's packages (PEP 440) that all of these engines are. */
export const isVersion = (version: string): boolean =>
  /^v?\d+(\.\d+)+([-_.]?(a|b|rc|alpha|beta|c|pre|preview|post|rev|r|dev)[-_.]?\d*)*(\+[a-z\d]+([-_.][a-z\d]+)*)?$/i.test(version.trim());

/**
 * A version that was asked for, checked.
 *
 * @param engine its name, for the message
 * @throws RunError if the text is no version.
 */
export function checkedVersion(version: string, engine: string): string {
  if (!isVersion(version))
    throw new RunError(
      'version-unknown',
      `"${version.slice(0, 40)}" is no version of ${engine}, which are written like 0.10.2 or 0.11.0rc1`,
      'engineVersion',
      { form: '0.10.2, 0.11.0rc1' },
    );
  return version;
}
