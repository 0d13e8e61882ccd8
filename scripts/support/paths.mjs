import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** Everything that tests and tools install or leave behind; git and the package ignore it. */
export const workDir = path.join(root, '.vscode-test');

/** The workspace that the integration and UI tests open. */
export const fixtures = path.join(root, 'test', 'fixtures', 'workspace');

export const screenshotsDir = path.join(workDir, 'screenshots');
export const failuresDir = path.join(workDir, 'failed');
