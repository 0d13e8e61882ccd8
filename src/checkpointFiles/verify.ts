import {
  analyzeText,
  parseSidecars,
  sidecarFiles,
  type Analysis,
  type Finding,
  type Problem,
  type Proof,
  type SidecarFile,
  type Sidecars,
} from '../engine/index';
import { maxTextLength } from '../engine/limits';
import { findCheckpoints } from './find';
import type { CheckpointFolder } from './folder';
import { prove } from './prove';
import { look } from './readHeader';

/** What a folder's files say of its config. */
export interface Verification {
  /** Name of the config in the folder. */
  readonly config: string;
  /** The analysis that the proofs stand on; absent where the config gives none. */
  readonly analysis?: Analysis;
  /** One per checkpoint in the folder: safetensors or pickles, and each GGUF file. */
  readonly proofs: readonly Proof[];
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
  if (typeof text !== 'string') return { config, proofs: [], problem: text };
  const { result } = analyzeText(text, await readSidecars(folder));
  if (result.kind !== 'model') {
    const finding = result.findings.find(({ severity }) => severity === 'error') ?? result.findings[0];
    return { config, proofs: [], problem: { code: 'no-model', values: { file: config } }, ...(finding && { finding }) };
  }
  let names: readonly string[];
  try {
    names = await folder.list();
  } catch (error) {
    return { config, analysis: result, proofs: [], problem: { code: 'read-failed', values: { file: '.', message: messageOf(error) } } };
  }
  const found = findCheckpoints(names);
  if (found.length === 0) return { config, analysis: result, proofs: [], problem: { code: 'no-checkpoint', values: {} } };
  const proofs: Proof[] = [];
  for (const each of found) proofs.push(await prove(result, folder, each));
  return { config, analysis: result, proofs };
}

/** What other files of the folder say of the quantization; those that cannot be read say nothing. */
async function readSidecars(folder: CheckpointFolder): Promise<Sidecars> {
  const texts: Partial<Record<SidecarFile, string>> = {};
  for (const name of Object.values(sidecarFiles)) {
    const text = await readText(folder, name);
    if (typeof text === 'string') texts[name] = text;
  }
  return parseSidecars(texts).sidecars;
}

/** A small text file, or what is wrong with it. */
async function readText(folder: CheckpointFolder, name: string): Promise<string | Problem> {
  const looked = await look(folder, name);
  if (looked.kind === 'absent') return { code: 'no-config', values: { file: name } };
  if (looked.kind === 'pointer') return { code: 'lfs-pointer', values: { file: name, bytes: looked.bytes } };
  if (looked.kind === 'unreadable') return looked.problem;
  const limit = maxTextLength * 3;
  if (looked.bytes > limit) return { code: 'header-too-large', values: { file: name, bytes: looked.bytes, limit } };
  try {
    return new TextDecoder().decode(await folder.read(name, 0, looked.bytes));
  } catch (error) {
    return { code: 'read-failed', values: { file: name, message: messageOf(error) } };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
