import Mocha from 'mocha';
import { options, runSuites } from './run';

/** Called by VS Code in the Node.js extension host. */
export async function run(): Promise<void> {
  const mocha = new Mocha(options);
  mocha.suite.emit('pre-require', globalThis, '', mocha); // defines describe, it and the hooks
  await runSuites(mocha);
}
