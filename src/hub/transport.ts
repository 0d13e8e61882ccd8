/** One answer, its body not read yet. */
export interface HubResponse {
  readonly status: number;
  /** The value of a header by its lower-case name. */
  header(name: string): string | undefined;
  chunks(): AsyncIterable<Uint8Array>;
  /** Lets go of a body that nobody will read. */
  cancel(): void;
}

/** What sends one GET request. */
export interface Transport {
  /** Redirects come back as answers; otherwise they have been followed when there is one. */
  readonly seesRedirects: boolean;
  /** Rejects where there is no answer. */
  get(url: string, request: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal }): Promise<HubResponse>;
}
