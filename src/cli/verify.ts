import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nodeFolder } from '../checkpointFiles/nodeFolder';
import { isVerified, verifyFolder, type Verification } from '../checkpointFiles/verify';
import { defaultStyle, differencesIn, formatBytes, type Problem, type Proof } from '../engine/index';
import { longLabel } from '../shared/text/precisions';
import { findingText } from '../shared/text/findings';
import { problemText } from '../shared/text/problems';
import { differenceText, proofLine, proofNoteText } from '../shared/text/proof';
import { english } from '../shared/text/translate';
import { schemaVersion } from './report';
import { safe } from './table';

/** Differences that are printed of one checkpoint; the JSON has up to a hundred. */
const printedDifferences = 20;

/** Compares a folder's files with its config, or with the config that is named. */
export async function verifyPath(path: string): Promise<Verification> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? verifyFolder(nodeFolder(dirname(path)), basename(path)) : verifyFolder(nodeFolder(await snapshotIn(path)));
}

/**
 * The folder that holds the files of a model in a cache of the Hub (`models--owner--name`): the snapshot that `refs/main` names, or
 * the only one; any other folder is itself (huggingface_hub, guides/manage-cache).
 */
async function snapshotIn(path: string): Promise<string> {
  const snapshots = join(path, 'snapshots');
  const names = await readdir(snapshots).catch(() => []);
  if (names.length === 0) return path;
  const main = await readFile(join(path, 'refs', 'main'), 'utf8').catch(() => '');
  const found = names.find((name) => name === main.trim()) ?? (names.length === 1 ? names[0] : undefined);
  return found === undefined ? path : join(snapshots, found);
}

const problemJson = (problem: Problem) => ({ ...problem, message: problemText(problem, english, defaultStyle) });

const proofJson = ({ problem, ...proof }: Proof) => ({ ...proof, ...(problem && { problem: problemJson(problem) }) });

/** The documented JSON of one folder: docs/cli.md. */
export const verificationJson = (path: string, verification: Verification): object => ({
  schema: schemaVersion,
  path,
  config: verification.config,
  verified: isVerified(verification),
  ...(verification.analysis && { modelType: verification.analysis.modelType, scheme: verification.analysis.checkpoint.scheme }),
  proofs: verification.proofs.map(proofJson),
  others: verification.others ?? [],
  ...(verification.problem && { problem: problemJson(verification.problem) }),
});

/** Why nothing could be compared, in one sentence. */
export function failureText({ problem, finding }: Verification): string | undefined {
  if (!problem) return undefined;
  const text = problemText(problem, english, defaultStyle);
  return finding ? `${text} ${findingText(finding, english, defaultStyle)}` : text;
}

/** A full report for reading. */
export function verificationLines(path: string, { config, analysis, proofs, others = [] }: Verification): readonly string[] {
  const lines: string[] = [];
  if (analysis) {
    const { checkpoint } = analysis;
    const size = formatBytes(checkpoint.bytes + checkpoint.extras.textBytes, defaultStyle);
    lines.push(`${path}: ${config} says ${analysis.architecture}, ${longLabel(checkpoint.scheme)}, ${size}`);
  }
  for (const proof of proofs) {
    const [first = '', ...others] = proof.files;
    lines.push(`${proof.status === 'verified' ? '✔' : '✘'} ${first}${others.length > 0 ? ` and ${others.length} more` : ''}`);
    lines.push(`  ${proofLine(proof, english, defaultStyle)}`);
    for (const note of proof.notes) lines.push(`  note: ${proofNoteText(note, english, defaultStyle)}`);
    for (const difference of proof.differences.slice(0, printedDifferences)) lines.push(`  - ${differenceText(difference, english)}`);
    const rest = differencesIn(proof) - Math.min(printedDifferences, proof.differences.length);
    if (rest > 0) lines.push(`  … and ${rest} more (--json lists up to a hundred)`);
  }
  for (const { file, holds } of others) lines.push(`– ${file}: not compared; by its own word it holds no model (${holds})`);
  return lines.map(safe);
}
