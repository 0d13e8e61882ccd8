import { exact, weakest, type Basis } from '../../basis';
import type { JsonObject } from '../../config/json';
import type { ComputeDtype } from '../../hardware/device';
import type { CacheDtype } from '../../units/dtypes';
import type { Inventory } from '../../weights/inventory';
import type { Scheme } from '../scheme';
import { bytesPerStoredElement, keptDtype, type StoredDtype } from '../storage';
import { depthOf, editedEntries, editedScheme, hasEffect, type KeepEdits } from '../edits';
import { keptEntry, storedEntries, type StoredEntry } from '../stored';
import type { GroupRule } from '../groups';
import { storeContext } from '../tally';

/** What a preset may ask about a model. */
export interface PresetModel {
  readonly inventory: Inventory;
  /** Tensors of the files that the class does not load, of which GGUF's converter writes some. */
  readonly unloaded?: Inventory;
  /** The checkpoint's own dtype, which tensors that are left alone keep. */
  readonly dtype: CacheDtype;
  readonly modelType: string;
  /** The config itself. */
  readonly root: JsonObject;
}

/** What a person may choose beside the preset's name. */
export interface PresetOptions {
  /** Whether llama.cpp is given an importance matrix; left out: as publishers do for the file type. */
  readonly imatrix?: boolean;
  /** Day of llama.cpp's rules, as 2026-03-01; left out: the newest known. */
  readonly llamaCppDate?: string;
  /** A changed keep list; heeded by presets that have a `scheme`. */
  readonly edits?: KeepEdits;
}

/** What the files of a model hold under a preset. */
export interface Layout {
  /** Tensors in the files: tied ones once, buffers left out. */
  readonly entries: readonly StoredEntry[];
  readonly basis: Basis;
  /** Bytes below and above `entries`, where the size depends on data or on the publisher's recipe. */
  readonly range?: readonly [low: number, high: number];
}

/** Where a layout was learned, and whether a published file bears it out. */
export interface Evidence {
  /** A file of a public repository, or a paper. */
  readonly source: string;
  /**
   * `checkpoint`: reproduced published files to the byte. `writer`: reproduced to the byte what the writer saved of small models,
   * in one group size of the layout at least; the source names its version. `source`: read in the writer's code. `nominal`: no
   * source for the layout was found; the width alone is known.
   */
  readonly kind: 'checkpoint' | 'writer' | 'source' | 'nominal';
}

/** A way to store weights that can be asked for by name, as its current writer saves it. */
export interface Preset {
  readonly name: string;
  /** Name of the format that presets of one layout share: "GPTQ", "GGUF". */
  readonly format: string;
  /** Bits of a packed weight, without scales. */
  readonly bits: number;
  /** Columns that share a scale; null: the whole row or matrix, or no scales. */
  readonly groupSize: number | null;
  /** The format that hardware multiplies it in; null where that is left to the engine. */
  readonly computeDtype: ComputeDtype | null;
  readonly evidence: Evidence;
  /** The scheme behind the preset, for edits of what it takes; absent where the writer decides tensor by tensor in its own way. */
  scheme?(inventory: Inventory): Scheme;
  layout(model: PresetModel, options: PresetOptions): Layout;
  /** Which groups its writer takes; absent where the format fixes them. */
  readonly groups?: GroupRule;
  /** The preset with other groups, under a name that has them in it; absent where presets have every size that is taken. */
  withGroup?(name: string, size: number): Preset;
}

/** Every parameter at one type; it is multiplied in the format that names the preset. */
export const densePreset = (
  name: 'fp32' | 'tf32' | 'bf16' | 'fp16',
  stored: StoredDtype & ('F32' | 'BF16' | 'F16'),
  source = 'huggingface/safetensors: README.md "Format"',
): Preset => ({
  name,
  format: 'plain',
  bits: bytesPerStoredElement[stored] * 8,
  groupSize: null,
  computeDtype: name,
  evidence: { source, kind: 'checkpoint' },
  layout: ({ inventory }) => ({
    entries: parametersOf(inventory).map((entry) => keptEntry(entry, entry.copies, 'not-quantized', stored)),
    basis: exact,
  }),
});

export interface SchemeFacts {
  readonly format: string;
  readonly evidence: Evidence;
  readonly computeDtype?: ComputeDtype;
}

/** A preset that is a scheme: `chosen` may depend on what the model has. */
export function schemePreset(
  scheme: Scheme,
  { format, evidence, computeDtype }: SchemeFacts,
  chosen = (_inventory: Inventory): Scheme => scheme,
): Preset {
  return {
    name: scheme.name,
    format,
    bits: scheme.bits,
    groupSize: scheme.groupSize,
    computeDtype: computeDtype ?? null,
    evidence,
    scheme: chosen,
    layout: ({ inventory, dtype }, { edits }) => schemeLayout(chosen(inventory), inventory, dtype, edits),
  };
}

/** A preset whose groups a person may choose; of a size that no preset has, the layout is as the writer's code says. */
export const regrouped = (preset: Preset, groups: GroupRule, withGroup: (name: string, size: number) => Preset): Preset => ({
  ...preset,
  groups,
  withGroup: (name, size) => ({ ...regrouped(withGroup(name, size), groups, withGroup), evidence: { ...preset.evidence, kind: 'source' } }),
});

/**
 * What a scheme makes of each parameter, its keep list changed where `edits` do.
 *
 * @param casts whether the writer gives a float32 tensor the type of the others
 */
export function schemeLayout(
  scheme: Scheme,
  inventory: Inventory,
  dtype: CacheDtype,
  edits: KeepEdits = {},
  casts?: (name: string) => boolean,
): Layout {
  const context = storeContext(inventory, keptDtype(dtype), casts);
  const parameters = parametersOf(inventory);
  if (!hasEffect(scheme, parameters, edits))
    return {
      entries: parameters.flatMap((entry) => storedEntries(entry, { copies: entry.copies, scheme }, context)),
      basis: scheme.basis,
    };
  const edited = editedScheme(scheme, edits);
  const depth = depthOf(parameters);
  return {
    entries: parameters.flatMap((entry) => editedEntries(entry, edited, edits, depth, context)),
    basis: weakest(scheme.basis, { kind: 'rule', reasons: ['keep-list-edited'] }),
  };
}

/** Parameters, tied ones once. */
const parametersOf = ({ entries }: Inventory) => entries.filter(({ tiedTo, buffer }) => tiedTo === undefined && !buffer);
