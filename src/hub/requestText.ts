import { defaultPatience, startDeadline, type Deadline, type Patience } from './deadline';
import { mayCarryToken, type HubEndpoint } from './endpoint';
import type { HubProblem } from './problem';
import { problemOfStatus } from './status';
import type { HubResponse, Transport } from './transport';

/** What a request is made with. */
export interface HubClient {
  readonly transport: Transport;
  readonly endpoint: HubEndpoint;
  /** Sent to the endpoint's origin, and nowhere else. */
  readonly token: string | undefined;
  readonly patience?: Patience;
}

export type Answer =
  | { readonly kind: 'text'; readonly text: string; readonly commit: string | undefined }
  | { readonly kind: 'problem'; readonly problem: HubProblem };

const maxRedirects = 5;

const failed = (problem: HubProblem): Answer => ({ kind: 'problem', problem });

/**
 * Fetches one text file. One request, never repeated; the redirects of its answer are followed, without the token where
 * they leave the endpoint.
 *
 * @param limit bytes of the body; a longer one is let go of as soon as that is known
 */
export async function requestText(client: HubClient, url: string, limit: number, signal: AbortSignal): Promise<Answer> {
  const deadline = startDeadline(signal, client.patience ?? defaultPatience);
  try {
    return await follow(client, url, limit, deadline);
  } catch (error) {
    const by = deadline.endedBy();
    if (by === 'caller') return failed({ code: 'cancelled' });
    return failed(by === 'clock' ? { code: 'timeout' } : problemOfError(error));
  } finally {
    deadline.dispose();
  }
}

async function follow(client: HubClient, first: string, limit: number, deadline: Deadline): Promise<Answer> {
  const { transport, endpoint, token } = client;
  let url = first;
  let commit: string | undefined;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const withToken = token !== undefined && mayCarryToken(endpoint) && new URL(url).origin === endpoint.origin;
    const headers = { accept: 'application/json, text/plain', ...(withToken ? { authorization: `Bearer ${token}` } : {}) };
    const response = await transport.get(url, { headers, signal: deadline.signal });
    deadline.progress();
    commit ??= commitOf(response);
    if (response.status === 200) return readBody(response, limit, deadline, commit);
    response.cancel();
    const isRedirect = [301, 302, 303, 307, 308].includes(response.status);
    if (!isRedirect || !transport.seesRedirects) return failed(problemOfStatus(response, withToken));
    const next = redirectedTo(response.header('location'), url);
    if (next === undefined) break;
    url = next;
  }
  return failed({ code: 'bad-redirect' });
}

/** The commit that the Hub answers from, so that files asked for next are of the same. */
function commitOf(response: HubResponse): string | undefined {
  const commit = response.header('x-repo-commit');
  return commit !== undefined && /^[0-9a-f]{40}$/.test(commit) ? commit : undefined;
}

/** Another http(s) address; never from an encrypted one to one that is not. */
function redirectedTo(location: string | undefined, from: string): string | undefined {
  if (location === undefined || !URL.canParse(location, from)) return undefined;
  const { protocol, href } = new URL(location, from);
  return protocol === 'https:' || (protocol === 'http:' && from.startsWith('http:')) ? href : undefined;
}

async function readBody(response: HubResponse, limit: number, deadline: Deadline, commit: string | undefined): Promise<Answer> {
  const refuse = (problem: HubProblem): Answer => {
    response.cancel();
    return failed(problem);
  };
  if (/^text\/html\b/i.test(response.header('content-type') ?? '')) return refuse({ code: 'web-page' });
  if (Number(response.header('content-length') ?? 0) > limit) return refuse({ code: 'too-large', limit });
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  for await (const chunk of response.chunks()) {
    deadline.progress();
    bytes += chunk.byteLength;
    if (bytes > limit) return refuse({ code: 'too-large', limit });
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  parts.push(decoder.decode());
  return { kind: 'text', text: parts.join(''), commit };
}

/** Codes of OpenSSL and Node for a chain that is not trusted (Node's documentation of TLS, "X509 certificate error codes"). */
const certificateCode = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY|DECRYPT|DECODE)|ALTNAME/;

/**
 * Errors of sockets carry a code; those of `fetch` carry it in their cause, and in a browser none. Their messages are left
 * out: what a server sent may be in them.
 */
function problemOfError(error: unknown): HubProblem {
  const codeOf = (value: unknown): string | undefined =>
    typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string' ? value.code : undefined;
  const code = codeOf(error) ?? codeOf(error instanceof Error ? error.cause : undefined);
  const detail = code ?? (error instanceof Error ? error.name : typeof error);
  return { code: code !== undefined && certificateCode.test(code) ? 'certificate' : 'unreachable', detail };
}
