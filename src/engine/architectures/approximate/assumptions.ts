import type { ConfigPath, FindingSink } from '../../findings';

/** What an estimate of an unknown type takes for granted where its config does not say; the codes of `assumption` findings. */
export type Assumption =
  /** The feed-forward has a gate: three matrices (value: the activation that suggests it, if any). */
  | 'gated-feed-forward'
  /** The feed-forward has no gate: two matrices. */
  | 'plain-feed-forward'
  /** The feed-forward is four times as wide as the model (value: that width). */
  | 'feed-forward-width'
  /** Each layer has two norms with one weight per channel, and one norm follows the last. */
  | 'norms'
  /** No biases but those that a key names. */
  | 'no-biases'
  /** Positions are rotary or relative: no table of them. */
  | 'no-position-table'
  /** A table of learned positions (value: its length). */
  | 'position-table'
  /** The head shares the embedding's storage. */
  | 'tied-head'
  /** The head has weights of its own. */
  | 'untied-head'
  /** All heads have keys and values of their own. */
  | 'full-heads'
  /** An encoder: it keeps nothing while it reads. */
  | 'bidirectional'
  /** Layers of another kind than attention are sized by the keys of their kind (value: how many). */
  | 'other-mixers'
  /** The vision tower is a plain vision transformer of the stated width and depth. */
  | 'vision-tower'
  /** A part of the model is not counted (value: its key). */
  | 'part-not-counted';

export type TakeForGranted = (assumption: Assumption, value?: string | number) => void;

/** Leaves a finding for everything that is assumed. */
export const assumptionsIn =
  (sink: FindingSink, path: ConfigPath): TakeForGranted =>
  (assumption, value) =>
    sink.add({ code: 'assumption', severity: 'information', path, values: { assumption, value: value ?? null } });
