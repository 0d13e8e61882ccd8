import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { browserTransport } from '../../../src/hub/browserTransport';
import { parseEndpoint } from '../../../src/hub/endpoint';
import { nodeTransport, type NodeHttp } from '../../../src/hub/nodeTransport';
import type { HubClient } from '../../../src/hub/requestText';

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Written piece by piece; the answer stays open after the last one where `open` is set. */
  readonly body?: string | Iterable<string>;
  readonly open?: boolean;
}
/** What a request was: its path as it was sent, and its headers. */
export interface Seen {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
}
export interface LocalServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

/** A server of this machine that answers by path; `undefined` never answers. */
export async function serve(answer: (path: string) => Reply | undefined): Promise<LocalServer> {
  const seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    const path = request.url ?? '';
    seen.push({ path, headers: request.headers });
    const reply = answer(path);
    if (!reply) return;
    response.on('error', () => undefined);
    response.writeHead(reply.status ?? 200, reply.headers);
    const pieces = typeof reply.body === 'string' ? [reply.body] : (reply.body ?? []);
    const iterator = pieces[Symbol.iterator]();
    const write = (): void => {
      if (response.destroyed) return;
      const next = iterator.next();
      if (!next.done) response.write(next.value, () => setImmediate(write));
      else if (!reply.open) response.end();
    };
    write();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const transports = {
  'Node’s http': nodeTransport({ http: http as unknown as NodeHttp, https: https as unknown as NodeHttp }),
  'the browser’s fetch': browserTransport(fetch),
};

export function clientOf(url: string, more: Partial<HubClient> = {}): HubClient {
  const endpoint = parseEndpoint(url);
  if (!endpoint) throw new Error(`no endpoint: ${url}`);
  return { transport: transports['Node’s http'], endpoint, token: undefined, ...more };
}
