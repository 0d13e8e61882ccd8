const tag = '[suite] ';

/** The text after the tag that test/integration/reporter.ts puts before its lines; undefined for anything else. */
export function reportedLine(consoleText) {
  const start = consoleText.indexOf(tag);
  return start < 0 ? undefined : consoleText.slice(start + tag.length);
}
