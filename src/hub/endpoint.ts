/** Where models are fetched from: the Hub itself or a mirror with the same paths. */
export interface HubEndpoint {
  /** Without a slash at its end: "https://huggingface.co". */
  readonly url: string;
  /** Scheme, host and port; a token belongs to one of these. */
  readonly origin: string;
  /** Host and port, to be shown. */
  readonly host: string;
}

export const defaultEndpoint = 'https://huggingface.co';

/** Hosts that carry the Hub's own addresses; an address on one of them names the same model anywhere. */
export const hubHosts: ReadonlySet<string> = new Set(['huggingface.co', 'www.huggingface.co', 'hf.co', 'hf-mirror.com']);

/** Reads the address of an endpoint; `undefined` for anything but plain http(s), and where it holds credentials. */
export function parseEndpoint(text: string): HubEndpoint | undefined {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  if (url.username || url.password || url.search || url.hash) return undefined;
  return { url: url.origin + url.pathname.replace(/\/+$/, ''), origin: url.origin, host: url.host };
}

/** Whether a token may be sent there: encrypted on its way, or not leaving the machine. */
export function mayCarryToken({ origin }: HubEndpoint): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}
