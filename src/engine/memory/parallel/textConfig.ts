import type { Analysis } from '../../analysis';
import { isObject, type JsonObject } from '../../config/json';
import { textSections } from '../../config/textSections';
import { uncopied } from '../../modules/attention';

/** The part of a config that describes the text model. */
export function textConfigOf({ root }: Analysis): JsonObject {
  for (const section of textSections) {
    const part = root[section];
    if (!isObject(part)) continue;
    const inner = part['text_config'];
    return isObject(inner) ? inner : part;
  }
  return root;
}

/** A key of the text model: as the file says, else the default that its family fills in. */
export function valueOf(analysis: Analysis, ...keys: readonly string[]): unknown {
  const text = textConfigOf(analysis);
  for (const key of keys) {
    if (text[key] !== undefined && text[key] !== null) return text[key];
    if (analysis.root[key] !== undefined && analysis.root[key] !== null) return analysis.root[key];
  }
  const { config, sections } = analysis.model;
  const resolved = textSections.flatMap((name) => (sections[name] ? [sections[name].config] : []));
  for (const key of keys) for (const part of [...resolved, config]) if (part[key] !== undefined && part[key] !== null) return part[key];
  return undefined;
}

/** A number of the text model; `undefined` where neither the file nor its family has one. */
export function numberOf(analysis: Analysis, ...keys: readonly string[]): number | undefined {
  const value = valueOf(analysis, ...keys);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Attention heads, before any grouping. */
export const attentionHeads = (analysis: Analysis): number | undefined =>
  numberOf(analysis, 'num_attention_heads', 'n_head', 'n_heads', 'num_heads');

/** Key/value heads of the layers with the fewest, which bound a split; one for latent attention. */
export function keyValueHeads({ inventory }: Analysis): number | undefined {
  let fewest: number | undefined;
  for (const state of inventory.states.map((entry) => uncopied(entry.state)))
    if ('heads' in state && state.heads !== undefined) fewest = Math.min(fewest ?? Infinity, state.heads);
  return fewest;
}

/** Width of the hidden vector. */
export const hiddenSize = (analysis: Analysis): number => numberOf(analysis, 'hidden_size', 'n_embd', 'd_model', 'dim', 'n_embed') ?? 0;

/** Rows of the head, padding for hardware not counted. */
export function vocabularySize(analysis: Analysis): number {
  const { entries } = analysis.inventory;
  const head =
    entries.find((entry) => entry.role === 'head' && entry.shape.length === 2) ?? entries.find((entry) => entry.role === 'embedding');
  return numberOf(analysis, 'vocab_size') ?? head?.shape[0] ?? 0;
}
