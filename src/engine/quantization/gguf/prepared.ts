import type { Layout, PresetModel } from '../presets/preset';
import type { Inventory } from '../../weights/inventory';
import { isSeventyBillion } from './architectures';
import { groupedQueries } from './facts';
import { since, type Since } from './history';
import { categoryOf, type Category, type MixModel } from './mix';
import { placesOf, type Places } from './places';
import { convert, depthOf, type Converted, type GgufTensor } from './tensors';

/** A tensor with what every file type asks of it. */
export interface PreparedTensor {
  readonly tensor: GgufTensor;
  readonly category: Category;
  readonly columns: number;
  /** Rows over all its matrices. */
  readonly rows: number;
  readonly matrices: number;
  /** Layers that every rule treats alike; absent outside of layers and for what is never quantized. */
  readonly places: Places | undefined;
}

/** A model as llama-quantize sees it, whatever the file type. */
export interface Prepared {
  readonly converted: Converted;
  readonly facts: MixModel;
  readonly tensors: readonly PreparedTensor[];
  /** Layouts asked for before, by mix: aliases and recipes ask for those of other names. */
  readonly layouts: Map<string, Layout>;
}

/** By inventory and day: a table of precisions asks for dozens of file types of one model. */
const known = new WeakMap<Inventory, Map<string, Prepared>>();

export function prepare(model: PresetModel, llamaCppDate: string | undefined): Prepared {
  const key = llamaCppDate ?? '';
  const days = known.get(model.inventory) ?? new Map<string, Prepared>();
  known.set(model.inventory, days);
  const found = days.get(key);
  if (found) return found;
  const day = since(llamaCppDate);
  const converted = convert(model, day);
  const facts = mixModel(model, converted, day);
  const places = placesOf(converted.text, facts, day);
  const prepared: Prepared = {
    converted,
    facts,
    layouts: new Map(),
    tensors: [...converted.text, ...converted.projector].map((tensor): PreparedTensor => {
      const columns = tensor.shape.at(-1) ?? 0;
      return {
        tensor,
        category: categoryOf(tensor.name),
        columns,
        rows: tensor.shape.slice(0, -1).reduce((product, dimension) => product * dimension, 1),
        matrices: tensor.shape.length > 2 ? (tensor.shape[0] ?? 1) : 1,
        places: places.get(tensor),
      };
    }),
  };
  days.set(key, prepared);
  return prepared;
}

function mixModel({ inventory }: PresetModel, { architecture, text, heads }: Converted, day: Since): MixModel {
  const layers = depthOf(text);
  let experts = 0;
  let values = 0;
  let tied = true;
  for (const { name, shape, copies } of text) {
    if (shape.length === 3 && name.includes('_exps')) experts = Math.max(experts, shape[0] ?? 0);
    if (name === 'output.weight') tied = false;
    if (/attn_(v|qkv|kv_b)\.weight$/.test(name)) values += copies;
  }
  return {
    falcon: architecture === 'falcon',
    gemma: architecture === 'gemma',
    seventyBillion: isSeventyBillion(architecture, layers, heads !== undefined && heads.heads !== heads.kvHeads),
    groupedQueries: groupedQueries(architecture, inventory, heads, day),
    experts,
    tied,
    depth: depthsOf(text, layers, day),
    values,
  };
}

/** Layers; for a while, the tensors of that name, biases and all. */
function depthsOf(text: readonly GgufTensor[], layers: number, day: Since): MixModel['depth'] {
  if (day('depthByLayers') || !day('mixesByDepth')) return { ffn_down: layers, ffn_gate: layers, ffn_up: layers };
  const count = (part: string): number => text.reduce((sum, { name, copies }) => sum + (name.includes(part) ? copies : 0), 0);
  return { ffn_down: count('ffn_down'), ffn_gate: count('ffn_gate.'), ffn_up: count('ffn_up') };
}
