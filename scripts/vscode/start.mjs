import { startNodeHost } from './nodeHost.mjs';
import { startWebHost } from './webHost.mjs';

/** Starts VS Code with the extension in the given host, 'node' or 'web'; the options are those of startNodeHost. */
export function startVSCode({ host, ...options }) {
  return host === 'web' ? startWebHost(options) : startNodeHost(options);
}
