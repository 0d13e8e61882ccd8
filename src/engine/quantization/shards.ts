import type { Inventory, InventoryEntry } from '../weights/inventory';

/** Which side of a matrix [rows = outputs, columns = inputs] is cut, and into how many parts. */
export interface Split {
  readonly side: 'rows' | 'columns';
  /** 1: every device holds the whole matrix. */
  readonly parts: number;
}

/** Second matrices of a pair: cut along their inputs, which the first ones' outputs are. */
const byColumns = /(^|\.)(o_proj|out_proj|down_proj|w2|wo|fc2|dense_4h_to_h|c_proj|dense|output_linear)(\.weight)?$/;
/** First matrices, cut along their outputs: by head, or along the inner width. */
const byRows =
  /(^|\.)(intermediate\.dense|q_proj|k_proj|v_proj|qkv_proj|q_b_proj|kv_b_proj|query_key_value|gate_proj|up_proj|gate_up_proj|w1|w3|fc1|dense_h_to_4h|c_fc|c_attn|Wqkv|wqkv|W_pack|input_linear)(\.weight)?$/;
/** Held whole where there are fewer key/value heads than devices: each head goes to several. */
const keysAndValues = /(^|\.)[kv]_proj(\.weight)?$/;

/**
 * How tensor parallelism cuts linear layers (Megatron-LM, arXiv 1909.08053, section 3; vLLM's ColumnParallelLinear and
 * RowParallelLinear). Layers of other names are taken to be held whole: nothing is said of them.
 */
export function shardsOf({ states }: Inventory): (entry: InventoryEntry, parallel: number) => Split {
  const heads = states.find(({ state }) => 'heads' in state && state.heads !== undefined)?.state;
  const keyHeads = heads && 'heads' in heads ? heads.heads : undefined;
  return ({ name }, parallel) => {
    if (!byRows.test(name)) return byColumns.test(name) ? { side: 'columns', parts: parallel } : { side: 'rows', parts: 1 };
    if (keyHeads !== undefined && keysAndValues.test(name)) return { side: 'rows', parts: Math.min(parallel, keyHeads) };
    return { side: 'rows', parts: parallel };
  };
}
