import { browserTransport } from '../../hub/browserTransport';
import { nodeTransport, type NodeHttp } from '../../hub/nodeTransport';
import type { Transport } from '../../hub/transport';

/** Set by the bundler: whether this is the bundle for the web worker host. */
declare const WEB_HOST: boolean;

declare function require(id: string): unknown;

/** Whether requests are a browser's, which needs the server's leave (CORS). */
export const inBrowser = (): boolean => WEB_HOST;

/** What sends requests in this extension host. VS Code puts its proxy behind these two names, not behind `node:http`. */
export function hostTransport(): Transport {
  // in a branch of its own, which the bundler leaves out for the browser
  if (!WEB_HOST) return nodeTransport({ http: require('http') as NodeHttp, https: require('https') as NodeHttp });
  return browserTransport(fetch);
}
