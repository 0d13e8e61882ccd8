/** Mixers that keep a state of fixed size instead of every token's keys and values. */
import { conv1d, linear, parameter, rmsNorm } from './blocks';
import { module, type Module, type Parts, type State } from './tree';

/** Any mixer of this kind: its parts as the family writes them, and what it keeps. */
export const stateSpace = (parts: Parts, ...keeps: readonly State[]): Module => module(parts, { keeps, component: 'stateSpace' });

/** The last inputs of a causal convolution, as many as its kernel is long, at the model's own type. */
export const convolutionState = (channels: number, kernel: number): State => ({ kind: 'convolution', elements: channels * kernel });

/** The state of a recurrence, which transformers computes and keeps in float32. */
export const recurrentState = (elements: number): State => ({ kind: 'recurrent', elements, dtype: 'float32' });

/** A convolution of each channel by itself. */
export const depthwise = (channels: number, kernel: number, bias: boolean): Module => conv1d(channels, channels, kernel, bias, channels);

export interface Mamba {
  readonly hidden: number;
  /** Channels inside. */
  readonly inner: number;
  /** State per channel. */
  readonly state: number;
  readonly kernel: number;
  /** Rank of the time step's projection. */
  readonly rank: number;
  readonly bias: boolean;
  readonly convBias: boolean;
  readonly more?: Parts;
}

/** Mamba's selective state space. Gu and Dao 2023. */
export const mambaMixer = ({ hidden, inner, state, kernel, rank, bias, convBias, more = {} }: Mamba): Module =>
  stateSpace(
    {
      A_log: parameter(inner, state),
      D: parameter(inner),
      conv1d: depthwise(inner, kernel, convBias),
      in_proj: linear(hidden, 2 * inner, bias),
      x_proj: linear(inner, rank + 2 * state),
      dt_proj: linear(rank, inner, true),
      out_proj: linear(inner, hidden, bias),
      ...more,
    },
    convolutionState(inner, kernel),
    recurrentState(inner * state),
  );

export interface Mamba2 {
  readonly hidden: number;
  readonly inner: number;
  readonly heads: number;
  readonly groups: number;
  readonly state: number;
  readonly kernel: number;
  readonly bias: boolean;
  /** Bias of the output projection; as `bias` when left out. */
  readonly outBias?: boolean;
  readonly convBias: boolean;
  /** A gated norm before the output projection. */
  readonly norm: boolean;
}

/** Mamba-2: one decay per head, inputs and outputs of the state shared by groups of heads. Dao and Gu 2024. */
export function mamba2Mixer({ hidden, inner, heads, groups, state, kernel, bias, outBias = bias, convBias, norm }: Mamba2): Module {
  const convolved = inner + 2 * groups * state;
  return stateSpace(
    {
      dt_bias: parameter(heads),
      A_log: parameter(heads),
      D: parameter(heads),
      conv1d: depthwise(convolved, kernel, convBias),
      in_proj: linear(hidden, inner + convolved + heads, bias),
      norm: norm && rmsNorm(inner),
      out_proj: linear(inner, hidden, outBias),
    },
    convolutionState(convolved, kernel),
    recurrentState(inner * state),
  );
}
