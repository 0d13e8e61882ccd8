/**
 * Runs tasks in turn, so that whatever else the machine does falls on all of them alike, and times each run by itself.
 *
 * @template {string} N
 * @param {Readonly<Record<N, () => unknown>>} tasks
 * @param {{ warm: number, rounds: number }} options rounds that are not counted, and those that are
 * @returns {Record<N, number[]>} microseconds of every counted run
 */
export function timeInTurn(tasks, { warm, rounds }) {
  const entries = Object.entries(tasks);
  const times = Object.fromEntries(entries.map(([name]) => [name, []]));
  for (let round = -warm; round < rounds; round++) {
    for (const [name, run] of entries) {
      const started = performance.now();
      run();
      const ended = performance.now();
      if (round >= 0) times[name].push((ended - started) * 1000);
    }
  }
  return times;
}

/** Median and 95th percentile of some times. */
export function spread(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
}

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
