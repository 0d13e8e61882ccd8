/** Why a file could not be had. Codes and numbers; what is said about them is the caller's. */
export type HubProblem =
  /** No such model, or a private one: the Hub does not tell them apart. */
  | { readonly code: 'model-not-found'; readonly withToken: boolean }
  | { readonly code: 'revision-not-found' }
  | { readonly code: 'file-not-found' }
  /** Not found, and the server does not say what. */
  | { readonly code: 'not-found' }
  /** Its terms must be accepted first. */
  | { readonly code: 'gated'; readonly withToken: boolean }
  | { readonly code: 'token-rejected' }
  | { readonly code: 'forbidden'; readonly withToken: boolean }
  | { readonly code: 'rate-limited'; readonly seconds: number | undefined }
  | { readonly code: 'proxy-authentication' }
  | { readonly code: 'server-error'; readonly status: number }
  | { readonly code: 'unexpected-status'; readonly status: number }
  /** A redirect in a circle, without an address, or to something that is not followed. */
  | { readonly code: 'bad-redirect' }
  | { readonly code: 'certificate'; readonly detail: string }
  | { readonly code: 'unreachable'; readonly detail: string }
  | { readonly code: 'timeout' }
  | { readonly code: 'too-large'; readonly limit: number }
  /** A web page where a file was asked for: a network's sign-in page, or no mirror at all. */
  | { readonly code: 'web-page' }
  | { readonly code: 'cancelled' };
