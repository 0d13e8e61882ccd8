import { attend, type Attention, type Pass } from './blocks/attention';
import { normalize, type Norm } from './blocks/norms';
import { dropout } from './kernels';
import { embed, linear } from './linear';
import { negativeLogLikelihood } from './loss';
import { activate, add, cast, checkpoint, constant, leaf, view, type Linear, type Ops, type Weight } from './ops';
import { normOf, valueOf } from './parts';
import type { Value } from './tape';
import type { Config } from './traits';
import type { Reader } from './weights';

/** An encoder of text with its head (BERT; transformers models/bert/modeling_bert.py). */
export interface Encoder {
  readonly words: Weight;
  readonly positions: Weight;
  readonly types: Weight | null;
  readonly hidden: number;
  readonly norm: Norm;
  readonly layers: readonly EncoderLayer[];
  readonly head: EncoderHead;
  /** Rows of the table of positions. */
  readonly longest: number;
  readonly dropout: boolean;
}

interface EncoderLayer {
  readonly attention: Attention;
  readonly attended: Joined;
  readonly first: Linear;
  readonly second: Joined;
}

/** A layer whose output is added to what came before, and normalized. */
interface Joined {
  readonly layer: Linear;
  readonly norm: Norm;
}

/** Labels of a sequence from its pooled first token, or tokens of the vocabulary at every place. */
type EncoderHead =
  | { readonly kind: 'sequence'; readonly pooler: Linear; readonly classifier: Linear }
  | { readonly kind: 'tokens'; readonly transform: Joined; readonly decoder: Linear };

/** Reads an encoder and its head; `undefined` for other trees and other heads. */
export function readEncoder(root: Reader, config: Config): Encoder | undefined {
  const body = root.child('bert');
  const embeddings = body?.child('embeddings');
  const [words, positions, types] = ['word_embeddings', 'position_embeddings', 'token_type_embeddings'].map((name) =>
    embeddings?.child(name),
  );
  const [hidden, longest] = [words?.shape('weight')?.[1], positions?.shape('weight')?.[0]];
  const [table, places] = [words?.tensor('weight'), positions?.tensor('weight')];
  const norm = normOf(embeddings?.child('LayerNorm'), 'layer', hidden ?? 1);
  if (!body || !table || !places || !norm || hidden === undefined || longest === undefined) return undefined;
  const drops = (key: string): boolean => valueOf(config, { key, otherwise: 0.1 }) > 0;
  const heads = valueOf(config, { key: 'num_attention_heads', otherwise: 12 });
  const layers: EncoderLayer[] = [];
  for (const layer of body.child('encoder')?.layers('layer') ?? []) {
    const read = readLayer(layer, hidden, heads, drops('attention_probs_dropout_prob'));
    if (!read || config['is_decoder'] === true) return undefined;
    layers.push(read);
  }
  const head = readHead(root, body, hidden);
  return (
    head && {
      words: table,
      positions: places,
      types: types?.tensor('weight') ?? null,
      hidden,
      norm,
      layers,
      head,
      longest,
      dropout: drops('hidden_dropout_prob'),
    }
  );
}

function readLayer(layer: Reader, hidden: number, heads: number, drops: boolean): EncoderLayer | undefined {
  const [own, output] = [layer.child('attention')?.child('self'), layer.child('attention')?.child('output')];
  const [q, k, v] = ['query', 'key', 'value'].map((name) => own?.linear(name));
  const [attended, first, second] = [
    joined(output, hidden),
    layer.child('intermediate')?.linear('dense'),
    joined(layer.child('output'), hidden),
  ];
  if (!q || !k || !v || !attended || !first || !second) return undefined;
  const width = q.output / heads;
  const attention: Attention = {
    ...{ heads, kvHeads: heads, width, valueWidth: width, projections: { q, k, v }, output: null, qNorm: null, kNorm: null },
    ...{ rotation: { width, part: 0, turn: 'half', lasting: false, joins: false }, table: 'main', window: null, softcap: false },
    ...{ dropout: drops, outputDropout: false, hiddenDropout: false, narrowSoftmax: true, sinks: null },
  };
  return { attention, attended, first, second };
}

function joined(part: Reader | undefined, hidden: number): Joined | undefined {
  const layer = part?.linear('dense');
  const norm = normOf(part?.child('LayerNorm'), 'layer', hidden);
  return layer && norm ? { layer, norm } : undefined;
}

function readHead(root: Reader, body: Reader, hidden: number): EncoderHead | undefined {
  const [pooler, classifier] = [body.child('pooler')?.child('dense')?.asLinear(true), root.child('classifier')?.asLinear(true)];
  if (pooler && classifier) return { kind: 'sequence', pooler, classifier };
  const predictions = root.child('cls')?.child('predictions');
  const transform = predictions?.child('transform');
  const [dense, decoder] = [joined(transform, hidden), predictions?.linear('decoder')];
  return dense && decoder ? { kind: 'tokens', transform: dense, decoder } : undefined;
}

/** The loss of a batch, or its logits where there are no labels. */
export function runEncoder(ops: Ops, ids: Value, encoder: Encoder, pass: Pass, checkpointing: boolean, labels: Value | null): Value {
  const { tape } = ops;
  const drop = (value: Value): Value => (pass.training && encoder.dropout ? dropout(ops, value) : value);
  return tape.scope((scope) => {
    const embedded = scope.own(runEmbeddings(ops, ids, encoder, pass, drop));
    let hidden = scope.own(view(ops, embedded));
    for (const layer of encoder.layers) {
      const run = (input: Value): Value => runLayer(ops, input, layer, pass, drop);
      hidden = scope.replace(hidden, checkpointing ? checkpoint(ops, hidden, [], run) : run(hidden));
    }
    scope.drop(embedded);
    return encoder.head.kind === 'sequence'
      ? sequenceHead(ops, hidden, encoder.head, pass, drop, labels)
      : tokensHead(ops, hidden, encoder.head, labels);
  });
}

function runEmbeddings(ops: Ops, ids: Value, encoder: Encoder, pass: Pass, drop: (value: Value) => Value): Value {
  return ops.tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    // Types of tokens, taken out of those that the module holds.
    const types = own(constant(ops, pass.tokens, 8));
    let words = own(embed(ops, ids, encoder.words, encoder.hidden));
    if (ops.trainsInputs) words = scope.replace(words, leaf(ops, words));
    let sum = words;
    if (encoder.types) sum = own(add(ops, words, own(embed(ops, { ...types, elements: ids.elements }, encoder.types, encoder.hidden))));
    sum = own(add(ops, sum, own(embed(ops, { ...ids, elements: pass.tokens }, encoder.positions, encoder.hidden))));
    const normed = own(normalize(ops, sum, encoder.norm));
    scope.drop(sum);
    return drop(normed);
  });
}

function runLayer(ops: Ops, input: Value, layer: EncoderLayer, pass: Pass, drop: (value: Value) => Value): Value {
  const join = (value: Value, { layer: dense, norm }: Joined, other: Value): Value =>
    ops.tape.scope((scope) => {
      let hidden = scope.own(linear(ops, value, dense));
      hidden = scope.replace(hidden, drop(hidden));
      return normalize(ops, add(ops, hidden, other), norm);
    });
  return ops.tape.scope((scope) => {
    const { output, scores } = attend(ops, input, layer.attention, pass, 0);
    if (scores) scope.own(scores);
    const own = scope.own(output);
    const attended = scope.replace(own, join(own, layer.attended, input));
    const middle = scope.own(linear(ops, attended, layer.first));
    const active = scope.replace(middle, activate(ops, middle));
    return join(active, layer.second, attended);
  });
}

type Head<Kind extends EncoderHead['kind']> = Extract<EncoderHead, { readonly kind: Kind }>;

function sequenceHead(
  ops: Ops,
  hidden: Value,
  { pooler, classifier }: Head<'sequence'>,
  pass: Pass,
  drop: (value: Value) => Value,
  labels: Value | null,
): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    // The first token of each sequence; its way back is a whole of zeros.
    const first = tape.output({
      elements: (hidden.elements / pass.tokens / pass.batch) * pass.batch,
      width: hidden.width,
      inputs: [hidden],
      reuse: hidden.storage,
      run: () => [tape.allocate(hidden.elements * hidden.width)],
    });
    const pooled = scope.own(activate(ops, linear(ops, first, pooler), 'output'));
    const logits = scope.own(linear(ops, drop(pooled), classifier));
    return labels ? loss(ops, logits, labels) : logits;
  });
}

function tokensHead(ops: Ops, hidden: Value, { transform, decoder }: Head<'tokens'>, labels: Value | null): Value {
  return ops.tape.scope((scope) => {
    const turned = normalize(ops, activate(ops, linear(ops, hidden, transform.layer)), transform.norm);
    const logits = scope.own(linear(ops, turned, decoder));
    return labels ? loss(ops, logits, labels) : logits;
  });
}

/** torch.nn.CrossEntropyLoss of logits at their own type, which autocast widens. */
const loss = (ops: Ops, logits: Value, labels: Value): Value =>
  ops.tape.scope((scope) => negativeLogLikelihood(ops, scope.own(ops.autocast ? cast(ops, logits, 4) : view(ops, logits)), labels));
