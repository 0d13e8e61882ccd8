import { linear, parameter } from './blocks';
import { convolutionState, depthwise, recurrentState, stateSpace } from './stateSpace';
import { module, tensor, type Module } from './tree';

export interface GatedDeltaNet {
  readonly hidden: number;
  readonly keyHeads: number;
  readonly keyDim: number;
  readonly valueHeads: number;
  readonly valueDim: number;
  readonly kernel: number;
  /** Whether queries, keys and values have a projection of their own, and so have the gate and each of the two rates. */
  readonly separate: boolean;
  /** The decay and the norm of the output stand in the files at float32 whatever the rest is. */
  readonly float32?: boolean;
}

/** Linear attention by the gated delta rule: a matrix of keys × values per value head. Yang et al. 2024, arXiv 2412.06464. */
export function gatedDeltaNet({
  hidden,
  keyHeads,
  keyDim,
  valueHeads,
  valueDim,
  kernel,
  separate,
  float32 = false,
}: GatedDeltaNet): Module {
  const keys = keyHeads * keyDim;
  const values = valueHeads * valueDim;
  const convolved = 2 * keys + values;
  const wide = float32 ? ({ dtype: 'float32' } as const) : undefined;
  const projections = separate
    ? {
        in_proj_qkv: linear(hidden, convolved),
        in_proj_z: linear(hidden, values),
        in_proj_b: linear(hidden, valueHeads),
        in_proj_a: linear(hidden, valueHeads),
      }
    : { in_proj_qkvz: linear(hidden, convolved + values), in_proj_ba: linear(hidden, 2 * valueHeads) };
  return stateSpace(
    {
      dt_bias: parameter(valueHeads),
      A_log: tensor([valueHeads], 'other', wide),
      conv1d: depthwise(convolved, kernel, false),
      ...projections,
      norm: module({ weight: tensor([valueDim], 'norm', wide) }),
      out_proj: linear(values, hidden),
    },
    convolutionState(convolved, kernel),
    recurrentState(valueHeads * keyDim * valueDim),
  );
}
