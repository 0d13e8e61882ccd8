/** How long push surfaces wait for the person to stop typing. */
const settleMilliseconds = 250;

export interface Debounced {
  /** Asks for a run; an earlier one that has not started is dropped. */
  (): void;
  dispose(): void;
}

/** Runs `work` once the calls have stopped coming. */
export function debounce(work: () => void): Debounced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = (): void => {
    clearTimeout(timer);
    timer = setTimeout(work, settleMilliseconds);
  };
  return Object.assign(ask, { dispose: () => clearTimeout(timer) });
}
