import { attend, usualAttention, type Attention, type Pass } from './blocks/attention';
import { normalize, type Norm } from './blocks/norms';
import { dropIf, readHead, readRest, runHead, runLayer, type Drop, type Encoder, type Rest } from './encoder';
import { embed } from './linear';
import { add, checkpoint, constant, leaf, view, type Ops, type Weight } from './ops';
import { normOf, valueOf } from './parts';
import type { Value } from './tape';
import type { Config } from './traits';
import type { Reader } from './weights';

/** BERT or RoBERTa without its head (transformers models/bert/modeling_bert.py, models/roberta/modeling_roberta.py). */
interface Bert {
  readonly words: Weight;
  readonly positions: Weight;
  readonly types: Weight | null;
  readonly hidden: number;
  readonly norm: Norm;
  readonly layers: readonly Layer[];
  /** Places are counted from the tokens of each sequence (RoBERTa), not once for all. */
  readonly countsPlaces: boolean;
}
interface Layer {
  readonly attention: Attention;
  readonly rest: Rest;
}

/** Reads an encoder and its head; `undefined` for other trees and other heads. */
export function readBert(root: Reader, config: Config): Encoder | undefined {
  const body = root.child('bert', 'roberta');
  const embeddings = body?.child('embeddings');
  const [words, positions, types] = ['word_embeddings', 'position_embeddings', 'token_type_embeddings'].map((name) =>
    embeddings?.child(name),
  );
  const [hidden, longest] = [words?.shape('weight')?.[1], positions?.shape('weight')?.[0]];
  const [table, places] = [words?.tensor('weight'), positions?.tensor('weight')];
  const norm = normOf(embeddings?.child('LayerNorm'), 'layer', hidden ?? 1);
  if (!body || !table || !places || !norm || hidden === undefined || longest === undefined || config['is_decoder'] === true)
    return undefined;
  const drops = (key: string): boolean => valueOf(config, { key, otherwise: 0.1 }) > 0;
  const heads = valueOf(config, { key: 'num_attention_heads', otherwise: 12 });
  const layers: Layer[] = [];
  for (const layer of body.child('encoder')?.layers('layer') ?? []) {
    const read = readLayer(layer, hidden, heads, drops('attention_probs_dropout_prob'));
    if (!read) return undefined;
    layers.push(read);
  }
  const head = readHead(root, body.child('pooler'), hidden, 'output');
  if (!head) return undefined;
  const bert = {
    words: table,
    positions: places,
    types: types?.tensor('weight') ?? null,
    hidden,
    norm,
    layers,
    countsPlaces: root.has('roberta'),
  };
  const dropsHidden = drops('hidden_dropout_prob');
  return {
    run: (ops, ids, pass, labels) => {
      const drop = dropIf(ops, pass.training && dropsHidden);
      return ops.tape.scope((scope) => runHead(ops, scope.own(runBody(ops, ids, bert, pass, drop)), head, pass, drop, labels));
    },
    bySequence: head.kind === 'sequence',
    // Places and types of tokens (BertEmbeddings).
    buffers: 2 * 8 * longest,
  };
}

function readLayer(layer: Reader, hidden: number, heads: number, drops: boolean): Layer | undefined {
  const own = layer.child('attention')?.child('self');
  const [q, k, v] = ['query', 'key', 'value'].map((name) => own?.linear(name));
  const rest = readRest(layer, hidden);
  return q && k && v && rest ? { attention: usualAttention({ q, k, v, output: null, heads }, drops), rest } : undefined;
}

function runBody(ops: Ops, ids: Value, bert: Bert, pass: Pass, drop: Drop): Value {
  return ops.tape.scope((scope) => {
    const embedded = scope.own(runEmbeddings(ops, ids, bert, pass, drop));
    let hidden = scope.own(view(ops, embedded));
    for (const { attention, rest } of bert.layers) {
      const run = (input: Value): Value => runLayer(ops, input, rest, (value) => attend(ops, value, attention, pass, 0), drop);
      hidden = scope.replace(hidden, checkpoint(ops, hidden, [], run));
    }
    return hidden;
  });
}

function runEmbeddings(ops: Ops, ids: Value, bert: Bert, pass: Pass, drop: Drop): Value {
  return ops.tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const places = bert.countsPlaces ? own(constant(ops, ids.elements, 8)) : { ...ids, elements: pass.tokens };
    // Types of tokens, taken out of those that the module holds.
    const types = own(constant(ops, places.elements, 8));
    let words = own(embed(ops, ids, bert.words, bert.hidden));
    if (ops.trainsInputs) words = scope.replace(words, leaf(ops, words));
    let sum = words;
    if (bert.types) sum = own(add(ops, words, own(embed(ops, { ...types, elements: ids.elements }, bert.types, bert.hidden))));
    sum = own(add(ops, sum, own(embed(ops, places, bert.positions, bert.hidden))));
    const normed = own(normalize(ops, sum, bert.norm));
    scope.drop(sum);
    return drop(normed);
  });
}
