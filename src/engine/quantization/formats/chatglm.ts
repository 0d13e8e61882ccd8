import { exact } from '../../basis';
import { integer, type Block, type Recipe } from '../recipe';
import type { Scheme } from '../scheme';
import { linearLayers } from '../selection';

/**
 * `quantization_bit` of ChatGLM's own code (quantization.py, QuantizedLinear): integers packed along the row into I8, one F16
 * scale per row; layers only. Gives 3,892,922,112 bytes for chatglm-6b-int4, whose file has 160,963 more of pickle.
 */
export function readChatGlm(block: Block): Recipe {
  const bits = integer(block, ['bits'], 4, (value) => value === 4 || value === 8);
  const scheme: Scheme = {
    name: `chatglm-int${bits}`,
    bits,
    groupSize: null,
    basis: exact,
    takes: linearLayers,
    store: ({ matrices: copies, rows, columns }) => [
      { suffix: 'weight', dtype: 'I8', shape: [rows, Math.ceil((columns * bits) / 8)], copies, packed: true },
      { suffix: 'weight_scale', dtype: 'F16', shape: [rows], copies },
    ],
  };
  return { name: scheme.name, fallback: scheme };
}
