import type { Basis } from '../basis';
import type { JsonObject } from '../config/json';
import type { Inventory } from '../weights/inventory';
import { text } from './recipe';

/** Why files may hold more than the model: nothing of it is loaded, so that memory is what it is. */
export const fileReasons: ReadonlySet<string> = new Set(['unloaded-layers', 'tied-head-once', 'buffers-of-older-writers']);

/**
 * Releases of transformers from which on classes no longer save tables that they compute: masks of GPT and GPT-NeoX (v4.31), rotary
 * frequencies of Llama (v4.32). What older ones saved is of the type that the weights had then, or of 32 bits.
 */
const cleanFrom: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  gpt2: [4, 31],
  gpt_neo: [4, 31],
  gptj: [4, 31],
  gpt_neox: [4, 31],
  llama: [4, 32],
};
/** Types older than the version in the config: without it, their files are of that time. */
const olderThanVersions: ReadonlySet<string> = new Set(['gpt2', 'gpt_neo', 'gptj']);

function savesTables(root: JsonObject): boolean {
  const type = text(root['model_type']) ?? '';
  const clean = Object.hasOwn(cleanFrom, type) ? cleanFrom[type] : undefined;
  if (!clean) return false;
  const [, major, minor, rest = ''] = /^(\d+)\.(\d+)(.*)$/.exec(text(root['transformers_version']) ?? '') ?? [];
  if (major === undefined || minor === undefined) return olderThanVersions.has(type);
  const before = Number(major) - clean[0] || Number(minor) - clean[1];
  return before < 0 || (before === 0 && rest.includes('dev'));
}

/**
 * What the config leaves open about its files: whether a tied head stands in them a second time (as in Qwen3-0.6B and Falcon-40B;
 * transformers' save_pretrained writes it once), and whether the release that saved them wrote tables beside the weights.
 */
export function filesBeside(root: JsonObject, inventory: Inventory): Basis | undefined {
  const reasons: string[] = [];
  if (inventory.entries.some(({ role, tiedTo }) => role === 'head' && tiedTo !== undefined)) reasons.push('tied-head-once');
  if (savesTables(root)) reasons.push('buffers-of-older-writers');
  return reasons.length > 0 ? { kind: 'rule', reasons } : undefined;
}
