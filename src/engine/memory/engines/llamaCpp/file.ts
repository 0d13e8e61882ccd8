import type { Analysis } from '../../../analysis';
import { weakest, type Basis } from '../../../basis';
import { presetModelOf } from '../../../estimate';
import { rowBytes, type GgmlType } from '../../../quantization/gguf/ggmlTypes';
import { ggufLayout, typedTensors } from '../../../quantization/gguf/layout';
import { mixOf } from '../../../quantization/gguf/mixes';
import { architectureOf } from '../../../quantization/gguf/architectures';
import { layersOf, placeStride } from '../../../quantization/gguf/places';
import type { PresetOptions } from '../../../quantization/presets/preset';
import { RunError } from '../run';

/** A tensor of the file as ggml has it: columns first. */
export interface FileTensor {
  readonly type: GgmlType;
  readonly ne: readonly [columns: number, rows: number, matrices: number];
  readonly bytes: number;
}

/** Tensors by name without the layer ("attn_q.weight"). */
export type Block = ReadonlyMap<string, FileTensor>;

/** The language model's GGUF file. */
export interface ModelFile {
  readonly architecture: string | undefined;
  /** By number; further layers, which predict tokens ahead, come last. */
  readonly blocks: readonly Block[];
  readonly outside: Block;
  /** Bytes of the second file, which holds towers and projector. */
  readonly projector: number;
  readonly basis: Basis;
}

/** Files asked for before: an analysis is asked about several engines and contexts. */
const known = new WeakMap<Analysis, Map<string, ModelFile>>();

/**
 * The GGUF file that llama.cpp would be given: of a preset, or of the checkpoint's own plain type.
 *
 * @throws RunError for weights that no GGUF file holds.
 */
export function modelFile(analysis: Analysis, weights: string, options: PresetOptions): ModelFile {
  const files = known.get(analysis) ?? new Map<string, ModelFile>();
  known.set(analysis, files);
  const key = `${weights} ${String(options.llamaCppDate)} ${String(options.imatrix)}`;
  const found = files.get(key);
  if (found) return found;
  const file = read(analysis, weights, options);
  files.set(key, file);
  return file;
}

function read(analysis: Analysis, weights: string, options: PresetOptions): ModelFile {
  const model = presetModelOf(analysis);
  const mix = mixOf(weights === 'checkpoint' ? plainOf(analysis) : (sixteenBits[weights] ?? weights));
  if (!mix) throw new RunError('weights-format', `llama.cpp loads GGUF files, and "${weights}" is no type of theirs`, 'weights');
  const { entries, basis } = ggufLayout(model, mix, options);
  const text = typedTensors(model, mix, options);
  const blocks: Map<string, FileTensor>[] = [];
  const outside = new Map<string, FileTensor>();
  for (const typed of text) {
    const { name, shape, layers } = typed.tensor;
    const ne = [typed.columns, typed.rows / typed.matrices, typed.matrices] as const;
    const of = (type: GgmlType): FileTensor => ({ type, ne, bytes: typed.rows * rowBytes(type, typed.columns) });
    if (layers === undefined) {
      const [type] = typed.copies.keys();
      outside.set(name, of(type ?? 'F32'));
      continue;
    }
    if (shape.length === 0) continue;
    const inner = name.slice(name.indexOf('{n}.') + '{n}.'.length);
    const put = (layer: number, tensor: FileTensor): void => {
      while (blocks.length <= layer) blocks.push(new Map());
      blocks[layer]?.set(inner, tensor);
    };
    if (typed.copies.size === 1 || typed.places === undefined) {
      const [type] = typed.copies.keys();
      const tensor = of(type ?? 'F32');
      for (const layer of layersOf(layers)) put(layer, tensor);
    } else
      for (const place of typed.places) {
        const tensor = of(typed.typeAt(place));
        for (let copy = 0; copy < place.copies; copy++) put(place.layer + copy * placeStride, tensor);
      }
  }
  const projector = entries
    .filter(({ component }) => component === 'vision' || component === 'audio' || component === 'projector')
    .reduce((sum, { bytes, copies }) => sum + bytes * copies, 0);
  return { architecture: architectureOf(analysis.modelType), blocks, outside, projector, basis: weakest(analysis.basis, basis) };
}

/** Presets of other formats that say the same as a file type. */
const sixteenBits: Readonly<Record<string, string>> = { bf16: 'BF16', fp16: 'F16', fp32: 'F32' };

/**
 * What convert_hf_to_gguf.py writes of a checkpoint unless told otherwise: its own plain type; FP8 is unpacked, MXFP4 kept.
 *
 * @throws RunError for another packed checkpoint, which it refuses.
 */
function plainOf({ checkpoint, dtype }: Analysis): string {
  const { scheme, extras } = checkpoint;
  if (extras.quantizedParameters > 0 && scheme !== 'mxfp4' && !scheme.startsWith('fp8'))
    throw new RunError(
      'weights-format',
      `llama.cpp loads GGUF files, and the checkpoint is ${scheme}; name a GGUF type (Q4_K_M, BF16)`,
      'weights',
    );
  return sixteenBits[dtype.value] ?? 'BF16';
}
