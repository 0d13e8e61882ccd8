import type { InventoryEntry } from '../../weights/inventory';
import type { StoreContext } from '../scheme';

/** One of the layers as which ExLlama stores a fused one. */
export interface FusedPart {
  /** What its module is called in the files. */
  readonly name: string;
  readonly rows: number;
}

/**
 * The layers that ExLlama takes a fused one apart into: query, key and value; gate and up
 * (turboderp-org/exllamav3 exllamav3/modules/attn.py, key_fused_qkv; mlp.py, key_fused_gate_up; turboderp-org/exllamav2
 * exllamav2/attn.py and mlp.py, fused_qkv_key and fused_mlp_key_12). `undefined` for a layer that stays one.
 */
export function fusedParts({ name, shape, component }: InventoryEntry, { shapeOf }: StoreContext): readonly FusedPart[] | undefined {
  const [rows = 0] = shape;
  if (shape.length !== 2) return undefined;
  if (name.endsWith('.gate_up_proj.weight'))
    return rows % 2 === 0 ? ['gate_proj', 'up_proj'].map((part) => ({ name: part, rows: rows / 2 })) : undefined;
  if (component === 'vision' && name.endsWith('.attn.qkv.weight')) return queryKeyValue(rows, rows / 3);
  if (!name.endsWith('.qkv_proj.weight')) return undefined;
  return queryKeyValue(rows, shapeOf(name.replace(/qkv_proj\.weight$/, 'o_proj.weight'))?.[1] ?? rows / 3);
}

/** Heads of the queries are as wide as what goes into the output; keys and values share the rest. */
function queryKeyValue(rows: number, queries: number): readonly FusedPart[] | undefined {
  const each = (rows - queries) / 2;
  if (!Number.isInteger(queries) || !Number.isInteger(each) || each <= 0) return undefined;
  return [
    { name: 'q_proj', rows: queries },
    { name: 'k_proj', rows: each },
    { name: 'v_proj', rows: each },
  ];
}
