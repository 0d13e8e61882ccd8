import type { Transport } from './transport';

/** The part of the standard's `fetch` that is used. */
export type Fetch = (
  url: string,
  init: {
    readonly headers: Record<string, string>;
    readonly signal: AbortSignal;
    readonly redirect: 'follow';
    readonly credentials: 'omit';
    readonly cache: 'no-store';
    readonly referrerPolicy: 'no-referrer';
  },
) => Promise<Response>;

/**
 * Over the platform's `fetch`. A browser hides redirects from its scripts, so they are followed by it; it takes
 * `Authorization` off when one leads to another origin (Fetch standard, "HTTP-redirect fetch").
 */
export const browserTransport = (send: Fetch): Transport => ({
  seesRedirects: false,
  async get(url, { headers, signal }) {
    const response = await send(url, {
      headers: { ...headers },
      signal,
      redirect: 'follow',
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    });
    return {
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      async *chunks() {
        const reader = response.body?.getReader();
        for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) yield next.value;
      },
      cancel: () => void response.body?.cancel().catch(() => undefined),
    };
  },
});
