/**
 * Writes the table of docs/quantization.md from the presets themselves:
 *   npx tsx scripts/quantizationDocs.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { formatHardware, hardwareNeedOf, hardwareOf, type HardwareNeed } from '../src/engine/quantization/formatHardware';
import { presets } from '../src/engine/quantization/presets';
import { computeOnly } from '../src/engine/quantization/presets/plain';
import { coverage, type Coverage } from '../src/shared/coverage';

const file = join(import.meta.dirname, '..', 'docs', 'quantization.md');

/** The page with its tables as the presets are now. */
export async function quantizationDocs(): Promise<string> {
  const page = between(between(readFileSync(file, 'utf8'), 'presets', tables()), 'hardware', hardwareTable());
  return format(page, { ...(await resolveConfig(file)), filepath: file });
}

/** The page with something else between the marks of a name. */
function between(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file} lacks ${start} … ${end}`);
  return `${page.slice(0, from)}${start}\n\n${text}\n\n${page.slice(to)}`;
}

/** What formats ask of hardware, a row per entry of the engine's table. */
function hardwareTable(): string {
  const capability = (value: number | undefined): string => value?.toFixed(1) ?? '';
  const rows = (Object.keys(formatHardware) as HardwareNeed[]).map((need) => {
    const { from, refusedBelow, refusedFrom, fast, native, vendors = [], platform = '', source } = hardwareOf(need);
    const formats = [...new Set(presets.filter(({ name }) => hardwareNeedOf(name) === need).map(({ format: name }) => name))];
    return [
      `\`${need}\``,
      formats.join(', '),
      capability(from),
      capability(refusedBelow),
      capability(refusedFrom),
      fast ? `${capability(fast.from)}, of late ${capability(fast.ofLate)}` : '',
      capability(native),
      [...vendors, platform].filter(Boolean).join(', '),
      source,
    ].join(' | ');
  });
  return [
    '| need | formats | documented from | refused below | refused from | Marlin from | multiplied from | beside NVIDIA | source |',
    '| --- | --- | --: | --: | --: | --- | --: | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

export const writtenQuantizationDocs = (): string => readFileSync(file, 'utf8');

/** One table per format, in the order of the registry. */
function tables(): string {
  const rows = coverage();
  const formats = [...new Set(rows.map(({ preset }) => preset.format))];
  return formats
    .map((name) =>
      formatTable(
        name,
        rows.filter(({ preset }) => preset.format === name),
      ),
    )
    .join('\n\n');
}

function formatTable(name: string, rows: readonly Coverage[]): string {
  const sources = [...new Set(rows.map(({ preset }) => preset.evidence.source))];
  const lines = rows.map(({ preset, weights: { bytes, bitsPerWeight, basis, details } }) =>
    [
      `\`${preset.name}\``,
      String(preset.bits),
      preset.groupSize === null ? '' : String(preset.groupSize),
      preset.computeDtype ?? '',
      details?.range ? details.range.map(grouped).join(' to ') : grouped(bytes),
      bitsPerWeight.toFixed(3),
      grouped(details?.keptAt16Bit ?? 0),
      [basis.kind, ...basis.reasons].join(', '),
      preset.evidence.kind + (sources.length > 1 ? ` (${sources.indexOf(preset.evidence.source) + 1})` : ''),
    ].join(' | '),
  );
  return [
    `### ${name}`,
    '',
    '| preset | bits | group | compute | bytes | bits per weight | kept at the checkpoint’s type | basis | layout |',
    '| --- | --: | --: | --- | --: | --: | --: | --- | --- |',
    ...lines.map((line) => `| ${line} |`),
    '',
    ...rows.flatMap(({ preset }) => computeNote(preset.name)),
    sources.length > 1 ? sources.map((source, at) => `${at + 1}. ${source}`).join('\n') : `Layout: ${sources[0] ?? ''}.`,
  ].join('\n');
}

/** Of a preset that is a way to multiply: what its table cannot say. */
function computeNote(name: string): readonly string[] {
  const told = Object.hasOwn(computeOnly, name) ? computeOnly[name] : undefined;
  if (!told) return [];
  return [`\`${name}\` is stored as \`${told.storedAs}\` and multiplied with ${told.mantissaBits} bits of mantissa.`, ''];
}

const grouped = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 });

if (process.argv[1] === import.meta.filename) void quantizationDocs().then((page) => writeFileSync(file, page));
