import type { Transport } from './transport';

/** The part of Node's `http` and `https` that is used. */
export interface NodeHttp {
  request(
    url: string,
    options: { readonly method: 'GET'; readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
    onResponse: (response: NodeResponse) => void,
  ): { once(event: 'error', listener: (error: Error) => void): unknown; end(): unknown };
}
interface NodeResponse extends AsyncIterable<Uint8Array> {
  readonly statusCode?: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  destroy(): unknown;
}

/**
 * Over Node's `http` and `https`, which VS Code gives its proxy settings and certificates in every version that this
 * extension supports; the global `fetch` has them from 1.96 on only (`http.fetchAdditionalSupport`; microsoft/vscode issue
 * 228697). In the extension host of 1.90.2 `Module._load` replaces `http`, `https`, `net` and `tls`, and nothing touches
 * `fetch`.
 */
export const nodeTransport = ({ http, https }: { readonly http: NodeHttp; readonly https: NodeHttp }): Transport => ({
  seesRedirects: true,
  get: (url, { headers, signal }) =>
    new Promise((resolve, reject) => {
      const client = new URL(url).protocol === 'https:' ? https : http;
      // Node neither names itself nor unpacks what is packed
      const all = { 'user-agent': 'vram-lens', 'accept-encoding': 'identity', ...headers };
      const request = client.request(url, { method: 'GET', headers: all, signal }, (response) => {
        response.on('error', () => undefined); // whoever reads the body is told; nobody may be
        resolve({
          status: response.statusCode ?? 0,
          header: (name) => [response.headers[name] ?? []].flat()[0],
          chunks: () => response,
          cancel: () => void response.destroy(),
        });
      });
      request.once('error', reject);
      request.end();
    }),
});
