import { contiguous, expertMatrix, fresh, into, matrix, onto, reshape, rows, sort, view, type Tensor } from '../ggml/tensors';
import { join, linear, weightOf, type Build, type Layer } from './build';

/** A gate and its activation: one operation since b5773, an activation and a product before. */
const gated = ({ version }: Build, gate: Tensor, up: Tensor): Tensor =>
  version.has('gatedUnits') ? fresh('F32', gate.ne, gate, up) : onto(onto(gate), up);

/** build_ffn of a dense block; `suffix` names the experts that all tokens share. */
export function denseBlock(build: Build, layer: Layer, x: Tensor, suffix = ''): Tensor {
  const up = linear(build, layer, `ffn_up${suffix}`, x) as Tensor;
  const gate = linear(build, layer, `ffn_gate${suffix}`, x);
  let inner: Tensor;
  if (gate) inner = gated(build, gate, up);
  else {
    const down = layer.block.get(`ffn_down${suffix}.weight`);
    const half = down?.ne[0] ?? up.ne[0];
    // Both halves in one matrix (phi3, glm4): swiglu, or two copies and a product before it was one operation.
    if (up.ne[0] !== half)
      inner = build.version.has('gatedUnits')
        ? fresh('F32', [half, up.ne[1]], up)
        : onto(onto(contiguous(halfOf(up, half))), contiguous(halfOf(up, half)));
    else inner = onto(up);
  }
  return linear(build, layer, `ffn_down${suffix}`, inner) ?? inner;
}

const halfOf = (x: Tensor, width: number): Tensor => view(x, [width, x.ne[1]], [x.nb[1], x.nb[2], x.nb[3]]);

/** Architectures whose chosen experts are weighed by a softmax of their own. */
const weighsChosen: ReadonlySet<string> = new Set(['gpt-oss']);

/** build_moe_ffn, and the experts that all tokens share. */
export function expertBlock(build: Build, layer: Layer, x: Tensor): Tensor {
  const { shape, version, file } = build;
  const [hidden, tokens] = x.ne;
  const { expertsUsed: used } = shape;
  const architecture = file.architecture ?? '';
  const logits = linear(build, layer, 'ffn_gate_inp', x) as Tensor;
  const experts = logits.ne[0];
  const chosenSoftmax = weighsChosen.has(architecture);
  const bias = weightOf(build, layer, 'exp_probs_b.bias');
  const probabilities = chosenSoftmax ? logits : onto(logits);
  let selection = bias ? onto(probabilities, bias) : probabilities;
  if (shape.expertGroups > 1 && version.has('earlyExpertWeights')) selection = grouped(selection, shape.expertGroups, experts, tokens);
  const sorted = sort(selection);
  const chosen = view(sorted, [used, tokens], [sorted.nb[1], sorted.nb[2], sorted.nb[3]]);
  let weights = rows(reshape(probabilities, 1, experts, tokens), chosen);
  if (chosenSoftmax) weights = reshape(onto(reshape(weights, used, tokens)), 1, used, tokens);
  if (shape.normalizes) {
    const flat = reshape(weights, used, tokens);
    const total = fresh('F32', [1, tokens], flat);
    weights = reshape(onto(flat, version.has('earlyExpertWeights') ? onto(total) : total), 1, used, tokens);
  }
  if (shape.scales) weights = onto(weights);
  if (version.has('earlyExpertWeights')) join(build, weights);
  const spread = reshape(x, hidden, 1, tokens);
  const inner = innerOf(build, layer, spread, chosen);
  let mixed = chosenMatrix(build, layer, 'ffn_down_exps', inner, chosen);
  mixed = onto(mixed, weights);
  if (version.has('gatedUnits')) join(build, mixed);
  const views = Array.from({ length: used }, () => view(mixed, [hidden, tokens], [mixed.nb[2], mixed.nb[3], mixed.nb[3]]));
  if (version.has('gatedUnits')) for (const each of views) join(build, each);
  let sum = views[0] as Tensor;
  for (const each of views.slice(1)) {
    sum = onto(sum, each);
    if (version.has('gatedUnits')) join(build, sum);
  }
  if (used === 1) sum = contiguous(sum);
  if (!layer.block.has('ffn_up_shexp.weight')) return sum;
  return onto(sum, sharedExpert(build, layer, x));
}

function innerOf(build: Build, layer: Layer, x: Tensor, chosen: Tensor): Tensor {
  if (layer.block.has('ffn_gate_up_exps.weight')) {
    const both = chosenMatrix(build, layer, 'ffn_gate_up_exps', x, chosen);
    const half = both.ne[0] / 2;
    const part = (): Tensor => view(both, [half, both.ne[1], both.ne[2]], [both.nb[1], both.nb[2], both.nb[3]]);
    return fresh('F32', [half, both.ne[1], both.ne[2]], part(), part());
  }
  const up = chosenMatrix(build, layer, 'ffn_up_exps', x, chosen);
  if (!layer.block.has('ffn_gate_exps.weight')) return onto(up);
  return gated(build, chosenMatrix(build, layer, 'ffn_gate_exps', x, chosen), up);
}

function chosenMatrix(build: Build, layer: Layer, name: string, x: Tensor, chosen: Tensor): Tensor {
  const y = expertMatrix(weightOf(build, layer, `${name}.weight`) as Tensor, x, chosen);
  const bias = weightOf(build, layer, `${name}.bias`);
  return bias ? onto(y, bias, chosen) : y;
}

function sharedExpert(build: Build, layer: Layer, x: Tensor): Tensor {
  const shared = denseBlock(build, layer, x, '_shexp');
  const router = weightOf(build, layer, 'ffn_gate_inp_shexp.weight');
  return router ? onto(shared, onto(matrix(router, x))) : shared;
}

/** Experts outside of the best groups are masked out before the choice. */
function grouped(selection: Tensor, groups: number, experts: number, tokens: number): Tensor {
  const each = experts / groups;
  const by = reshape(selection, each, groups, tokens);
  const sorted = sort(by);
  const best = view(sorted, [2, groups, tokens], [sorted.nb[1], sorted.nb[2], sorted.nb[3]]);
  const scores = rows(reshape(by, 1, each, groups, tokens), best);
  const sums = fresh('F32', [1, groups, tokens], reshape(scores, 2, groups, tokens));
  const order = sort(reshape(sums, groups, tokens));
  const kept = view(order, [Math.max(1, groups / 2), tokens], [order.nb[1], order.nb[2], order.nb[3]]);
  const values = rows(by, kept);
  return reshape(into(onto(by), values, kept), experts, tokens);
}
