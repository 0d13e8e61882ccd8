import type { HubProblem } from './problem';
import type { HubResponse } from './transport';

/** What the Hub says of a token that it does not know, even where the file is public. */
const badToken = 'Invalid credentials in Authorization header';

/**
 * What an answer other than 200 means. The Hub names the reason in `X-Error-Code`, and answers 401 for repositories that do
 * not exist (`hf_raise_for_status` of huggingface_hub, src/huggingface_hub/utils/_http.py); a mirror may name none.
 */
export function problemOfStatus(response: HubResponse, withToken: boolean): HubProblem {
  const { status } = response;
  switch (response.header('x-error-code')) {
    case 'GatedRepo':
      return { code: 'gated', withToken };
    case 'RepoNotFound':
      return { code: 'model-not-found', withToken };
    case 'RevisionNotFound':
      return { code: 'revision-not-found' };
    case 'EntryNotFound':
      return { code: 'file-not-found' };
    default:
  }
  if (status === 401) {
    const rejected = withToken || response.header('x-error-message') === badToken;
    return rejected ? { code: 'token-rejected' } : { code: 'model-not-found', withToken };
  }
  if (status === 403) return { code: 'forbidden', withToken };
  if (status === 404 || status === 410) return { code: 'not-found' };
  if (status === 407) return { code: 'proxy-authentication' };
  if (status === 429) return { code: 'rate-limited', seconds: secondsToWait(response) };
  return status >= 500 ? { code: 'server-error', status } : { code: 'unexpected-status', status };
}

/** Waits beyond this are not believed. */
const longestWait = 24 * 3600;

/**
 * `Retry-After` in seconds, else the time to the end of the window in `RateLimit: "resolvers";r=0;t=52`, as the Hub sends
 * it (huggingface.co/docs/hub/rate-limits).
 */
function secondsToWait(response: HubResponse): number | undefined {
  const text = response.header('retry-after') ?? /;\s*t=(\d+)/.exec(response.header('ratelimit') ?? '')?.[1];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Math.min(Number(text), longestWait) : undefined;
}
