import { exact, weakest, type Basis } from '../../basis';
import type { Layout, PresetModel, PresetOptions } from '../presets/preset';
import type { StoredEntry } from '../stored';
import { rowBytes, type GgmlType } from './ggmlTypes';
import { since } from './history';
import { dependsOnPlace, fittingType, isRefused, mixedType, type MixModel, type MixOptions, type Place } from './mix';
import type { Mix } from './mixes';
import { prepare, type PreparedTensor } from './prepared';
import type { Converted } from './tensors';

/** A tensor of the file, or all equal ones of a stack of layers, and the type that a mix gives each. */
export interface TypedTensor extends PreparedTensor {
  /** Copies by type. */
  readonly copies: ReadonlyMap<GgmlType, number>;
  /** Why it is no type of the mix's. */
  readonly kept?: StoredEntry['scheme'];
  /** llama-quantize has no type for its width. */
  readonly refused?: true;
  /** The type of the copy that stands there. */
  typeAt(place: Place): GgmlType;
}

/** The tensors of a model's GGUF file and, where the model has towers, of the second file that holds them. */
export function ggufLayout(model: PresetModel, mix: Mix, asked: PresetOptions): Layout {
  const { converted, facts, tensors, layouts } = prepare(model, asked.llamaCppDate);
  const options = optionsOf(mix, asked);
  const key = [mix.fileType.name, options.imatrix, mix.embedding, mix.pure].join();
  const known = layouts.get(key);
  if (known) return known;
  const entries: StoredEntry[] = [];
  let refused = false;
  for (const prepared of tensors) {
    const tensor = typed(prepared, facts, mix, options);
    refused ||= tensor.refused === true;
    for (const [type, copies] of tensor.copies) entries.push(stored(tensor, type, copies));
  }
  const layout = { entries, basis: refused ? weakest(basisOf(converted, mix), unwritten) : basisOf(converted, mix) };
  layouts.set(key, layout);
  return layout;
}

/** The tensors of the language file, each with its type by where it stands. */
export function typedTensors(model: PresetModel, mix: Mix, asked: PresetOptions): readonly TypedTensor[] {
  const { converted, facts, tensors } = prepare(model, asked.llamaCppDate);
  const options = optionsOf(mix, asked);
  return tensors.slice(0, converted.text.length).map((prepared) => typed(prepared, facts, mix, options));
}

/** No such file comes of llama-quantize: it stops. */
const unwritten: Basis = { kind: 'approximate', reasons: ['gguf-refused'] };

const optionsOf = ({ fileType }: Mix, { imatrix, llamaCppDate }: PresetOptions): MixOptions => ({
  fileType,
  imatrix: imatrix ?? fileType.imatrix,
  day: since(llamaCppDate),
});

function basisOf({ known, projector, text }: Converted, { fileType }: Mix): Basis {
  const plain = fileType.base === 'F32' || fileType.base === 'F16' || fileType.base === 'BF16';
  return weakest(
    { kind: plain ? 'exact' : 'rule', reasons: plain ? [] : ['gguf-mix'] },
    { kind: projector.length > 0 ? 'rule' : 'exact', reasons: projector.length > 0 ? ['gguf-projector'] : [] },
    { kind: known ? 'exact' : 'approximate', reasons: known ? [] : ['gguf-names'] },
    text.some(({ name }) => name.includes('.nextn.')) ? { kind: 'rule', reasons: ['gguf-further-layers'] } : exact,
  );
}

function typed(prepared: PreparedTensor, model: MixModel, mix: Mix, options: MixOptions): TypedTensor {
  const { tensor, category, columns, places } = prepared;
  const { fileType, embedding, pure } = mix;
  const { base } = fileType;
  const always = (type: GgmlType, kept?: StoredEntry['scheme']): TypedTensor => ({
    ...prepared,
    copies: new Map([[type, tensor.copies]]),
    typeAt: () => type,
    ...(kept && { kept }),
  });
  if (tensor.kept) {
    const { type, reason } = tensor.kept;
    const half = base === 'F32' || base === 'BF16' ? base : 'F16';
    if (type === 'F16-or-F32') return always(half === 'F16' ? half : 'F32', reason);
    return always(type === 'half' ? half : type, reason);
  }
  if (base === 'F32' || base === 'F16' || base === 'BF16') return always(tensor.wide ? 'F32' : base, 'not-quantized');
  let refused = false;
  const fitting = (type: GgmlType): GgmlType => {
    refused ||= isRefused(type, columns, options.day);
    return fittingType(type, columns, options.day);
  };
  const marked = (tensor: TypedTensor): TypedTensor => (refused ? { ...tensor, refused } : tensor);
  const fitted = (type: GgmlType): TypedTensor => marked(always(fitting(type)));
  if (embedding && (category === 'token_embd' || category === 'output')) return fitted(embedding);
  if (pure) return fitted(base);
  const mixedAt = (place: Place): GgmlType => mixedType(category, prepared, place, model, options);
  const typeAt = (place: Place): GgmlType => fitting(mixedAt(place));
  if (places === undefined || !dependsOnPlace(category, fileType)) return fitted(mixedAt({ layer: 0, rank: 0 }));
  const copiesOf = new Map<GgmlType, number>();
  for (const place of places) {
    const type = typeAt(place);
    copiesOf.set(type, (copiesOf.get(type) ?? 0) + place.copies);
  }
  return marked({ ...prepared, copies: copiesOf, typeAt });
}

/** Bytes of one copy. */
export const bytesAt = ({ rows, columns }: PreparedTensor, type: GgmlType): number => rows * rowBytes(type, columns);

function stored(typedTensor: TypedTensor, type: GgmlType, copies: number): StoredEntry {
  const { tensor, kept } = typedTensor;
  const { name, layers, shape, parameters, component } = tensor;
  return {
    name,
    ...(layers !== undefined && { indices: [layers] }),
    dtype: type,
    shape,
    copies,
    bytes: bytesAt(typedTensor, type),
    component,
    part: 'weight',
    parameters,
    scheme: kept ?? (type === 'F16' ? 'width' : { name: type }),
  };
}
