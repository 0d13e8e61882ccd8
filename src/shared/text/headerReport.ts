import { formatBytes, formatNumber, formatShare, formatTokens, type HeaderModel, type NumberStyle, type Problem } from '../../engine/index';
import { problemText } from './problems';
import { escapeMarkdown } from './report';
import type { Translate } from './translate';

export interface Header {
  readonly model: HeaderModel;
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
}

/** What the header of a checkpoint says of its model, where no config stands beside it. */
export function headerReport(file: string, { model, files, problems }: Header, t: Translate, style: NumberStyle): string {
  const { name, architecture, fileType, partsMissing, parameters, elements, tensors, bytes, types, contextLimit, cache } = model;
  const number = (value: number): string => formatNumber(value, 0, style);
  const facts: readonly (readonly [string, string | undefined])[] = [
    [t('Name in the file'), name],
    [t('Architecture'), architecture],
    [t('File type'), fileType],
    [t('Files'), files.length > 1 ? number(files.length) : undefined],
    partsMissing > 0
      ? [t('Elements'), t('{0} in {1} tensors; the model has more, in the parts that are missing', number(elements), number(tensors))]
      : parameters === null
        ? [t('Elements'), t('{0} in {1} tensors; weights are packed, and only the config says how', number(elements), number(tensors))]
        : [t('Parameters'), t('{0}, exact, in {1} tensors', number(parameters), number(tensors))],
    [t('Bytes'), t('{0} ({1} without header and padding)', formatBytes(bytes, style), number(bytes))],
    [t('Context'), contextLimit === null ? undefined : t('{0} tokens', formatTokens(contextLimit, style))],
    [
      t('Cache'),
      cache === null
        ? undefined
        : cache.window === null
          ? t('{0} per token at F16, in {1} layers', formatBytes(cache.bytesPerToken, style), number(cache.layers))
          : t(
              '{0} per token at F16, in {1} layers; layers with a window keep {2} tokens',
              formatBytes(cache.bytesPerToken, style),
              number(cache.layers),
              number(cache.window),
            ),
    ],
  ];
  return [
    `# ${escapeMarkdown(file)}`,
    '',
    ...facts.flatMap(([label, text]) => (text === undefined ? [] : [`- **${label}**: ${escapeMarkdown(text)}`])),
    '',
    `| ${t('type')} | ${t('tensors')} | ${t('bytes')} | ${t('share')} |`,
    '| --- | --: | --: | --: |',
    ...Object.entries(types)
      .sort(([, a], [, b]) => b.bytes - a.bytes)
      .map(
        ([type, sum]) =>
          `| ${escapeMarkdown(type)} | ${number(sum.tensors)} | ${number(sum.bytes)} | ${formatShare(bytes > 0 ? sum.bytes / bytes : 0, style)} |`,
      ),
    ...(problems.length > 0 ? ['', ...problems.map((problem) => `- ${escapeMarkdown(problemText(problem, t, style))}`)] : []),
    '',
    t('Only the header was read. A config.json beside the file gives the whole estimate, and holds the file against it.'),
    '',
  ].join('\n');
}
