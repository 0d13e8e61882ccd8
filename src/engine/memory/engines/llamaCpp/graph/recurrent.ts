import { cached, contiguous, fresh, into, onto, reshape, rope, rows, transpose, view, type Tensor } from '../ggml/tensors';
import { attend } from './attention';
import { join, layerNorm, linear, weightOf, type Build, type Layer } from './build';

/**
 * States of the batch's sequences, and the cache that they come from: build_rs.
 *
 * @param read gathers them, or computes with those that the indices name
 */
function states(
  build: Build,
  layer: Layer,
  elements: number,
  read: (all: Tensor, indices: Tensor) => Tensor = rows,
): { readonly all: Tensor; readonly own: Tensor } {
  const { inputs, cache, settings, cpu } = build;
  const all = cached('F32', [elements, settings.sequences], cache.layers[layer.at]?.backend ?? cpu);
  const flat = reshape(all, elements, settings.sequences);
  join(build, view(view(flat, [0]), [0]));
  const own = join(build, read(flat, inputs.stateRows(true)));
  const others = rows(flat, inputs.stateRows(false));
  join(build, into(view(all, [elements, 0], [all.nb[1], all.nb[2], all.nb[3]]), others));
  return { all, own };
}

/** The convolution's state before the batch's inputs, and its last columns written back: build_conv_state. */
function convolved(build: Build, layer: Layer, x: Tensor, kernel: Tensor): Tensor {
  const { sequences } = build;
  const [width, channels] = kernel.ne;
  const { all, own } = states(build, layer, (width - 1) * channels);
  const before = reshape(own, width - 1, channels, sequences);
  const both = fresh('F32', [width - 1 + x.ne[1], channels, sequences], before, transpose(x));
  const last = view(both, [width - 1, channels, sequences], [both.nb[1], both.nb[2], both.nb[3]]);
  join(build, into(view(all, [(width - 1) * channels, sequences], [all.nb[1], all.nb[2], all.nb[3]]), last));
  return both;
}

/** Gated delta nets: src/models/qwen3next.cpp, qwen35.cpp, qwen35moe.cpp, delta-net-base.cpp with the fused operation. */
export function deltaNet(build: Build, layer: Layer, x: Tensor): Tensor {
  const { tokens, sequences } = build;
  const each = tokens / sequences;
  const kernel = weightOf(build, layer, 'ssm_conv1d.weight') as Tensor;
  const channels = kernel.ne[1];
  const valueDim = layer.block.get('ssm_norm.weight')?.ne[0] ?? 1;
  const valueHeads = (layer.block.get('ssm_out.weight')?.ne[0] ?? valueDim) / valueDim;
  const values = valueHeads * valueDim;
  const keyDim = (layer.shape.recurrent?.s ?? 0) / values;
  const keyHeads = (channels - values) / 2 / keyDim;
  const mixed = reshape(linear(build, layer, 'attn_qkv', x) as Tensor, channels, each, sequences);
  const z = linear(build, layer, 'attn_gate', x) as Tensor;
  let beta: Tensor;
  let alpha: Tensor;
  const together = linear(build, layer, 'ssm_ba', x);
  if (together) {
    const parts = reshape(together, 2, valueHeads, each, sequences);
    const part = (): Tensor => contiguous(view(parts, [1, valueHeads, each, sequences], [parts.nb[1], parts.nb[2], parts.nb[3]]));
    beta = onto(reshape(part(), 1, valueHeads, each, sequences));
    alpha = reshape(part(), valueHeads, each, sequences);
  } else {
    beta = onto(reshape(linear(build, layer, 'ssm_beta', x) as Tensor, 1, valueHeads, each, sequences));
    alpha = reshape(linear(build, layer, 'ssm_alpha', x) as Tensor, valueHeads, each, sequences);
  }
  const biased = onto(alpha, weightOf(build, layer, 'ssm_dt.bias'));
  const gate = reshape(onto(onto(biased), weightOf(build, layer, 'ssm_a')), 1, valueHeads, each, sequences);
  const both = convolved(build, layer, mixed, kernel);
  const { all, own } = states(build, layer, layer.shape.recurrent?.s ?? 0);
  const state = reshape(own, valueDim, valueDim, valueHeads, sequences);
  const result = onto(fresh('F32', [channels, each, sequences], both, kernel));
  const row = channels * 4;
  const part = (width: number, heads: number): Tensor => view(result, [width, heads, each, sequences], [width * 4, row, row * each]);
  const normalized = (): Tensor => fresh('F32', [keyDim, keyHeads, each, sequences], part(keyDim, keyHeads));
  const v = part(valueDim, valueHeads);
  const q = normalized();
  const k = normalized();
  const size = values * tokens + values * keyDim * sequences;
  const out = fresh('F32', [valueDim, size / valueDim], q, k, v, gate, beta, state);
  const output = view(out, [valueDim, valueHeads, each, sequences]);
  join(
    build,
    into(
      view(all, [layer.shape.recurrent?.s ?? 0, sequences], [all.nb[1], all.nb[2], all.nb[3]]),
      view(out, [valueDim, valueDim, valueHeads, sequences]),
    ),
  );
  const normed = layerNorm(build, layer, 'ssm_norm', output);
  const final = onto(normed, onto(reshape(z, valueDim, valueHeads, each, sequences)));
  const projected = linear(build, layer, 'ssm_out', reshape(final, values, each, sequences)) as Tensor;
  return reshape(projected, projected.ne[0], tokens);
}

/** Attention whose query projection carries a gate: Qwen3-Next and Qwen3.5. */
export function gatedAttention(build: Build, layer: Layer, x: Tensor): Tensor {
  const { tokens, inputs } = build;
  const { heads, kvHeads, keyDim, valueDim } = layer.shape;
  const both = linear(build, layer, 'attn_q', x) as Tensor;
  const k = linear(build, layer, 'attn_k', x) as Tensor;
  const v = linear(build, layer, 'attn_v', x) as Tensor;
  const half = (): Tensor => view(both, [keyDim, heads, tokens], [keyDim * 8, keyDim * 8 * heads, keyDim * 8 * heads * tokens]);
  const q = layerNorm(build, layer, 'attn_q_norm', half());
  const key = layerNorm(build, layer, 'attn_k_norm', reshape(k, keyDim, kvHeads, tokens));
  const gate = contiguous(half(), [keyDim * heads, tokens]);
  const result = attend(build, layer, {
    q: rope(q, inputs.positions),
    k: rope(key, inputs.positions),
    v: reshape(v, valueDim, kvHeads, tokens),
  });
  return linear(build, layer, 'attn_output', onto(result, onto(gate))) as Tensor;
}

/** Short convolutions of LFM2: src/models/lfm2.cpp. */
export function shortConvolution(build: Build, layer: Layer, x: Tensor): Tensor {
  const { tokens, sequences } = build;
  const each = tokens / sequences;
  const hidden = x.ne[0];
  const three = linear(build, layer, 'shortconv.in_proj', reshape(x, hidden, each, sequences)) as Tensor;
  const part = (): Tensor => view(three, [hidden, each, sequences], [three.nb[1], three.nb[2], three.nb[3]]);
  const kernel = weightOf(build, layer, 'shortconv.conv.weight') as Tensor;
  const both = convolved(build, layer, onto(part(), part()), kernel);
  const result = fresh('F32', [hidden, each, sequences], both, kernel);
  const y = linear(build, layer, 'shortconv.out_proj', onto(part(), result)) as Tensor;
  return reshape(y, hidden, tokens);
}

/** Selective state spaces: build_mamba_layer and build_mamba2_layer of src/models/mamba-base.cpp. */
export function stateSpace(build: Build, layer: Layer, x: Tensor): Tensor {
  const { tokens, sequences } = build;
  const each = tokens / sequences;
  const kernel = weightOf(build, layer, 'ssm_conv1d.weight') as Tensor;
  const channels = kernel.ne[1];
  const inner = layer.block.get('ssm_out.weight')?.ne[0] ?? channels;
  const both = linear(build, layer, 'ssm_in', reshape(x, x.ne[0], each, sequences)) as Tensor;
  const part = (width: number): Tensor => view(both, [width, each, sequences], [both.nb[1], both.nb[2], both.nb[3]]);
  const joined = convolved(build, layer, part(channels), kernel);
  const bias = weightOf(build, layer, 'ssm_conv1d.bias');
  const mixed = fresh('F32', [channels, each, sequences], joined, kernel);
  const active = onto(bias ? onto(mixed, bias) : mixed);
  const projected = linear(build, layer, 'ssm_x', active);
  const elements = layer.shape.recurrent?.s ?? 0;
  const x1 = view(active, [inner, each, sequences], [active.nb[1], active.nb[2], active.nb[3]]);
  const step = timeStep(build, layer, both, projected);
  const { all, own: scanned } = states(build, layer, elements, (flat, indices) =>
    fresh('F32', [inner * tokens + elements * sequences], flat, x1, step, projected ?? active, indices),
  );
  join(build, into(view(all, [elements, sequences], [all.nb[1], all.nb[2], all.nb[3]]), view(scanned, [elements * sequences])));
  let y = view(scanned, [inner, each, sequences]);
  const skip = weightOf(build, layer, 'ssm_d');
  if (skip) y = fresh('F32', y.ne, y, onto(x1, skip));
  const z = part(inner);
  const gate = contiguous(z);
  y = build.version.has('gatedUnits') ? fresh('F32', gate.ne, gate, y) : onto(y, onto(gate));
  if (layer.block.has('ssm_norm.weight')) y = layerNorm(build, layer, 'ssm_norm', y);
  const out = linear(build, layer, 'ssm_out', reshape(y, inner, each, sequences)) as Tensor;
  return reshape(out, out.ne[0], tokens);
}

/** The time step: of a projection of its own (Mamba), or a part of the first one (Mamba-2). */
function timeStep(build: Build, layer: Layer, both: Tensor, projected: Tensor | undefined): Tensor {
  const [, each, sequences] = both.ne;
  const rank = layer.block.get('ssm_dt.weight')?.ne[0] ?? 0;
  if (projected) {
    const part = view(projected, [rank, each, sequences], [projected.nb[1], projected.nb[2], projected.nb[3]]);
    return (
      linear(build, layer, 'ssm_dt', layer.block.has('ssm_dt_norm.weight') ? layerNorm(build, layer, 'ssm_dt_norm', part) : part) ?? part
    );
  }
  const heads = layer.block.get('ssm_dt.bias')?.ne[0] ?? 1;
  return onto(
    contiguous(view(both, [heads, each, sequences], [both.nb[1], both.nb[2], both.nb[3]])),
    weightOf(build, layer, 'ssm_dt.bias'),
  );
}
