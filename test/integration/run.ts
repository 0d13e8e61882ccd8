import type Mocha from 'mocha';
import { ConsoleReporter, describeError, say } from './reporter';

/** Options of both hosts. */
export const options = { ui: 'bdd', timeout: 60_000, reporter: ConsoleReporter as unknown as Mocha.ReporterConstructor } as const;

/** Defines every suite and runs it; fails where one cannot be defined, a test fails, or there is none. */
export async function runSuites(mocha: Mocha): Promise<void> {
  try {
    await import('virtual:suites');
  } catch (error) {
    say(describeError(error));
    throw error;
  }
  await new Promise<void>((resolve, reject) => {
    let tests = 0;
    const runner = mocha.run((failures) => {
      if (failures > 0) reject(new Error(`${failures} tests failed`));
      else if (tests === 0) reject(new Error('no test was run'));
      else resolve();
    });
    runner.on('test end', () => tests++);
  });
}
