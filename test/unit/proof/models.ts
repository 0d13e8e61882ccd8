import {
  analyze,
  expectedTensors,
  toJson,
  type Analysis,
  type JsonObject,
  type PlacedTensor,
  type ShardIndex,
} from '../../../src/engine/index';
import { gatherFiles, type FoundFiles, type LookedFile } from '../../../src/engine/index';
import { finish } from '../../support/readings';

/** A Llama of two layers; keys can be changed. */
export function llama(changes: object = {}): Analysis {
  return modelOf({
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    dtype: 'bfloat16',
    vocab_size: 32,
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    ...changes,
  });
}

export function modelOf(config: object): Analysis {
  const result = analyze(toJson(config) as JsonObject);
  if (result.kind !== 'model') throw new Error(result.kind);
  return result;
}

export type Tensor = Omit<PlacedTensor, 'file'>;

/** What the files of a model hold, in a form that a test can change. */
export const tensorsOf = (analysis: Analysis): Tensor[] =>
  [...expectedTensors(analysis)].map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes }));

/** A file that was read, with these tensors. */
export const fileOf = (tensors: readonly Tensor[], file = 0, name = 'model.safetensors'): LookedFile => ({
  name,
  state: 'read',
  bytes: 0,
  problems: [],
  tensors: new Map(tensors.map((tensor) => [tensor.name, { ...tensor, file }])),
});

/** Files without an index. */
export const gathered = (...files: readonly LookedFile[]): FoundFiles => finish(gatherFiles(undefined, files)).result;

/** An index that places tensors in files by name. */
export const indexOf = (places: Readonly<Record<string, string>>, totalSize?: number): ShardIndex => {
  const files = [...new Set(Object.values(places))];
  return { kind: 'index', files, fileOf: new Map(Object.entries(places).map(([name, file]) => [name, files.indexOf(file)])), totalSize };
};

/** A file of an index that is not there. */
export const absent = (name: string, state: LookedFile['state'] = 'absent', bytes = 0): LookedFile => ({
  name,
  state,
  bytes,
  problems: [],
  tensors: new Map(),
});
