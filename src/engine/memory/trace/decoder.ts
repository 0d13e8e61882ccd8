import type { Module } from '../../modules/tree';
import { attend, type Attended, type Attention, type Pass } from './blocks/attention';
import { mixture, type Experts } from './blocks/experts';
import { gatedDeltaNet, type DeltaNet } from './blocks/deltaNet';
import { feedForward, type FeedForward } from './blocks/feedForward';
import { attendLatent, type Latent } from './blocks/latent';
import { normalize, type Norm } from './blocks/norms';
import { selectiveScan, type SelectiveScan } from './blocks/selectiveScan';
import { shortConvolution, type ShortConvolution } from './blocks/shortConvolution';
import { stateSpace, type StateSpace } from './blocks/stateSpace';
import { cutsTokens, leaving } from './collectives';
import { dropout } from './kernels';
import { runLayer } from './layers';
import { embed, linear } from './linear';
import { add, checkpoint, leaf, scale, view, type Linear, type Ops, type Weight } from './ops';
import {
  normOf,
  readAttention,
  readDeltaNet,
  readExperts,
  readLatent,
  readNetwork,
  readSelectiveScan,
  readShortConvolution,
  readStateSpace,
  turns,
  valueOf,
} from './parts';
import type { Stage } from '../parallel/stages';
import type { Scope, Value } from './tape';
import type { Config, Traits } from './traits';
import type { Reader } from './weights';

/** A decoder as its program runs it. */
export interface Decoder {
  readonly embedding: Weight;
  /** Ranks hold a part of its rows each. */
  readonly cutsEmbedding: boolean;
  /** Columns of the embedding. */
  readonly embedded: number;
  readonly hidden: number;
  /** A table of learned positions (GPT-2, OPT). */
  readonly positions: Weight | null;
  /** From the embedding's columns to the model's, and back (OPT-350M). */
  readonly narrowing: { readonly into: Linear; readonly out: Linear } | null;
  readonly layers: readonly DecoderLayer[];
  readonly norm: Norm | null;
  readonly embeddingNorm: Norm | null;
  readonly dropsEmbedding: boolean;
}

export type Mixer =
  | { readonly kind: 'attention'; readonly attention: Attention; readonly latent: Latent | null }
  | { readonly kind: 'convolution'; readonly convolution: ShortConvolution }
  | { readonly kind: 'delta'; readonly delta: DeltaNet }
  | { readonly kind: 'stateSpace'; readonly space: StateSpace }
  | { readonly kind: 'selective'; readonly selective: SelectiveScan }
  /** Side by side on the same input (Falcon-H1). */
  | { readonly kind: 'both'; readonly attention: Attention; readonly space: StateSpace };
/** Nothing follows what mixes tokens (Mamba). */
export type Network =
  | { readonly kind: 'none' }
  | { readonly kind: 'dense'; readonly dense: FeedForward }
  | { readonly kind: 'experts'; readonly experts: Experts };

export interface DecoderLayer {
  /** Which of the model's layers it is. */
  readonly number: number;
  readonly mixer: Mixer;
  readonly network: Network;
  /** What it hands on is at 32 bits (Mamba). */
  readonly wideResidual: boolean;
  readonly norms: {
    readonly before: Norm | null;
    readonly after: Norm | null;
    readonly beforeNetwork: Norm | null;
    readonly afterNetwork: Norm | null;
  };
}

/** Names of the table of embeddings. */
export const embeddings = ['embed_tokens', 'embeddings', 'wte', 'embed_in', 'word_embeddings', 'tok_embeddings'] as const;

/**
 * Reads a decoder's parts from its tree; `undefined` for a tree that has none, or parts that no program is known for.
 *
 * @param stages those of a pipeline whose layers are read; null for all
 */
export function readDecoder(body: Reader, traits: Traits, config: Config, stages: readonly Stage[] | null): Decoder | undefined {
  const table = body.child(...embeddings);
  const embedding = table?.tensor('weight');
  const embedded = table?.shape('weight')?.[1];
  const [stack] = body.stacks();
  if (!embedding || embedded === undefined || stack === undefined) return undefined;
  const [into, out] = [body.linear('project_in'), body.linear('project_out')];
  const hidden = into?.output ?? embedded;
  const own = body.layers(stack).filter(({ number }) => !stages || stages.some(({ from, to }) => number >= from && number < to));
  const layers = readLayers(own, traits, config, hidden);
  if (!layers) return undefined;
  const { dropouts } = traits;
  return {
    embedding,
    cutsEmbedding: body.ranks > 1,
    embedded,
    hidden,
    positions: body.child('wpe', 'embed_positions')?.tensor('weight') ?? null,
    narrowing: into && out ? { into, out } : null,
    layers,
    norm: normOf(body.child('norm', 'ln_f', 'final_layer_norm', 'final_layernorm', 'embedding_norm', 'norm_f'), traits.norm, hidden),
    embeddingNorm: normOf(body.child('word_embeddings_layernorm'), traits.norm, hidden),
    dropsEmbedding: dropouts?.embedding !== undefined && valueOf(config, dropouts.embedding) > 0,
  };
}

/** Every layer in order. Where nothing is trained, equal ones are one: they differ in nothing that is counted. */
function readLayers(readers: readonly Reader[], traits: Traits, config: Config, hidden: number): readonly DecoderLayer[] | undefined {
  const known = new Map<Module, Map<boolean, DecoderLayer>>();
  const layers: DecoderLayer[] = [];
  for (const reader of readers) {
    const turned = turns(traits, config, reader.number);
    const same = reader.trains ? undefined : known.get(reader.module)?.get(turned);
    const read = same ?? readLayer(reader, traits, config, hidden);
    if (!read) return undefined;
    known.set(reader.module, (known.get(reader.module) ?? new Map<boolean, DecoderLayer>()).set(turned, read));
    layers.push(read);
  }
  return layers;
}

function readLayer(layer: Reader, traits: Traits, config: Config, hidden: number): DecoderLayer | undefined {
  const part = layer.child('self_attn', 'self_attention', 'attention', 'attn', 'mixer');
  const latent = part && readLatent(part, traits, config);
  const attention = latent?.attention ?? (part && readAttention(part, traits, config, layer.number));
  const beside = attention && readStateSpace(layer.child('mamba'), traits, config);
  const mixer: Mixer | undefined = beside
    ? { kind: 'both', attention, space: beside }
    : attention
      ? { kind: 'attention', attention, latent: latent ?? null }
      : readOtherMixer(layer, traits, config);
  const block = layer.child('mlp', 'block_sparse_moe', 'feed_forward', 'shared_mlp') ?? layer;
  const routed = readExperts(block, traits, config);
  const always = routed && layer.child('shared_mlp');
  const network = always && readNetwork(always, traits);
  const experts = network ? { ...routed, shared: { network, gate: null, apart: true } as const } : routed;
  const dense = readNetwork(block, traits, block === layer);
  // A mixer beside the one that is read would be left out.
  if (mixer?.kind === 'attention' && layer.childrenOf('stateSpace').length > 0) return undefined;
  const after: Network | undefined = experts
    ? { kind: 'experts', experts }
    : dense
      ? { kind: 'dense', dense }
      : traits.order === 'single'
        ? { kind: 'none' }
        : undefined;
  if (!mixer || !after) return undefined;
  const norm = (...names: readonly string[]): Norm | null => normOf(layer.child(...names), traits.norm, hidden);
  const before = norm('input_layernorm', 'norm', 'ln_1', 'self_attn_layer_norm', 'operator_norm', 'attention_norm', 'ln_attn');
  const wideResidual = traits.order === 'single' && config['residual_in_fp32'] !== false;
  return { number: layer.number, mixer, network: after, wideResidual, norms: { before, ...otherNorms(layer, before !== null, norm) } };
}

/** What a layer mixes tokens by in place of attention. */
function readOtherMixer(layer: Reader, traits: Traits, config: Config): Mixer | undefined {
  const [short, linear] = [layer.child('conv'), layer.child('linear_attn')];
  const convolution = short && readShortConvolution(short);
  if (convolution) return { kind: 'convolution', convolution };
  const delta = linear && readDeltaNet(linear, config);
  if (delta) return { kind: 'delta', delta };
  const space = readStateSpace(layer.child('mamba', 'mixer'), traits, config);
  if (space) return { kind: 'stateSpace', space };
  const selective = readSelectiveScan(layer.child('mamba', 'mixer'), traits);
  return selective && { kind: 'selective', selective };
}

/** Which norm stands where, by the names that types give them. */
function otherNorms(
  layer: Reader,
  first: boolean,
  norm: (...names: readonly string[]) => Norm | null,
): Omit<DecoderLayer['norms'], 'before'> {
  if (layer.has('pre_feedforward_layernorm'))
    return {
      after: norm('post_attention_layernorm'),
      beforeNetwork: norm('pre_feedforward_layernorm'),
      afterNetwork: norm('post_feedforward_layernorm'),
    };
  if (layer.has('post_self_attn_layernorm'))
    return {
      after: norm('post_self_attn_layernorm'),
      beforeNetwork: norm('post_attention_layernorm'),
      afterNetwork: norm('post_mlp_layernorm'),
    };
  if (!first) return { after: norm('post_attention_layernorm'), beforeNetwork: null, afterNetwork: norm('post_feedforward_layernorm') };
  const beforeNetwork = norm('post_attention_layernorm', 'pre_ff_layernorm', 'ln_2', 'final_layer_norm', 'ffn_norm', 'ln_mlp');
  return { after: null, beforeNetwork, afterNetwork: null };
}

/**
 * Embedding, layers and the last norm: the model without its head.
 *
 * @param input numbers of tokens, or what the stage before put out
 * @param stage what is run of it; null for all
 */
export function runBody(ops: Ops, input: Value, decoder: Decoder, pass: Pass, traits: Traits, stage: Stage | null): Value {
  return ops.tape.scope((scope) => {
    let hidden = stage?.first === false ? scope.own(view(ops, input)) : embedTokens(ops, scope, input, decoder, pass, traits);
    /** Scores of a layer that are named while the next one runs. */
    const outlasting: Value[] = [];
    decoder.layers.forEach((layer, index) => {
      if (stage && (layer.number < stage.from || layer.number >= stage.to)) return;
      // Of equal layers that only read, the first says what each keeps, and the last is the fullest.
      const first = pass.training ? index : decoder.layers.indexOf(layer);
      if (first !== index && decoder.layers.lastIndexOf(layer) !== index) return keepAs(ops, pass, first, index);
      const run = (value: Value): Value => runDecoderLayer(ops, value, layer, pass, traits, index, outlasting);
      const named = outlasting.splice(0);
      const shared = pass.shared('attention' in layer.mixer ? layer.mixer.attention : null);
      hidden = scope.replace(hidden, checkpoint(ops, hidden, shared, run));
      scope.drop(...named);
      for (const scores of outlasting) scope.own(scores);
    });
    if (stage?.last === false) return view(ops, hidden);
    if (decoder.norm) hidden = scope.replace(hidden, normalize(ops, hidden, decoder.norm));
    return decoder.narrowing ? linear(ops, hidden, decoder.narrowing.out) : view(ops, hidden);
  });
}

/** What goes into the first layer; the names of what it is made of last as long as the model runs. */
function embedTokens(ops: Ops, scope: Scope, ids: Value, decoder: Decoder, pass: Pass, traits: Traits): Value {
  let embedded = scope.own(embed(ops, ids, decoder.embedding, decoder.embedded));
  if (decoder.cutsEmbedding) embedded = scope.replace(embedded, leaving(ops, embedded));
  if (traits.scalesEmbedding === 'inside') embedded = scope.replace(embedded, scale(ops, embedded));
  if (ops.trainsInputs) embedded = scope.replace(embedded, leaf(ops, embedded));
  if (decoder.narrowing) embedded = scope.replace(embedded, linear(ops, embedded, decoder.narrowing.into));
  if (traits.scalesEmbedding === 'after') embedded = scope.replace(embedded, scale(ops, embedded));
  let hidden: Value;
  if (decoder.positions) {
    const tokens = pass.tokens / (cutsTokens(ops) ? ops.degrees.tensor : 1);
    const elements = tokens * (traits.positionsOf === 'sequences' ? pass.batch : 1);
    const positions = scope.own(embed(ops, { ...ids, elements }, decoder.positions, decoder.hidden));
    hidden = scope.own(add(ops, embedded, positions));
  } else hidden = scope.own(decoder.embeddingNorm ? normalize(ops, embedded, decoder.embeddingNorm) : view(ops, embedded));
  return decoder.dropsEmbedding && pass.training ? scope.replace(hidden, dropout(ops, hidden)) : hidden;
}

/** What a layer keeps once an equal one has run. */
function keepAs(ops: Ops, { cache, states }: Pass, twin: number, layer: number): void {
  for (const kept of [cache, states]) keepCopy(ops, kept, twin, layer);
}

function keepCopy({ tape }: Ops, cache: Pass['cache'], twin: number, layer: number): void {
  const made = cache.get(twin);
  if (!made) return;
  const old = cache.get(layer);
  if (old && old[0].storage.bytes === made[0].storage.bytes) return;
  for (const { storage } of old ?? []) tape.release(storage);
  const copyOf = (value: Value): Value => ({ ...value, storage: tape.allocate(value.storage.bytes, value.storage.kind) });
  const first = copyOf(made[0]);
  cache.set(layer, [first, made[0] === made[1] ? first : copyOf(made[1])]);
}

function mix(ops: Ops, input: Value, mixer: Mixer, pass: Pass, index: number): Attended {
  switch (mixer.kind) {
    case 'attention':
      return mixer.latent ? attendLatent(ops, input, mixer.latent, pass, index) : attend(ops, input, mixer.attention, pass, index);
    case 'convolution':
      return { output: shortConvolution(ops, input, mixer.convolution, pass, index), scores: null };
    case 'both': {
      let scores: Value | null = null;
      const output = ops.tape.scope((scope) => {
        const space = scope.own(scale(ops, stateSpace(ops, input, mixer.space, pass, index)));
        const attended = attend(ops, scope.own(scale(ops, input)), mixer.attention, pass, index);
        scores = attended.scores;
        return add(ops, space, scope.own(scale(ops, attended.output)));
      });
      return { output, scores };
    }
    case 'stateSpace':
      return { output: stateSpace(ops, input, mixer.space, pass, index), scores: null };
    case 'selective':
      return { output: selectiveScan(ops, input, mixer.selective, pass, index), scores: null };
    case 'delta':
      return { output: gatedDeltaNet(ops, input, mixer.delta, pass, index), scores: null };
  }
}

function runDecoderLayer(
  ops: Ops,
  input: Value,
  { mixer, network, norms, wideResidual }: DecoderLayer,
  pass: Pass,
  traits: Traits,
  index: number,
  outlasting: Value[],
): Value {
  const by = (norm: Norm | null): ((value: Value) => Value) | null => norm && ((value) => normalize(ops, value, norm));
  const drops = pass.training && 'attention' in mixer && mixer.attention.hiddenDropout;
  return runLayer(ops, input, traits.order, {
    before: by(norms.before),
    after: by(norms.after),
    beforeNetwork: by(norms.beforeNetwork),
    afterNetwork: by(norms.afterNetwork),
    mix: (value) => {
      const mixed = mix(ops, value, mixer, pass, index);
      if (mixed.scores && traits.scoresOutlast && !ops.checkpoints)
        outlasting.push({ ...view(ops, { ...mixed.scores, unnamed: false }), unnamed: false });
      return mixed;
    },
    network: (value) => {
      const made =
        network.kind === 'none'
          ? view(ops, value)
          : network.kind === 'experts'
            ? mixture(ops, value, network.experts)
            : feedForward(ops, value, network.dense);
      return drops && traits.dropouts?.inAttention ? dropout(ops, made) : made;
    },
    drops: drops && !traits.dropouts?.inAttention,
    scales: traits.scalesResidual === true,
    inputFirst: traits.inputFirst === true,
    widths: norms.before?.weight ? { normed: norms.before.weight.width, residual: wideResidual ? 4 : 2 } : null,
  });
}
