/** Models for tests of GGUF layouts, and what their files hold. */
import { analyze, toJson, type JsonObject } from '../../../../src/engine/index';
import { presetOf } from '../../../../src/engine/quantization/presets';
import type { Layout, PresetModel, PresetOptions } from '../../../../src/engine/quantization/presets/preset';

export function modelOf(config: object): PresetModel {
  const analysis = analyze(toJson(config) as JsonObject);
  if (analysis.kind !== 'model') throw new Error(analysis.kind);
  return { ...analysis, dtype: analysis.dtype.value };
}

export const layoutOf = (model: PresetModel, name: string, options: PresetOptions = {}): Layout => presetOf(name).layout(model, options);

export const bytesOf = ({ entries }: Layout): number => entries.reduce((sum, { bytes, copies }) => sum + bytes * copies, 0);

/** Copies of a tensor by type, as { Q4_K: 12, Q6_K: 4 }. */
export function typesOf({ entries }: Layout, name: string): Readonly<Record<string, number>> {
  const types: Record<string, number> = {};
  for (const entry of entries) if (entry.name === name) types[entry.dtype] = (types[entry.dtype] ?? 0) + entry.copies;
  return types;
}

/** Shapes of a tensor, slowest dimension first. */
export const shapesOf = ({ entries }: Layout, name: string): readonly (readonly number[])[] =>
  entries.filter((entry) => entry.name === name).map(({ shape }) => shape);

export const namesOf = ({ entries }: Layout): readonly string[] => [...new Set(entries.map(({ name }) => name))];

export const llama = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  vocab_size: 32000,
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
};
