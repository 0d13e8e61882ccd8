import { analyzeText, type Analysis, type Finding, type Problem, type Proof, type Told } from '../engine/index';
import { findCheckpoints } from './find';
import type { CheckpointFolder } from './folder';
import { proveAll, type OtherFile } from './prove';
import { failed } from './readHeader';
import { readText } from './readText';
import { readSidecars } from './sidecars';

/** What a folder's files say of its config. */
export interface Verification {
  /** Name of the config in the folder. */
  readonly config: string;
  /** What the config says, read as its files were written where they tell by whom; absent where it gives no model. */
  readonly analysis?: Analysis;
  /** One per checkpoint in the folder: safetensors or pickles, and each GGUF file. */
  readonly proofs: readonly Proof[];
  /** Files that hold no model, which were passed over. */
  readonly others?: readonly OtherFile[];
  /** Why there is no proof at all. */
  readonly problem?: Problem;
  /** What is wrong with a config that gives no model. */
  readonly finding?: Finding;
}

/** Whether every checkpoint in the folder is verified, and there is one. */
export const isVerified = ({ proofs }: Verification): boolean => proofs.length > 0 && proofs.every(({ status }) => status === 'verified');

/**
 * Compares the checkpoints of a folder with the config in it. Only headers are read.
 * @param config name of the config in the folder
 */
export async function verifyFolder(folder: CheckpointFolder, config = 'config.json'): Promise<Verification> {
  const text = await readText(folder, config);
  if (typeof text !== 'string')
    return { config, proofs: [], problem: text.code === 'missing-file' ? { ...text, code: 'no-config' } : text };
  const { sidecars } = await readSidecars(folder);
  const { result } = analyzeText(text, sidecars);
  if (result.kind !== 'model') {
    const finding = result.findings.find(({ severity }) => severity === 'error') ?? result.findings[0];
    return { config, proofs: [], problem: { code: 'no-model', values: { file: config } }, ...(finding && { finding }) };
  }
  let names: readonly string[];
  try {
    names = await folder.list();
  } catch (error) {
    return { config, analysis: result, proofs: [], problem: failed('.', error).problem };
  }
  const found = findCheckpoints(names);
  if (found.length === 0) return { config, analysis: result, proofs: [], problem: { code: 'no-checkpoint', values: {} } };
  const { proofs, others } = await proveAll(result, folder, found);
  if (proofs.length === 0) return { config, analysis: result, proofs, others, problem: { code: 'no-checkpoint', values: {} } };
  const told = toldBy(proofs);
  const known = told === undefined ? result : analyzeText(text, { ...sidecars, told }).result;
  return { config, analysis: known.kind === 'model' ? known : result, proofs, others };
}

/** What a comparison that found nothing else tells and the config does not. */
export function toldBy(proofs: readonly Proof[]): Told | undefined {
  const proof = proofs.find(({ status, writer, dtype }) => status === 'verified' && (writer !== undefined || dtype !== undefined));
  if (!proof) return undefined;
  const { writer, dtype } = proof;
  return { ...(writer !== undefined && { writer }), ...(dtype !== undefined && { dtype }) };
}
