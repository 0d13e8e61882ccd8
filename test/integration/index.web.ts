import 'mocha/mocha'; // the browser's build; it defines the global `mocha`
import { options, runSuites } from './run';

/** Called by VS Code in the web worker extension host. */
export async function run(): Promise<void> {
  mocha.setup(options);
  await runSuites(mocha as unknown as Mocha);
}
