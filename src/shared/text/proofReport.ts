import { differencesIn, formatBytes, formatNumber, type Analysis, type NumberStyle, type Proof } from '../../engine/index';
import { longLabel } from './precisions';
import { differenceText, proofLine, proofNoteText, signed } from './proof';
import { basisText, escapeMarkdown } from './report';
import type { Translate } from './translate';

/** Comparisons that found differences, or could not be made for a reason that a person can do something about. */
export const needsAttention = ({ status, problem }: Proof): boolean =>
  status === 'differs' || (status === 'unreadable' && problem?.code !== 'lfs-pointer' && problem?.code !== 'pickled');

/**
 * What the line above a config says of the files beside it; `undefined` where there is nothing to say: no files, or files
 * that cannot be looked into.
 */
export function proofLens(proofs: readonly Proof[], t: Translate): string | undefined {
  const worst = proofs.find(({ status }) => status === 'differs') ?? proofs.find(needsAttention);
  if (worst?.status === 'differs') {
    if (worst.off !== null && worst.off !== 0) return t('files differ by {0} bytes', signed(worst.off));
    const places = differencesIn(worst);
    return places === 1 ? t('files differ in 1 place') : t('files differ in {0} places', formatNumber(places));
  }
  if (worst) return t('files cannot be read');
  const verified = proofs.filter(({ status }) => status === 'verified');
  if (verified.length === 0) return undefined;
  return verified.every(({ basis }) => basis === 'index') ? t('index verified, 0 bytes off') : t('verified, 0 bytes off');
}

/** Every comparison of a config with the files beside it, in full. */
export function proofReport(name: string, analysis: Analysis, proofs: readonly Proof[], t: Translate, style: NumberStyle): string {
  const { checkpoint, title } = analysis;
  return [
    `# ${t('{0} against the files beside it', escapeMarkdown(name))}`,
    '',
    t(
      'The config says: {0}, {1}, {2} in all tensors ({3} bytes; {4}).',
      escapeMarkdown(title),
      escapeMarkdown(longLabel(checkpoint.scheme)),
      formatBytes(checkpoint.bytes, style),
      formatNumber(checkpoint.bytes, 0, style),
      basisText(checkpoint.basis, t),
    ),
    ...proofs.flatMap((proof) => ['', ...sectionOf(proof, t, style)]),
    '',
    t('Only headers were read. A header says names, types, shapes and places, and nothing of whether the values are right.'),
    '',
  ].join('\n');
}

function sectionOf(proof: Proof, t: Translate, style: NumberStyle): readonly string[] {
  const { files, differences, notes, types, tensorsExpected, tensorsFound, tensorsCompared } = proof;
  const [first = '', ...others] = files.map((file) => `\`${file.replaceAll('`', '')}\``);
  const number = (value: number | null): string => (value === null ? '–' : formatNumber(value, 0, style));
  const total = differencesIn(proof);
  return [
    `## ${filesText(first, others.length, t)}`,
    '',
    `**${escapeMarkdown(proofLine(proof, t, style))}**`,
    '',
    `|  | ${t('config')} | ${t('files')} |`,
    '| --- | --: | --: |',
    `| ${t('tensors')} | ${number(tensorsExpected)} | ${number(tensorsFound)} |`,
    `| ${t('bytes')} | ${number(proof.bytesExpected)} | ${number(proof.bytesFound)} |`,
    '',
    t('{0} tensors held against each other.', number(tensorsCompared)),
    ...(Object.keys(types).length > 0
      ? ['', `| ${t('type')} | ${t('tensors')} | ${t('bytes')} |`, '| --- | --: | --: |', ...typeRows(types, style)]
      : []),
    ...(differences.length > 0
      ? [
          '',
          `### ${total > differences.length ? t('The first {0} of {1} differences', number(differences.length), number(total)) : t('Differences')}`,
          '',
          ...differences.map((difference) => `- ${escapeMarkdown(differenceText(difference, t))}`),
        ]
      : []),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `- ${escapeMarkdown(proofNoteText(note, t, style))}`)] : []),
  ];
}

function filesText(first: string, others: number, t: Translate): string {
  if (others === 0) return first;
  return others === 1 ? t('{0} and 1 more file', first) : t('{0} and {1} more files', first, formatNumber(others));
}

const typeRows = (types: Proof['types'], style: NumberStyle): readonly string[] =>
  Object.entries(types)
    .sort(([, a], [, b]) => b.bytes - a.bytes)
    .map(
      ([type, { tensors, bytes }]) => `| ${escapeMarkdown(type)} | ${formatNumber(tensors, 0, style)} | ${formatNumber(bytes, 0, style)} |`,
    );
