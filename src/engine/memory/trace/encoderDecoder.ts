import type { Attention, Pass } from './blocks/attention';
import { linear } from './linear';
import { lossOfLogits } from './loss';
import { add, constant, scale, type Linear, type Ops } from './ops';
import type { Value } from './tape';

/** An encoder, a decoder that attends to its output, and the head: each line of such models has its own program for the two. */
export interface EncoderDecoder {
  readonly encode: (ops: Ops, ids: Value, pass: Pass) => Value;
  readonly decode: (ops: Ops, ids: Value, states: Value, pass: Pass) => Value;
  readonly head: Linear;
  /** What goes into the head is multiplied by a number (T5 with a tied head). */
  readonly scalesHidden: boolean;
  /** Logits get a bias that is not trained. */
  readonly bias: boolean;
  /** The decoder keeps keys and values in training, too, unless it checkpoints: it reads a copy of the config (T5). */
  readonly cachesInTraining: boolean;
  /** Scores get a bias that is trained, whose gradient no trace of fused attention shows. */
  readonly learnsBias: boolean;
  /** Bytes of tables that modules make beside the files. */
  readonly buffers: number;
}

/** What a decoder's mask of all earlier tokens is to an attention, as a pass asks for it. */
export const withMask = (pass: Pass, mask: Value | null): Pass => ({
  ...pass,
  mask: () => mask,
  shared: (attention: Attention | null) => (mask && attention ? [mask.storage] : []),
});

/**
 * One pass: all tokens through the encoder, and as many through the decoder in training, or the first one, or (with a cache)
 * the next. The loss, or the logits where there are no labels.
 */
export function runEncoderDecoder(ops: Ops, ids: Value, model: EncoderDecoder, pass: Pass, labels: Value | null): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const tokens = pass.training ? pass.tokens : 1;
    const own = pass.training ? scope.own(constant(ops, pass.batch * tokens, 8)) : { ...ids, elements: pass.batch };
    const states = scope.own(model.encode(ops, ids, { ...pass, cached: 0, keepsCache: false }));
    const keepsCache = pass.training ? model.cachesInTraining && !ops.checkpoints : pass.keepsCache;
    let hidden = scope.own(model.decode(ops, own, states, { ...pass, tokens, keepsCache, cached: pass.cached > 0 ? 1 : 0 }));
    if (model.scalesHidden) hidden = scope.own(scale(ops, hidden));
    let logits = scope.own(linear(ops, hidden, model.head));
    if (model.bias) logits = scope.replace(logits, add(ops, logits, constant(ops, 0, logits.width)));
    if (!labels) return logits;
    const loss = lossOfLogits(ops, logits, labels);
    // The output goes once there is the loss, and with it the cache.
    for (const kept of [...pass.cache.values(), ...pass.crossCache.values()]) for (const { storage } of kept) tape.release(storage);
    return loss;
  });
}
