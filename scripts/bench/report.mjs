/** @typedef {{ name: string, unit: string, median: number, p95?: number, limit?: number }} Row limit: in the unit of the row */

/** A table of sections, each a title and rows, or the reason why there are none. */
export function table(sections) {
  const width = Math.max(...sections.flatMap(({ rows = [] }) => rows.map(({ name }) => name.length)));
  return sections.flatMap(({ title, rows, skipped }) => [
    '',
    skipped ? `${title}: skipped (${skipped})` : `${title.padEnd(width)}  ${'median'.padStart(12)}  ${'p95'.padStart(12)}  of its limit`,
    ...(rows ?? []).map((row) =>
      `${row.name.padEnd(width)}  ${figure(row.median, row.unit)}  ${figure(row.p95, row.unit)}  ${share(row)}`.trimEnd(),
    ),
  ]);
}

function figure(value, unit) {
  if (value === undefined) return ' '.repeat(12);
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit.padEnd(3)}`.padStart(12);
}

function share({ median, limit, unit }) {
  if (limit === undefined) return '';
  const percent = Math.round((median / limit) * 100);
  return `${percent} % of ${limit.toLocaleString('en')} ${unit}${median > limit ? '  ✘ over' : ''}`;
}
