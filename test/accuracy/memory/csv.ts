/** Rows of a CSV file by the names of its first line; quoted fields may hold commas, quotes and line ends. */
export function parseCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const lines: string[][] = [[]];
  for (const [, quoted, bare = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\r?\n|$)/g)) {
    lines.at(-1)?.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === '') break;
    if (end !== ',') lines.push([]);
  }
  const [header = [], ...rows] = lines;
  return rows.filter((row) => row.length > 1).map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ''])));
}
