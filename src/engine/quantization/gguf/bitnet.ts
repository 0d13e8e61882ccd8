import { weakest } from '../../basis';
import type { Layout, PresetModel, PresetOptions } from '../presets/preset';
import type { StoredEntry } from '../stored';
import { rowBytes } from './ggmlTypes';
import { categoryOf } from './mix';
import { prepare } from './prepared';
import type { GgufTensor } from './tensors';

/** Bytes that bitnet.cpp reserves for the scale at the end of a matrix. */
const scaleBytes = 32;

/**
 * I2_S of bitnet.cpp: two bits a weight and one scale a matrix, embedding and output at F16, norms at F32. microsoft/BitNet:
 * setup_env.py (`llama-quantize … I2_S`), ggml_nbytes in the ggml.c of its llama.cpp (`nbytes / 4 + 32`).
 */
export function bitnetLayout(model: PresetModel, { llamaCppDate }: PresetOptions): Layout {
  const { text, projector, known } = prepare(model, llamaCppDate).converted;
  return {
    entries: [...text, ...projector].map(storedTensor),
    basis: weakest(
      { kind: 'rule', reasons: ['gguf-mix'] },
      { kind: known ? 'exact' : 'approximate', reasons: known ? [] : ['gguf-names'] },
    ),
  };
}

function storedTensor(tensor: GgufTensor): StoredEntry {
  const { name, layers, shape, copies, component, parameters, kept } = tensor;
  const elements = shape.reduce((product, dimension) => product * dimension, 1);
  const entry = { name, shape, copies, component, parameters, part: 'weight', ...(layers !== undefined && { indices: [layers] }) } as const;
  if (kept?.type === 'F32') return { ...entry, dtype: 'F32', bytes: rowBytes('F32', elements), scheme: kept.reason };
  const category = categoryOf(name);
  if (kept || category === 'output' || category === 'token_embd')
    return {
      ...entry,
      dtype: 'F16',
      bytes: rowBytes('F16', elements),
      scheme: kept?.reason ?? (category === 'output' ? 'head' : 'embedding'),
    };
  const matrices = shape.length > 2 ? (shape[0] ?? 1) : 1;
  return { ...entry, dtype: 'I2_S', bytes: Math.ceil(elements / 4) + scaleBytes * matrices, scheme: { name: 'I2_S' } };
}
