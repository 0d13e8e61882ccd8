import { positionWays } from '../../architectures/encoder/debertaV2';
import type { Pass } from './blocks/attention';
import { normalize, type Norm } from './blocks/norms';
import { dropIf, readHead, readRest, runHead, runLayer, type Drop, type Encoder, type Rest } from './encoder';
import { dropout } from './kernels';
import { embed, linear } from './linear';
import {
  add,
  addInto,
  batched,
  bytesOf,
  cast,
  checkpoint,
  constant,
  copy,
  leaf,
  multiply,
  scale,
  softmax,
  view,
  weightValue,
  type Linear,
  type Ops,
  type Weight,
} from './ops';
import { normOf, valueOf } from './parts';
import type { Value } from './tape';
import type { Config } from './traits';
import type { Reader } from './weights';

/** DeBERTa v2 and v3 without the head (transformers models/deberta_v2/modeling_deberta_v2.py). */
interface Deberta {
  readonly words: Weight;
  readonly width: number;
  readonly positions: Weight | null;
  readonly types: Weight | null;
  /** From the embedding's columns to the model's. */
  readonly projection: Linear | null;
  readonly norm: Norm;
  readonly layers: readonly Layer[];
  readonly relative: { readonly table: Weight; readonly columns: number; readonly norm: Norm | null } | null;
  readonly hidden: number;
}
interface Layer {
  readonly attention: Disentangled;
  readonly rest: Rest;
}

/** Attention of content to content, content to position and position to content (DisentangledSelfAttention). */
interface Disentangled {
  readonly heads: number;
  readonly width: number;
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  /** Projections of distances: the same as those of tokens, or of their own where the type has such a part. */
  readonly positionKey: Linear | null;
  readonly positionQuery: Linear | null;
  readonly shared: boolean;
  readonly ways: { readonly c2p: boolean; readonly p2c: boolean };
  readonly drops: { readonly scores: boolean; readonly positions: boolean };
}

/** Reads such a model with its head; `undefined` for other trees, other heads, and a convolution beside the first layer. */
export function readDeberta(root: Reader, config: Config): Encoder | undefined {
  const body = root.child('deberta');
  const [embeddings, encoder] = [body?.child('embeddings'), body?.child('encoder')];
  const table = embeddings?.child('word_embeddings');
  const [words, width] = [table?.tensor('weight'), table?.shape('weight')?.[1]];
  const projection = embeddings?.linear('embed_proj') ?? null;
  const hidden = projection?.output ?? width;
  const norm = normOf(embeddings?.child('LayerNorm'), 'layer', hidden ?? 1);
  if (!encoder || !words || !norm || width === undefined || hidden === undefined || encoder.has('conv')) return undefined;
  const drops = (key: string): boolean => valueOf(config, { key, otherwise: 0.1 }) > 0;
  const layers: Layer[] = [];
  for (const layer of encoder.layers('layer')) {
    const read = readLayer(layer, hidden, config, {
      scores: drops('attention_probs_dropout_prob'),
      positions: drops('hidden_dropout_prob'),
    });
    if (!read) return undefined;
    layers.push(read);
  }
  const head = readHead(root, root.child('pooler'), projection ? width : hidden, 'input');
  if (!head) return undefined;
  const distances = encoder.child('rel_embeddings')?.tensor('weight');
  const deberta: Deberta = {
    words,
    width,
    positions: embeddings?.child('position_embeddings')?.tensor('weight') ?? null,
    types: embeddings?.child('token_type_embeddings')?.tensor('weight') ?? null,
    projection,
    norm,
    layers,
    relative: distances ? { table: distances, columns: hidden, norm: normOf(encoder.child('LayerNorm'), 'layer', hidden) } : null,
    hidden,
  };
  const dropsHidden = drops('hidden_dropout_prob');
  return {
    run: (ops, ids, pass, labels) => {
      const drop = dropIf(ops, pass.training && dropsHidden);
      return ops.tape.scope((scope) => runHead(ops, scope.own(runBody(ops, ids, deberta, pass, drop)), head, pass, drop, labels));
    },
    bySequence: head.kind === 'sequence',
    buffers: 8 * valueOf(config, { key: 'max_position_embeddings', otherwise: 512 }),
  };
}

function readLayer(layer: Reader, hidden: number, config: Config, drops: Disentangled['drops']): Layer | undefined {
  const own = layer.child('attention')?.child('self');
  const [q, k, v, key, query] = ['query_proj', 'key_proj', 'value_proj', 'pos_key_proj', 'pos_query_proj'].map((name) => own?.linear(name));
  const rest = readRest(layer, hidden);
  const heads = valueOf(config, { key: 'num_attention_heads', otherwise: 24 });
  if (!q || !k || !v || !rest) return undefined;
  const shared = config['share_att_key'] === true;
  const positions = shared ? { positionKey: k, positionQuery: q } : { positionKey: key ?? null, positionQuery: query ?? null };
  return {
    attention: { heads, width: q.output / heads, q, k, v, ...positions, shared, ways: positionWays(config['pos_att_type']), drops },
    rest,
  };
}

/** What layers read beside their input: a mask of pairs of tokens, numbers of distances, and the embeddings of these. */
interface Beside {
  readonly mask: Value;
  readonly numbers: Value | null;
  readonly distances: Value | null;
}

function runBody(ops: Ops, ids: Value, deberta: Deberta, pass: Pass, drop: Drop): Value {
  return ops.tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const present = own(constant(ops, pass.batch * pass.tokens, 4));
    // Types of tokens, made whether there are such or not.
    own(constant(ops, pass.batch * pass.tokens, 8));
    const embedded = own(runEmbeddings(ops, ids, deberta, pass, present, drop));
    return ops.tape.scope((inside) => {
      const pairs = pass.tokens * pass.tokens;
      const { relative } = deberta;
      const mask = inside.own(constant(ops, pass.batch * pairs, 4));
      const numbers = relative && inside.own(constant(ops, pairs, 8));
      const table = relative && inside.own(weightValue(ops, relative.table));
      const distances = relative && table && (relative.norm ? inside.own(normalize(ops, table, relative.norm)) : table);
      const beside: Beside = { mask, numbers, distances };
      const shared = [mask, numbers, distances].flatMap((value) => (value ? [value.storage] : []));
      let hidden = inside.own(view(ops, embedded));
      for (const { attention, rest } of deberta.layers) {
        const run = (input: Value): Value =>
          runLayer(ops, input, rest, (value) => ({ output: disentangled(ops, value, attention, beside, pass), scores: null }), drop);
        // All layers' outputs are gathered, and let go at the end.
        hidden = inside.own(checkpoint(ops, hidden, shared, run));
      }
      return hidden;
    });
  });
}

function runEmbeddings(ops: Ops, ids: Value, deberta: Deberta, pass: Pass, present: Value, drop: Drop): Value {
  const { width } = deberta;
  return ops.tape.scope((scope) => {
    let words = scope.own(embed(ops, ids, deberta.words, width));
    if (ops.trainsInputs) words = scope.replace(words, leaf(ops, words));
    let sum = scope.own(view(ops, words));
    const places = deberta.positions
      ? embed(ops, { ...ids, elements: pass.tokens }, deberta.positions, width)
      : constant(ops, words.elements, words.width);
    scope.own(places);
    if (deberta.positions) sum = scope.replace(sum, add(ops, sum, places));
    if (deberta.types) sum = scope.replace(sum, add(ops, sum, scope.own(embed(ops, ids, deberta.types, width))));
    if (deberta.projection) sum = scope.replace(sum, linear(ops, sum, deberta.projection));
    sum = scope.replace(sum, normalize(ops, sum, deberta.norm));
    const mask = scope.own(cast(ops, view(ops, present), sum.width));
    sum = scope.replace(sum, multiply(ops, sum, mask));
    return drop(sum);
  });
}

function disentangled(ops: Ops, input: Value, attention: Disentangled, beside: Beside, pass: Pass): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const [q, k, v] = [attention.q, attention.k, attention.v].map((layer) => own(byHeads(ops, linear(ops, input, layer)))) as [
      Value,
      Value,
      Value,
    ];
    const size = pass.batch * attention.heads * pass.tokens * pass.tokens;
    let scores = own(product(ops, q, scale(ops, k), size));
    const { numbers, distances } = beside;
    if (distances && numbers) {
      const rows = attention.drops.positions && pass.training ? own(dropout(ops, distances)) : distances;
      const bias = byPosition(ops, q, k, rows, attention, pass);
      if (bias) scores = scope.replace(scores, add(ops, scores, own(bias)));
    }
    own(constant(ops, beside.mask.elements, 1));
    scores = scope.replace(scores, masked(ops, scores, beside.mask.elements));
    let shares = own(softmax(ops, view(ops, scores), scores.width));
    if (attention.drops.scores && pass.training) shares = scope.replace(shares, dropout(ops, shares));
    const context = own(product(ops, shares, v, q.elements));
    return copy(ops, context);
  });
}

/** Heads before tokens, in memory too. */
const byHeads = (ops: Ops, value: Value): Value => copy(ops, value);

/** torch.bmm, which autocast narrows. */
const product = (ops: Ops, a: Value, b: Value, elements: number): Value =>
  ops.tape.scope(
    (scope) => {
      const low = (value: Value): Value => scope.own(ops.autocast ? cast(ops, value, 2) : view(ops, value));
      return batched(ops, low(a), low(b), elements);
    },
    a,
    b,
  );

/** Scores with a number in place of those that a mask leaves out; the mask's opposite is kept. */
function masked(ops: Ops, scores: Value, elements: number): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const opposite = scope.own(constant(ops, elements, 1));
    return tape.output({
      elements: scores.elements,
      width: scores.width,
      inputs: [scores],
      saves: [opposite.storage],
      run: () => [tape.allocate(bytesOf(scores))],
    });
  });
}

/** Scores by the distance of two tokens: of queries with embeddings of distances, and of keys with them. */
function byPosition(ops: Ops, q: Value, k: Value, rows: Value, attention: Disentangled, pass: Pass): Value | null {
  const { tape } = ops;
  const { positionKey, positionQuery, heads, width, shared, ways } = attention;
  if (!ways.c2p && !ways.p2c) return null;
  return tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const columns = rows.elements / (heads * width);
    const square = pass.tokens * pass.tokens;
    const repeated = (layer: Linear | null): Value | null => layer && own(repeat(ops, byHeads(ops, linear(ops, rows, layer)), pass.batch));
    const made = (used: boolean, layer: Linear | null): Value | null => (used ? repeated(layer) : tape.aside(() => repeated(layer)));
    // Shared projections are both made, whichever are used, that of queries first.
    const early = shared ? made(ways.p2c, positionQuery) : null;
    const key = made(ways.c2p, positionKey);
    const query = early ?? repeated(positionQuery);
    const scored = (content: Value, positions: Value): Value => {
      const index = own(constant(ops, square, 8));
      const all = own(product(ops, content, positions, (content.elements / width) * columns));
      return scale(ops, scope.replace(all, gathered(ops, all, pass.batch * heads * square, index)));
    };
    const first = ways.c2p && key ? own(scale(ops, scored(q, key), 'add')) : null;
    if (!ways.p2c || !query) return first as Value;
    const second = scored(k, query);
    return first ? scope.replace(first, addInto(ops, first, second)) : scale(ops, second, 'add');
  });
}

/** As many copies as there are sequences (Tensor.repeat); its way back sums them. */
const repeat = ({ tape }: Ops, value: Value, times: number): Value =>
  tape.output({
    elements: value.elements * times,
    width: value.width,
    inputs: [value],
    packed: true,
    run: () => [tape.allocate(bytesOf(value))],
  });

/** Columns by number (torch.gather), which keeps what it reads; its way back adds into zeros, in a copy. */
const gathered = ({ tape }: Ops, value: Value, elements: number, index: Value): Value =>
  tape.output({
    elements,
    width: value.width,
    inputs: [value],
    saves: [value.storage, index.storage],
    run: () => {
      const zeros = tape.allocate(bytesOf(value));
      const sum = tape.allocate(bytesOf(value));
      tape.release(zeros);
      return [sum];
    },
  });
