import { exact, weakest, type Basis } from '../../basis';
import type { Layout, PresetModel, PresetOptions } from '../presets/preset';
import type { StoredEntry } from '../stored';
import type { FileType } from './fileTypes';
import { rowBytes, type GgmlType } from './ggmlTypes';
import { since } from './history';
import { dependsOnPlace, fittingType, mixedType, type MixModel, type MixOptions } from './mix';
import { prepare, type PreparedTensor } from './prepared';
import type { Converted } from './tensors';

/** A mix as a publisher makes it: a file type, and types that override its rules. */
export interface Mix {
  readonly fileType: FileType;
  /** `--token-embedding-type` and `--output-tensor-type`, as publishers set them for _L and _XL files. */
  readonly embedding?: GgmlType;
  /** `--pure`: the base type for everything that is quantized at all. */
  readonly pure?: boolean;
}

/** The tensors of a model's GGUF file and, where the model has towers, of the second file that holds them. */
export function ggufLayout(model: PresetModel, mix: Mix, { imatrix, llamaCppDate }: PresetOptions): Layout {
  const { converted, facts, tensors, layouts } = prepare(model, llamaCppDate);
  const options: MixOptions = { fileType: mix.fileType, imatrix: imatrix ?? mix.fileType.imatrix, day: since(llamaCppDate) };
  const key = [mix.fileType.name, options.imatrix, mix.embedding, mix.pure].join();
  const known = layouts.get(key);
  if (known) return known;
  const entries: StoredEntry[] = [];
  for (const tensor of tensors) addStored(entries, tensor, facts, mix, options);
  const layout = { entries, basis: basisOf(converted, mix) };
  layouts.set(key, layout);
  return layout;
}

function basisOf({ known, projector, text }: Converted, { fileType }: Mix): Basis {
  const plain = fileType.base === 'F32' || fileType.base === 'F16' || fileType.base === 'BF16';
  return weakest(
    { kind: plain ? 'exact' : 'rule', reasons: plain ? [] : ['gguf-mix'] },
    { kind: projector.length > 0 ? 'rule' : 'exact', reasons: projector.length > 0 ? ['gguf-projector'] : [] },
    { kind: known ? 'exact' : 'approximate', reasons: known ? [] : ['gguf-names'] },
    text.some(({ name }) => name.includes('.nextn.')) ? { kind: 'rule', reasons: ['gguf-further-layers'] } : exact,
  );
}

/** What stands in the file for a tensor: one entry for each type that its copies have. */
function addStored(entries: StoredEntry[], prepared: PreparedTensor, model: MixModel, mix: Mix, options: MixOptions): void {
  const { tensor, category, columns, places } = prepared;
  const { fileType, embedding, pure } = mix;
  const { base } = fileType;
  const add = (type: GgmlType, copies: number, kept?: StoredEntry['scheme']): void =>
    void entries.push(stored(prepared, type, copies, kept));
  if (tensor.kept) {
    const { type, reason } = tensor.kept;
    add(type === 'half' ? (base === 'F32' || base === 'BF16' ? base : 'F16') : type, tensor.copies, reason);
  } else if (base === 'F32' || base === 'F16' || base === 'BF16') add(tensor.wide ? 'F32' : base, tensor.copies, 'not-quantized');
  else if (embedding && (category === 'token_embd' || category === 'output'))
    add(fittingType(embedding, columns, options.day), tensor.copies);
  else if (pure) add(fittingType(base, columns, options.day), tensor.copies);
  else {
    const typeAt = (layer: number, rank: number): GgmlType =>
      fittingType(mixedType(category, prepared, { layer, rank }, model, options), columns, options.day);
    if (places === undefined || !dependsOnPlace(category, fileType)) add(typeAt(0, 0), tensor.copies);
    else {
      const copiesOf = new Map<GgmlType, number>();
      for (const { layer, rank, copies } of places) {
        const type = typeAt(layer, rank);
        copiesOf.set(type, (copiesOf.get(type) ?? 0) + copies);
      }
      for (const [type, copies] of copiesOf) add(type, copies);
    }
  }
}

function stored({ tensor, rows, columns }: PreparedTensor, type: GgmlType, copies: number, kept?: StoredEntry['scheme']): StoredEntry {
  const { name, shape, parameters, component } = tensor;
  return {
    name,
    dtype: type,
    shape,
    copies,
    bytes: rows * rowBytes(type, columns),
    component,
    part: 'weight',
    parameters,
    scheme: kept ?? (type === 'F16' ? 'width' : { name: type }),
  };
}
