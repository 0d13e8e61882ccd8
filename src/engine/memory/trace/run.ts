import type { Analysis } from '../../analysis';
import type { Attention, Pass } from './blocks/attention';
import { runBody, type Decoder } from './decoder';
import type { Encoder } from './encoder';
import { runEncoderDecoder, type EncoderDecoder } from './encoderDecoder';
import { linear } from './linear';
import { crossEntropy } from './loss';
import { activate, constant, scale, view, type Linear, type Ops } from './ops';
import { costOf, type OptimizerCost, type TrainedTensor } from './optimizers';
import type { PeakJob } from './peak';
import { Tape, type Peak, type Storage, type Value } from './tape';
import type { Traits } from './traits';
import type { Weights } from './weights';

/** What is run: a decoder of text with its head, an encoder, or both. */
export type RunModel =
  | { readonly kind: 'decoder'; readonly decoder: Decoder; readonly head: Linear }
  | { readonly kind: 'encoder'; readonly encoder: Encoder }
  | { readonly kind: 'pair'; readonly pair: EncoderDecoder };

export interface RunPeak {
  readonly peak: Peak;
  readonly phases: readonly Peak[];
  readonly paged: number;
}

/** One run of a causal language model, from its first operation to the fullest moment. */
export class Run {
  private readonly tape: Tape;
  private readonly ops: Ops;
  private readonly trains: boolean;
  private readonly cache: Pass['cache'] = new Map();
  private readonly crossCache: Pass['cache'] = new Map();
  private readonly tables = new Map<string, readonly [Value, Value]>();
  private positions: Storage | null = null;
  private readonly masks = new Map<number | null, Value | null>();

  constructor(
    private readonly analysis: Analysis,
    private readonly job: PeakJob,
    private readonly traits: Traits,
    private readonly model: RunModel,
    private readonly weights: Weights,
  ) {
    this.trains = job.mode === 'train';
    this.tape = new Tape(this.spread(2));
    this.ops = {
      tape: this.tape,
      autocast: this.trains && job.precision === 'mixed',
      trainsInputs: this.trains && job.lora !== null && job.checkpointing,
      checkpoints: this.trains && job.checkpointing,
      casts: new Map(),
    };
  }

  /** Devices that share what ZeRO spreads from a stage on. */
  private spread(stage: number): number {
    const { zero = 0, devices = 1 } = this.job;
    return this.trains && zero >= stage ? devices : 1;
  }

  peak(): RunPeak {
    const { tape } = this;
    const { width, lora } = this.weights.training;
    const { total, stored } = this.analysis.parameters;
    const adapters = this.weights.adapters * 4;
    const spread = this.spread(3);
    tape.allocate(Math.ceil((total * width + adapters) / spread), 'parameters');
    // The reference builds at 16 bits; what is no parameter stays so.
    tape.allocate((stored - total) * 2 + this.unsavedBuffers() + (spread > 1 ? this.gathered() : 0), 'buffers');
    let cost: OptimizerCost = { states: 0, paged: 0, temporary: 0 };
    if (this.trains) {
      cost = costOf(this.job.optimizer, this.trained(), lora ? 4 : width, this.job.states);
      this.train(cost);
    } else this.infer();
    return { ...tape.summary(), paged: Math.ceil(cost.paged / this.spread(1)) };
  }

  /** What modules hold beside the files: frequencies, twice, at 32 bits (LlamaRotaryEmbedding), and what encoders say. */
  private unsavedBuffers(): number {
    if (this.model.kind === 'encoder') return this.model.encoder.buffers;
    if (this.model.kind === 'pair') return this.model.pair.buffers;
    const parts = new Map(this.attentions().map(({ table, rotation }) => [table, rotation.part]));
    return [...parts.values()].reduce((sum, part) => sum + part * 4, 0);
  }

  private attentions(): readonly Attention[] {
    const { model } = this;
    if (model.kind !== 'decoder') return [];
    return model.decoder.layers.flatMap(({ mixer }) => (mixer.kind === 'attention' ? [mixer.attention] : []));
  }

  /** What a stage that spreads parameters holds whole for a while: the largest layer, or the table of embeddings. */
  private gathered(): number {
    const { width } = this.weights.training;
    const byLayer = new Map<string, number>();
    for (const { name, elements, indices, copies } of this.analysis.inventory.entries) {
      const layer = indices.length > 0 ? name.slice(0, name.indexOf('{n}')) : name;
      const first = indices[0];
      const layers = typeof first === 'number' ? first : (first?.length ?? 1);
      byLayer.set(layer, (byLayer.get(layer) ?? 0) + (elements * copies) / Math.max(layers, 1));
    }
    return Math.ceil(Math.max(0, ...byLayer.values()) * width);
  }

  /** Tensors that are trained. */
  private trained(): readonly TrainedTensor[] {
    if (this.weights.training.lora) return this.weights.trainedTensors;
    return this.analysis.inventory.entries
      .filter(({ buffer, frozen, tiedTo }) => !buffer && !frozen && tiedTo === undefined)
      .map(({ shape, copies, role }) => ({ shape, copies, vocabulary: role === 'embedding' || role === 'head' || role === 'position' }));
  }

  private pass(tokens: number, cached: number): Pass {
    const { job } = this;
    this.tables.clear();
    this.masks.clear();
    const plain =
      job.attention === 'eager' || this.traits.softcap || this.traits.wideScores || this.attentions().some(({ sinks }) => sinks);
    return {
      batch: job.batch,
      tokens,
      cached,
      way: plain ? 'plain' : job.attention === 'flash' ? 'flash' : 'fused',
      keepsCache: this.model.kind !== 'encoder' && !this.trains && this.analysis.root['use_cache'] !== false,
      training: this.trains,
      rotation: ({ table, rotation }) => this.tables.get(tableOf({ table, rotation })) as readonly [Value, Value],
      mask: ({ window }) => this.masks.get(window) ?? null,
      cache: this.cache,
      crossCache: this.crossCache,
      shared: (attention) => {
        const mask = attention && this.masks.get(attention.window);
        const table = attention && this.tables.get(tableOf(attention));
        return [this.positions, mask?.storage, ...(table ?? []).map(({ storage }) => storage)].filter(
          (storage) => storage !== null && storage !== undefined,
        );
      },
    };
  }

  /** What every layer reads: positions, cosines and sines, masks. */
  private prepare(own: (value: Value) => Value, pass: Pass): void {
    const { width } = this.weights.training;
    const { turn, tableShare = 1 } = this.traits;
    const made = (elements: number, bytes: number): Value => own(constant(this.ops, elements, bytes));
    this.positions = made(pass.tokens, 8).storage;
    if (!this.traits.oneMask) this.masks.set(null, this.maskOf(made, pass, null, width));
    if (this.traits.idleMask && pass.way === 'plain') this.maskOf(made, pass, null, width);
    for (const { rotation, table, window } of this.attentions()) {
      const key = tableOf({ table, rotation });
      if (rotation.part > 0 && !this.tables.has(key)) {
        const wide = turn === 'wide-table' || turn === 'complex';
        const each = (): Value => made(pass.tokens * rotation.part * tableShare, wide ? 4 : width);
        this.tables.set(key, [each(), turn === 'complex' ? made(0, 4) : each()]);
      }
      if (!this.masks.has(window)) this.masks.set(window, this.maskOf(made, pass, window, width));
    }
  }

  private maskOf(made: (elements: number, bytes: number) => Value, pass: Pass, window: number | null, width: number): Value | null {
    if (pass.way === 'flash') return null;
    const keys = pass.cached + pass.tokens;
    const seen = window === null ? keys : Math.min(keys, pass.cached > 0 ? window : keys);
    if (pass.way === 'plain') return made(pass.batch * pass.tokens * seen, width);
    if (window === null || keys < window || pass.tokens === 1) return null;
    return made(pass.tokens * seen, 1);
  }

  /** Logits of a pass (of its last token alone, if so), or the loss of them. */
  private forward(ids: Value, pass: Pass, last: boolean, labels: Value | null): Value {
    const { tape, ops, model, traits } = this;
    if (model.kind === 'encoder') return model.encoder.run(ops, ids, pass, labels);
    if (model.kind === 'pair') return runEncoderDecoder(ops, ids, model.pair, pass, labels);
    const { decoder, head } = model;
    return tape.scope((scope) => {
      const hidden = scope.own(
        tape.scope((inside) => {
          this.prepare((value) => inside.own(value), pass);
          return runBody(ops, ids, decoder, pass, traits);
        }),
      );
      let chosen = scope.own({ ...view(ops, hidden), elements: last ? pass.batch * decoder.embedded : hidden.elements });
      if (traits.scalesHidden) chosen = scope.replace(chosen, scale(ops, chosen));
      let logits = scope.own(linear(ops, chosen, head));
      if (!traits.scalesHidden) scope.drop(chosen);
      if (traits.scalesLogits) logits = scope.replace(logits, scale(ops, logits));
      if (traits.softcap) {
        logits = scope.replace(logits, scale(ops, logits));
        logits = scope.replace(logits, activate(ops, logits, 'output'));
        logits = scope.replace(logits, scale(ops, logits));
      }
      if (!labels) return logits;
      tape.enter('loss');
      return crossEntropy(ops, logits, labels);
    });
  }

  private infer(): void {
    const { tape, ops, job } = this;
    tape.record(false);
    const ids = constant(ops, job.batch * job.tokens, 8);
    ids.unnamed = false;
    if (job.mode === 'prefill') {
      tape.enter('forward');
      this.forward(ids, this.pass(job.tokens, 0), job.logits === 'last', null);
      return;
    }
    tape.release(this.forward(ids, this.pass(job.tokens, 0), true, null).storage);
    const next = constant(ops, job.batch, 8);
    next.unnamed = false;
    // The first token for the decoder is a view of those that went through the encoder.
    if (this.model.kind !== 'pair') tape.release(ids.storage);
    tape.enter('forward');
    this.forward(next, this.pass(1, job.tokens), true, null);
  }

  private train({ states, temporary }: OptimizerCost): void {
    const { tape, ops, job } = this;
    const spread = this.spread(1);
    tape.allocate(Math.ceil(states / spread), 'optimizer');
    const count = job.batch * job.tokens;
    const sequences = this.model.kind === 'encoder' && this.model.encoder.bySequence;
    const [ids, labels] = [constant(ops, count, 8), constant(ops, sequences ? job.batch : count, 8)];
    ids.unnamed = false;
    labels.unnamed = false;
    tape.record(true);
    tape.enter('forward');
    const loss = this.forward(ids, this.pass(job.tokens, 0), false, labels);
    for (const cast of ops.casts.values()) tape.release(cast.storage);
    tape.enter('backward');
    tape.backward(loss, tape.allocate(4));
    tape.release(loss.storage);
    tape.enter('optimizer step');
    tape.release(tape.allocate(Math.ceil(temporary / spread)));
    tape.release(labels.storage);
  }
}

const tableOf = ({ table, rotation }: Pick<Attention, 'table' | 'rotation'>): string => `${table} ${rotation.part}`;
