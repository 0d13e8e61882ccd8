import { contiguous, fresh, matrix, permute, reshape, rope, view, type Tensor } from '../ggml/tensors';
import { attend } from './attention';
import { layerNorm, linear, weightOf, type Build, type Layer } from './build';

/** Multi-head latent attention: src/models/deepseek2.cpp, minicpm3.cpp. */
export function latentAttention(build: Build, layer: Layer, x: Tensor): Tensor {
  const { tokens, inputs } = build;
  const { heads, latent } = layer.shape;
  const { rank, rope: turned, nope, value } = latent ?? { rank: 0, rope: 0, nope: 0, value: 0 };
  const down = linear(build, layer, 'attn_q_a', x);
  const flat = down ? linear(build, layer, 'attn_q_b', layerNorm(build, layer, 'attn_q_a_norm', down)) : linear(build, layer, 'attn_q', x);
  const q = reshape(flat as Tensor, nope + turned, heads, tokens);
  const both = linear(build, layer, 'attn_kv_a_mqa', x) as Tensor;
  const row = both.nb[1];
  const compressed = view(both, [rank, tokens], [row, row * tokens, row * tokens]);
  const positions = view(both, [turned, 1, tokens], [row, row, row * tokens]);
  const turnedQ = rope(view(q, [turned, heads, tokens], [q.nb[1], q.nb[2], q.nb[3]]), inputs.positions);
  const turnedK = rope(positions, inputs.positions);
  const kept = layerNorm(build, layer, 'attn_kv_a_norm', compressed);
  const plainQ = view(q, [nope, heads, tokens], [q.nb[1], q.nb[2], q.nb[3]]);
  const up = weightOf(build, layer, 'attn_k_b.weight');
  if (up) {
    const absorbed = permute(matrix(up, permute(plainQ, 0, 2, 1, 3)), 0, 2, 1, 3);
    const query = fresh('F32', [rank + turned, heads, tokens], absorbed, turnedQ);
    const asHead = reshape(kept, rank, 1, tokens);
    const key = fresh('F32', [rank + turned, 1, tokens], asHead, turnedK);
    return attend(build, layer, { q: query, k: key, v: asHead }, weightOf(build, layer, 'attn_v_b.weight'));
  }
  const kv = linear(build, layer, 'attn_kv_b', kept) as Tensor;
  const wide = (nope + value) * 4;
  const keys = view(kv, [nope, heads, tokens], [wide, wide * heads, wide * heads * tokens]);
  const values = contiguous(view(kv, [value, heads, tokens], [wide, wide * heads, wide * heads * tokens]));
  const query = fresh('F32', [nope + turned, heads, tokens], plainQ, turnedQ);
  const repeated = fresh('F32', [turned, heads, tokens], turnedK);
  const key = fresh('F32', [nope + turned, heads, tokens], keys, repeated);
  return attend(build, layer, { q: query, k: key, v: values });
}
