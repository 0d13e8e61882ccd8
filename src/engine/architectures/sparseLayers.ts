import { perLayer } from './layerTypes';

interface SparseKeys {
  readonly num_hidden_layers: number;
  /** Every so many layers, one has experts. */
  readonly decoder_sparse_step: number;
  /** Numbers of layers that have none. */
  readonly mlp_only_layers: unknown;
}

/** Which layers have routed experts in the Qwen mixtures (transformers models/qwen2_moe, Qwen2MoeDecoderLayer). */
export function sparseLayers(c: SparseKeys, experts: number): readonly boolean[] {
  const dense = new Set<unknown>(Array.isArray(c.mlp_only_layers) ? c.mlp_only_layers : []);
  return perLayer(c.num_hidden_layers, (index) => experts > 0 && !dense.has(index) && (index + 1) % c.decoder_sparse_step === 0);
}
