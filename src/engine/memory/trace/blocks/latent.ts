import { linear } from '../linear';
import { bytesOf, concatenate, slice, view, type Linear, type Ops } from '../ops';
import type { Value } from '../tape';
import { cached, scored, type Attended, type Attention, type Pass } from './attention';
import { normalize, type Norm } from './norms';
import { rotateBoth, type Rotation } from './rotation';
import { inOrder } from './scores';

/** Latent attention (DeepSeek V2; transformers models/deepseek_v3/modeling_deepseek_v3.py): keys and values of all heads out of one narrow row. */
export interface Latent {
  readonly heads: number;
  /** Elements of a head of queries that aren't rotated, that are, and of a head of values. */
  readonly plainWidth: number;
  readonly turnedWidth: number;
  readonly valueWidth: number;
  readonly rank: number;
  /** One projection, or two with a norm between them. */
  readonly queries: Linear | { readonly down: Linear; readonly norm: Norm; readonly up: Linear };
  readonly compress: Linear;
  readonly norm: Norm;
  readonly expand: Linear;
  readonly output: Linear;
  readonly rotation: Rotation;
  /** What the ways of attention and masks ask of it. */
  readonly attention: Attention;
}

export function attendLatent(ops: Ops, input: Value, latent: Latent, pass: Pass, layer: number): Attended {
  const { heads, plainWidth, turnedWidth, rank } = latent;
  let scores: Value | null = null;
  const output = ops.tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const { queries } = latent;
    const all = own(
      'up' in queries
        ? linear(ops, normalize(ops, linear(ops, input, queries.down), queries.norm), queries.up)
        : linear(ops, input, queries),
    );
    const tokens = all.elements / latent.heads / (plainWidth + turnedWidth);
    const unturned = own(slice(ops, all, tokens * heads * plainWidth));
    const turning = own(slice(ops, all, tokens * heads * turnedWidth));
    const compressed = own(linear(ops, input, latent.compress));
    const narrow = own(slice(ops, compressed, tokens * rank));
    const shared = own(slice(ops, compressed, tokens * turnedWidth));
    let rows = scope.replace(narrow, normalize(ops, narrow, latent.norm));
    const [turnedQ, turnedK] = rotateBoth(ops, scope, [turning, shared], latent.rotation, pass.rotation(latent.attention));
    scope.drop(turning, shared);
    let keyRows = turnedK;
    if (pass.keepsCache) {
      const [first, second] = cached(ops, [rows, keyRows], pass, layer, null);
      rows = scope.replace(rows, first);
      keyRows = scope.replace(keyRows, second);
    }
    const q = own(concatenate(ops, [unturned, turnedQ]));
    const { keys, values } = expanded(ops, rows, keyRows, latent);
    own(keys);
    own(values);
    const attended = scored(ops, q, keys, values, latent.attention, pass);
    scores = attended.scores;
    return linear(ops, own(inOrder(ops, attended.output, heads, pass)), latent.output);
  }, input);
  return { output, scores };
}

/** Keys and values of every head; keys are written part by part into a new whole. */
function expanded(
  ops: Ops,
  rows: Value,
  shared: Value,
  { heads, plainWidth, turnedWidth, valueWidth, rank, expand }: Latent,
): { keys: Value; values: Value } {
  const { tape } = ops;
  let values: Value | null = null;
  const keys = tape.scope((scope) => {
    const tokens = rows.elements / rank;
    const both = scope.own(linear(ops, rows, expand));
    const unturned = scope.own(slice(ops, both, tokens * heads * plainWidth));
    values = slice(ops, both, tokens * heads * valueWidth);
    values.unnamed = false;
    const elements = tokens * heads * (plainWidth + turnedWidth);
    // Its way back copies the whole, and the part that it hands on (autograd's CopySlices).
    const written = (whole: Value | null, part: Value, columns: number, repeats: number): Value =>
      tape.output({
        elements,
        width: both.width,
        inputs: [whole, part],
        packed: true,
        ...(whole && { reuse: whole.storage }),
        run: (_, [wantsWhole, wantsPart]) => {
          const copied = tape.allocate(elements * both.width);
          const handed = wantsPart ? tape.allocate(tokens * heads * columns * both.width) : null;
          if (!wantsWhole) tape.release(copied);
          const fitting = handed && repeats > 1 ? { storage: handed, bytes: bytesOf(part) } : handed;
          return [wantsWhole ? copied : null, fitting];
        },
      });
    const begun = scope.own(written(null, unturned, plainWidth, 1));
    return written(begun, scope.own(view(ops, shared)), turnedWidth, heads);
  });
  return { keys, values: values as unknown as Value };
}
