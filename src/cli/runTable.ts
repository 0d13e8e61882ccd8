import {
  defaultStyle,
  formatBytes,
  formatNumber,
  isMemoryEstimated,
  machineOf,
  type Analysis,
  type RunMemory,
  type RunRequest,
} from '../engine/index';
import { longLabel } from '../shared/text/precisions';
import { basisText } from '../shared/text/report';
import { bandText, evidenceText, runNoteText, termKindNames } from '../shared/text/engineRuns';
import { versionText } from '../shared/text/engineTerms';
import { english } from '../shared/text/translate';
import { about, ownLabel } from '../shared/text/weights';
import { safe, table, type Terminal } from './table';

/** One start of an engine, term by term. */
export function runLines(
  analysis: Analysis,
  { engine, device, count, others = [], memory, weights }: RunRequest,
  answer: RunMemory,
  terminal: Terminal,
): readonly string[] {
  const kinds = termKindNames(english);
  const size = (bytes: number): string => formatBytes(bytes, defaultStyle);
  const devices = [...new Map(answer.perDevice.map((each) => [JSON.stringify(each), each])).values()];
  const { pool } = answer;
  const estimated = isMemoryEstimated(machineOf(device, count, memory)) && memory === undefined;
  return [
    `${engine.title} ${safe(versionText(engine.id, answer.version))} on ${count === 1 ? '' : `${count} × `}${safe(device?.name ?? 'a device of the given memory')}${others.map((each) => ` + ${each.count === 1 ? '' : `${each.count} × `}${safe(each.device.name)}`).join('')}, weights ${weights === 'checkpoint' ? ownLabel(analysis, english) : longLabel(weights)}`,
    ...answer.notes.map((note) => `${note.refused ? 'refused' : 'note'}: ${safe(runNoteText(note, english, defaultStyle))}`),
    ...(estimated ? ['note: the memory of this device is estimated; --memory takes the bytes that its driver reports'] : []),
    '',
    ...table(
      [
        { title: 'term', align: 'left' },
        { title: 'kind', align: 'left' },
        { title: 'size', align: 'right' },
        { title: 'band', align: 'right' },
        { title: 'basis', align: 'left' },
        { title: 'held against', align: 'left' },
      ],
      answer.terms.map((term) => [
        safe(term.name),
        kinds[term.kind],
        `${about(term.basis)}${size(term.bytes)}`,
        bandText(term, english, defaultStyle),
        basisText(term.basis, english),
        term.evidence ? evidenceText(term.evidence, english, defaultStyle) : '',
      ]),
      terminal,
    ),
    '',
    ...table(
      [
        { title: 'device', align: 'left' },
        ...Object.values(kinds).map((title) => ({ title, align: 'right' as const })),
        { title: 'total', align: 'right' },
        { title: 'reported', align: 'right' },
      ],
      devices.map((each) => [
        safe(devices.length === answer.perDevice.length ? each.device : `each ${each.device}`),
        ...(Object.keys(kinds) as (keyof typeof kinds)[]).map((kind) => size(each[kind])),
        size(each.total),
        each.usable === null ? 'unknown' : size(each.usable),
      ]),
      terminal,
    ),
    '',
    pool
      ? `cache: ${size(pool.bytes)}${pool.tokens === null ? '' : `, ${formatNumber(pool.tokens, 0, defaultStyle)} tokens`}${pool.maxConcurrency === null ? '' : `, ${formatNumber(pool.maxConcurrency, 2, defaultStyle)} sequences of the longest context at once`}`
      : 'cache: not known without the memory of the device',
  ].filter((line, at, all) => line !== '' || all[at - 1] !== '');
}
