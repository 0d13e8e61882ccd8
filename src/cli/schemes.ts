import { defaultStyle } from '../engine/index';
import { coverage, type Coverage } from '../shared/coverage';
import { english } from '../shared/text/translate';
import { weightsText } from '../shared/text/weights';
import { table, type Terminal } from './table';

/** The presets as documented JSON: docs/cli.md. */
export const schemesJson = (): object =>
  coverage().map(({ preset: { name, format, bits, groupSize, computeDtype, evidence } }) => ({
    name,
    format,
    bits,
    groupSize,
    computeDtype,
    evidence,
  }));

/** The presets for reading, with what they make of Llama-3.1-8B. */
export function schemeLines(terminal: Terminal): readonly string[] {
  const columns = [
    { title: 'PRESET', align: 'left' },
    { title: 'FORMAT', align: 'left' },
    { title: 'BITS', align: 'right' },
    { title: 'GROUP', align: 'right' },
    { title: 'COMPUTE', align: 'left' },
    { title: 'LLAMA-3.1-8B', align: 'right' },
    { title: 'BPW', align: 'right' },
    { title: 'LAYOUT', align: 'left' },
  ] as const;
  return table(columns, coverage().map(row), terminal);
}

/** How far a layout is borne out, in a word: by published files, by files made with the writer, by its code, or by its width alone. */
const evidenceText = { checkpoint: 'checked', writer: 'made', source: 'read', nominal: 'nominal' } as const;

function row({ preset, weights }: Coverage): readonly string[] {
  return [
    preset.name,
    preset.format,
    String(preset.bits),
    preset.groupSize === null ? '' : String(preset.groupSize),
    preset.computeDtype ?? '',
    weightsText(weights, english, defaultStyle),
    weights.bitsPerWeight.toFixed(3),
    evidenceText[preset.evidence.kind],
  ];
}
