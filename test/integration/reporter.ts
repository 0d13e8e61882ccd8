import type Mocha from 'mocha';

// scripts/vscode/reportedLine.mjs looks for the same tag
const tag = '[suite] ';

/** Prints through the console, the one channel that every extension host forwards to its window. */
export function say(text: string, depth = 0): void {
  for (const line of text.split('\n')) console.log(tag + '  '.repeat(depth) + line);
}

/** The text of anything thrown, with the innermost calls. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const calls = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`${error.name}: ${error.message}`, ...calls.slice(0, 4)].join('\n');
}

/** Mocha's reporter in both hosts. Its summary has the form of mocha's own, which scripts/test.mjs reads. */
export class ConsoleReporter {
  constructor(runner: Mocha.Runner) {
    const started = Date.now();
    const count = { passing: 0, pending: 0 };
    const failures: string[] = [];
    let depth = 0;

    runner.on('suite', ({ title }) => {
      if (title) say(title, depth);
      depth++;
    });
    runner.on('suite end', () => depth--);
    runner.on('pass', ({ title, duration }) => {
      count.passing++;
      say(`✔ ${title} (${duration ?? 0} ms)`, depth);
    });
    runner.on('pending', ({ title }) => {
      count.pending++;
      say(`- ${title}`, depth);
    });
    runner.on('fail', (test, error: unknown) => {
      say(`✘ ${test.title}`, depth);
      failures.push(`${test.fullTitle()}\n${describeError(error)}`);
    });
    runner.once('end', () => {
      say(`${count.passing} passing (${Date.now() - started} ms)`);
      if (count.pending > 0) say(`${count.pending} pending`);
      if (failures.length > 0) say(`${failures.length} failing`);
      failures.forEach((failure, at) => say(`${at + 1}) ${failure}`));
    });
  }
}
