/** How long may pass, in milliseconds. */
export interface Patience {
  /** Without anything arriving. */
  readonly idle: number;
  readonly total: number;
}

export const defaultPatience: Patience = { idle: 20_000, total: 120_000 };

export interface Deadline {
  /** Aborted by the caller or by the clock. */
  readonly signal: AbortSignal;
  /** Which of them it was. */
  endedBy(): 'caller' | 'clock' | undefined;
  /** Something has arrived. */
  progress(): void;
  dispose(): void;
}

/** Ends a request when the caller does, when nothing arrives for a while, or when it has taken too long. */
export function startDeadline(caller: AbortSignal, { idle, total }: Patience): Deadline {
  const controller = new AbortController();
  let ended: 'caller' | 'clock' | undefined;
  const end = (by: 'caller' | 'clock'): void => {
    ended ??= by;
    controller.abort();
  };
  const onAbort = (): void => end('caller');
  if (caller.aborted) onAbort();
  caller.addEventListener('abort', onAbort);
  const whole = setTimeout(() => end('clock'), total);
  let quiet = setTimeout(() => end('clock'), idle);
  return {
    signal: controller.signal,
    endedBy: () => ended,
    progress() {
      clearTimeout(quiet);
      quiet = setTimeout(() => end('clock'), idle);
    },
    dispose() {
      clearTimeout(whole);
      clearTimeout(quiet);
      caller.removeEventListener('abort', onAbort);
    },
  };
}
