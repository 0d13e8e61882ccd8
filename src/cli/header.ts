import { basename, dirname } from 'node:path';
import { nodeFolder } from '../checkpointFiles/nodeFolder';
import { openHeader, type OpenedHeader } from '../checkpointFiles/openHeader';
import { defaultStyle, formatBytes, formatCount, formatNumber, formatTokens } from '../engine/index';
import { problemText } from '../shared/text/problems';
import { english } from '../shared/text/translate';
import { schemaVersion, type Failure } from './report';
import { safe, table, type Terminal } from './table';

/** Opens the header of a file as a model, or says why not. */
export async function readModelFile(path: string): Promise<OpenedHeader | Failure> {
  const opened = await openHeader(nodeFolder(dirname(path)), basename(path));
  if (!('problem' in opened)) return opened;
  return { code: opened.problem.code, message: problemText(opened.problem, english, defaultStyle), path: '' };
}

/** The documented JSON of a header: docs/cli.md. */
export const headerJson = ({ model, files, problems }: OpenedHeader): object => ({
  schema: schemaVersion,
  header: { ...model, files, problems },
});

/** A header for reading. */
export function headerLines(path: string, { model, files, problems }: OpenedHeader, terminal: Terminal): readonly string[] {
  const { name, architecture, fileType, partsMissing, parameters, elements, tensors, bytes, types, contextLimit, cache } = model;
  const kind = [architecture, fileType].filter((text) => text !== undefined).join(', ');
  const lines = [
    safe(`${path}: ${name ?? model.container}${kind === '' ? '' : ` (${kind})`}${files.length > 1 ? `, ${files.length} parts` : ''}`),
    parameters === null
      ? `${formatNumber(elements)} elements in ${formatNumber(tensors)} tensors; ${partsMissing > 0 ? 'the model has more, in the parts that are missing' : 'weights are packed, and only the config says how'}`
      : `${formatNumber(parameters)} parameters, exact, in ${formatNumber(tensors)} tensors`,
    `${formatBytes(bytes)} without header and padding`,
    '',
    ...table(
      [
        { title: 'type', align: 'left' },
        { title: 'tensors', align: 'right' },
        { title: 'bytes', align: 'right' },
      ],
      Object.entries(types)
        .sort(([, a], [, b]) => b.bytes - a.bytes)
        .map(([type, sum]) => [type, formatCount(sum.tensors), formatBytes(sum.bytes)]),
      terminal,
    ),
  ];
  if (contextLimit !== null) lines.push('', `context: ${formatTokens(contextLimit)}`);
  if (cache) {
    const window = cache.window === null ? '' : `; layers with sliding attention stop at ${formatNumber(cache.window)} tokens`;
    lines.push(`cache: ${formatBytes(cache.bytesPerToken)} per token at F16, in ${cache.layers} layers${window}`);
  }
  for (const problem of problems) lines.push(safe(`warning: ${problemText(problem, english, defaultStyle)}`));
  return lines;
}
