import type { Attended, Pass } from './blocks/attention';
import { normalize, type Norm } from './blocks/norms';
import { dropout } from './kernels';
import { linear } from './linear';
import { lossOfLogits } from './loss';
import { activate, add, view, type Linear, type Ops } from './ops';
import { normOf } from './parts';
import type { Value } from './tape';
import type { Reader } from './weights';

/** An encoder of text with its head, as its program runs it. */
export interface Encoder {
  /** The loss of a batch, or its logits where there are no labels. */
  readonly run: (ops: Ops, ids: Value, pass: Pass, labels: Value | null) => Value;
  /** Labels stand for whole sequences. */
  readonly bySequence: boolean;
  /** Bytes of tables that modules make beside the files. */
  readonly buffers: number;
}

/** What follows attention in a layer (BertLayer and those copied from it). */
export interface Rest {
  readonly attended: Joined;
  readonly first: Linear;
  readonly second: Joined;
}

/** A layer whose output is added to what came before, and normalized. */
export interface Joined {
  readonly layer: Linear;
  readonly norm: Norm;
}

export type Drop = (value: Value) => Value;
export const dropIf =
  (ops: Ops, drops: boolean): Drop =>
  (value) =>
    drops ? dropout(ops, value) : value;

export function readRest(layer: Reader, hidden: number): Rest | undefined {
  const attended = joined(layer.child('attention')?.child('output'), hidden);
  const [first, second] = [layer.child('intermediate')?.linear('dense'), joined(layer.child('output'), hidden)];
  return attended && first && second ? { attended, first, second } : undefined;
}

export function joined(part: Reader | undefined, columns: number): Joined | undefined {
  const layer = part?.linear('dense');
  const norm = normOf(part?.child('LayerNorm'), 'layer', columns);
  return layer && norm ? { layer, norm } : undefined;
}

export function runLayer(ops: Ops, input: Value, rest: Rest, attend: (value: Value) => Attended, drop: Drop): Value {
  const join = (value: Value, { layer: dense, norm }: Joined, other: Value): Value =>
    ops.tape.scope((scope) => {
      let hidden = scope.own(linear(ops, value, dense));
      hidden = scope.replace(hidden, drop(hidden));
      return normalize(ops, add(ops, hidden, other), norm);
    });
  return ops.tape.scope((scope) => {
    const { output, scores } = attend(input);
    if (scores) scope.own(scores);
    const own = scope.own(output);
    const attended = scope.replace(own, join(own, rest.attended, input));
    const middle = scope.own(linear(ops, attended, rest.first));
    const active = scope.replace(middle, activate(ops, middle));
    return join(active, rest.second, attended);
  });
}

/** Labels of a sequence from its pooled first token, or tokens of the vocabulary at every place. */
export type Head =
  | {
      readonly kind: 'sequence';
      readonly pooler: Linear;
      readonly classifier: Linear;
      /** How the pooler's function goes back: by its output (tanh), or its input (gelu). */
      readonly pools: 'input' | 'output';
      /** The first token loses a share before it is pooled, too (RoBERTa). */
      readonly dropsFirst: boolean;
    }
  | { readonly kind: 'tokens'; readonly transform: Joined; readonly decoder: Linear };

export function readHead(root: Reader, pooling: Reader | undefined, hidden: number, pools: 'input' | 'output'): Head | undefined {
  const [pooler, classifier] = [pooling?.child('dense')?.asLinear(true), root.child('classifier')?.asLinear(true)];
  if (pooler && classifier) return { kind: 'sequence', pooler, classifier, pools, dropsFirst: false };
  const [inner, outer] = ['dense', 'out_proj'].map((name) => root.child('classifier')?.child(name)?.asLinear(true));
  if (inner && outer) return { kind: 'sequence', pooler: inner, classifier: outer, pools, dropsFirst: true };
  const language = root.child('lm_head');
  const [layer, norm] = [language?.linear('dense'), normOf(language?.child('layer_norm'), 'layer', hidden)];
  const onto = language?.linear('decoder');
  if (layer && norm && onto) return { kind: 'tokens', transform: { layer, norm }, decoder: onto };
  const predictions = root.child('cls')?.child('predictions');
  const [dense, decoder] = [joined(predictions?.child('transform'), hidden), predictions?.linear('decoder')];
  return dense && decoder ? { kind: 'tokens', transform: dense, decoder } : undefined;
}

/** @param hidden the last layer's output, which the caller holds */
export function runHead(ops: Ops, hidden: Value, head: Head, pass: Pass, drop: Drop, labels: Value | null): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    if (head.kind === 'tokens') {
      const { transform, decoder } = head;
      const turned = normalize(ops, activate(ops, linear(ops, hidden, transform.layer)), transform.norm);
      const logits = scope.own(linear(ops, turned, decoder));
      return labels ? lossOfLogits(ops, logits, labels) : logits;
    }
    // The first token of each sequence; its way back is a whole of zeros.
    const first = tape.output({
      elements: (hidden.elements / pass.tokens / pass.batch) * pass.batch,
      width: hidden.width,
      inputs: [hidden],
      reuse: hidden.storage,
      run: () => [tape.allocate(hidden.elements * hidden.width)],
    });
    const pooled = scope.own(activate(ops, linear(ops, head.dropsFirst ? drop(first) : first, head.pooler), head.pools));
    const logits = scope.own(linear(ops, drop(view(ops, pooled)), head.classifier));
    return labels ? lossOfLogits(ops, logits, labels) : logits;
  });
}
