import type { Analysis } from '../../analysis';
import type { Stage } from '../parallel/stages';
import type { Attention, Pass } from './blocks/attention';
import { cutsTokens } from './collectives';
import { runBody, type Decoder } from './decoder';
import { copiesOf, degreesIn, expertCopiesOf, type Degrees } from './degrees';
import type { Encoder } from './encoder';
import { runEncoderDecoder, type EncoderDecoder } from './encoderDecoder';
import { linear } from './linear';
import { crossEntropy, logitsOf, lossOfHead } from './loss';
import { activate, cast, constant, scale, view, type Linear, type Ops } from './ops';
import { costOf, type OptimizerCost, type TrainedTensor } from './optimizers';
import { CachingAllocator } from './cachingAllocator';
import type { PeakJob } from './peak';
import { scheduleOf } from './schedule';
import { Tape, type Parameter, type Recording, type Value } from './tape';
import { type Peak, type Phase, type Storage, type StorageKind } from './storages';
import { countOf, type TrainingPlan } from './training';
import { copiesModel, deepSpeedExtras, fsdp, shareAmong, type Copies, type Place } from './sharding';
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
  readonly host: { readonly cpu: number; readonly nvme: number };
  readonly reserved: number | null;
  /** Whether every sum on the way was an integer that a double holds. */
  readonly whole: boolean;
}

/** A rank of a pipeline, and the stages that it runs. */
export interface PipelineRank {
  readonly rank: number;
  readonly stages: readonly Stage[];
}

/** A batch that went forward through a stage, and waits to go back. */
interface UnderWay {
  readonly recording: Recording;
  readonly output: Value;
  readonly letGo: () => void;
}

/** What every layer of a pass reads. */
interface Prepared {
  readonly tables: Map<string, readonly [Value, Value]>;
  readonly masks: Map<number | null, Value | null>;
  positions: Storage | null;
}
type RunPass = Pass & { readonly prepared: Prepared };

/** One run of a causal language model, from its first operation to the fullest moment. */
export class Run {
  private readonly tape: Tape;
  private readonly ops: Ops;
  private readonly trains: boolean;
  private readonly cache: Pass['cache'] = new Map();
  private readonly states: Pass['states'] = new Map();
  private readonly crossCache: Pass['cache'] = new Map();
  private readonly degrees: Degrees;
  /** Logits that the training loop names until it has others. */
  private readonly held: Value[] = [];
  private readonly allocator: CachingAllocator | null;
  /** Bytes that stand beside the device. */
  private readonly host = { cpu: 0, nvme: 0 };
  /** Whether moments of this batch count. */
  private counts = true;

  constructor(
    private readonly analysis: Analysis,
    private readonly job: PeakJob,
    private readonly traits: Traits,
    private readonly model: RunModel,
    private readonly weights: Weights,
    private readonly plan: TrainingPlan,
    private readonly pipeline: PipelineRank | null = null,
  ) {
    this.trains = job.mode === 'train';
    this.degrees = degreesIn(job);
    this.allocator = job.reserved && this.trains ? new CachingAllocator() : null;
    // Gradients that nothing keeps: they are used up, or go to the host.
    const gone = job.stepsInBackward === true || (job.offload?.optimizer ?? 'device') !== 'device';
    const { devices, expertDevices } = this.spread(2);
    this.tape = new Tape(gone ? Infinity : devices, this.allocator, gone ? Infinity : expertDevices);
    this.ops = {
      tape: this.tape,
      autocast: this.trains && job.precision === 'mixed',
      trainsInputs: this.trains && job.lora !== null && job.checkpointing,
      checkpoints: this.trains && job.checkpointing,
      degrees: this.degrees,
      casts: new Map(),
    };
  }

  /** Devices that share what ZeRO spreads from a stage on. */
  private spread(stage: number): Copies {
    const { zero = 0, fsdp: sharded = null } = this.job;
    return this.trains && (zero >= stage || sharded) ? this.copies() : { devices: 1, expertDevices: 1 };
  }

  private copies(): Copies {
    const { devices = 1 } = this.job;
    return { devices: copiesOf(this.degrees, devices), expertDevices: expertCopiesOf(this.degrees, devices) };
  }

  peak(): RunPeak {
    const { tape } = this;
    const { width, lora } = this.weights.training;
    const { total, stored } = this.analysis.parameters;
    const adapters = this.weights.adapters * (lora?.width ?? 0);
    const { parameters: ownParameters, expertParameters, tensors, trained } = this.plan;
    const { offload, fsdp: way = null, fsdpVersion: version = 2 } = this.job;
    const copies = this.copies();
    const held =
      this.trains && way && copies.devices > 1 ? fsdp(this.analysis, { way, version, ...copies }, width, lora === null) : undefined;
    const spread = this.spread(3);
    const parameters = held
      ? held.parameters + Math.ceil(adapters / copies.devices)
      : shareAmong(spread, ownParameters + adapters, expertParameters);
    const gathered = held?.gathered ?? (spread.devices > 1 || (offload?.parameters ?? 'device') !== 'device' ? this.gathered() : 0);
    this.put(parameters, 'parameters', offload?.parameters, tensors);
    // The reference builds at 16 bits; what is no parameter stays so.
    tape.allocate((stored - total) * 2 + this.unsavedBuffers() + gathered + this.tokenBuffer(), 'buffers');
    let cost = none;
    if (this.trains) {
      cost = this.costOfSteps();
      const ownElements = trained.reduce((sum, each) => sum + countOf(each), 0);
      const expertElements = trained.reduce((sum, each) => (each.expert ? sum + countOf(each) : sum), 0);
      const elements = ownElements + this.weights.adapters;
      const { zero = 0 } = this.job;
      const stepped = zero >= 1 ? shareAmong(copies, elements, expertElements) : elements;
      const { master, buckets, step } = deepSpeedExtras(this.job, stepped);
      const states = trained.length > 0 ? trained : this.weights.trainedTensors;
      const ownStates = shareAmong(this.spread(1), cost.states, cost.expertStates);
      this.put(ownStates + master, 'optimizer', offload?.optimizer, [...states, ...states]);
      const away = (offload?.optimizer ?? 'device') !== 'device';
      // Gradients are summed on the host where the optimizer steps there.
      const perGradient = lora?.width ?? width;
      if (away)
        this.put(shareAmong(this.spread(2), elements * perGradient, expertElements * perGradient), 'gradients', offload?.optimizer, []);
      tape.allocate(buckets, 'buffers');
      if (copiesModel(this.job, copies))
        tape.allocate((ownElements - (copies.expertDevices > 1 ? 0 : expertElements)) * width + adapters, 'buffers');
      this.train(away ? 0 : step + Math.ceil(cost.temporary / this.spread(1).devices));
    } else this.infer();
    return {
      ...tape.summary(),
      paged: shareAmong(this.spread(1), cost.paged, cost.expertPaged),
      host: this.host,
      reserved: this.allocator?.reserved ?? null,
      whole: tape.whole && this.host.cpu + this.host.nvme + cost.paged <= Number.MAX_SAFE_INTEGER,
    };
  }

  /** Bytes on the device, or where else they were put. */
  private put(bytes: number, kind: StorageKind, place: Place = 'device', tensors: readonly TrainedTensor[] = []): void {
    if (place === 'device') this.fill(bytes, kind, tensors);
    else this.host[place] += bytes;
  }

  /** Storages of so many bytes altogether; where the allocator is followed, cut as these tensors are. */
  private fill(bytes: number, kind: StorageKind, tensors: readonly TrainedTensor[]): void {
    const elements = this.allocator ? tensors.reduce((sum, each) => sum + countOf(each), 0) : 0;
    let left = bytes;
    if (elements > 0)
      for (const tensor of tensors) {
        const each = Math.floor((countOf(tensor) / tensor.copies / elements) * bytes);
        for (let copy = 0; copy < tensor.copies; copy++) this.tape.allocate(each, kind);
        left -= each * tensor.copies;
      }
    this.tape.allocate(left, kind);
  }

  /** What the optimizer keeps, and allocates in a step. */
  private costOfSteps(): StepCost {
    const { width, lora } = this.weights.training;
    const { optimizer, states } = this.job;
    const { trained } = this.plan;
    // Experts that other ranks hold copies of, and adapters, are groups of their own; adapters have types of their own, too.
    const apart = this.degrees.expert > 1;
    const groups = [
      { tensors: apart ? trained.filter(({ expert }) => !expert) : trained, bytes: width, experts: false },
      { tensors: apart ? trained.filter(({ expert }) => expert) : [], bytes: width, experts: true },
      { tensors: this.weights.trainedTensors, bytes: lora?.width ?? 4, experts: false },
    ].filter(({ tensors }) => tensors.length > 0);
    return groups.reduce((cost, { tensors, bytes, experts }) => {
      const part = costOf(optimizer, tensors, bytes, states);
      // Temporaries of one group are let go before the next, but for the roots of all (torch.optim.AdamW, foreach).
      const temporary = optimizer === 'adamw_foreach' ? cost.temporary + part.temporary : Math.max(cost.temporary, part.temporary);
      return {
        states: cost.states + part.states,
        paged: cost.paged + part.paged,
        temporary,
        expertStates: cost.expertStates + (experts ? part.states : 0),
        expertPaged: cost.expertPaged + (experts ? part.paged : 0),
      };
    }, none);
  }

  /**
   * What tokens of all ranks are gathered in, both ways, kept for the whole run (Megatron-LM, megatron/core/utils.py,
   * GlobalMemoryBuffer).
   */
  private tokenBuffer(): number {
    const { model, job } = this;
    if (model.kind !== 'decoder' || !cutsTokens(this.ops)) return 0;
    return job.batch * this.tokens() * model.decoder.hidden * (this.ops.autocast ? 2 : this.weights.training.width);
  }

  /** Of a sequence on this rank, between the matrices of its group. */
  private tokens(): number {
    return Math.ceil(this.job.tokens / this.degrees.context);
  }

  /** What modules hold beside the files: frequencies, twice, at 32 bits (LlamaRotaryEmbedding), and what encoders say. */
  private unsavedBuffers(): number {
    if (this.model.kind === 'encoder') return this.model.encoder.buffers;
    if (this.model.kind === 'pair') return this.model.pair.buffers;
    const { decoder } = this.model;
    // Numbers that what is projected is multiplied by (Falcon-H1).
    const vectors = decoder.layers.reduce(
      (sum, { mixer }) => sum + ('space' in mixer && mixer.space.scaled ? mixer.space.input.output : 0),
      0,
    );
    const parts = new Map(this.attentions().map(({ table, rotation }) => [table, rotation.part]));
    return [...parts.values()].reduce((sum, part) => sum + part * 4, 0) + vectors * 2;
  }

  private attentions(): readonly Attention[] {
    const { model } = this;
    if (model.kind !== 'decoder') return [];
    return model.decoder.layers.flatMap(({ mixer }) => ('attention' in mixer ? [mixer.attention] : []));
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

  private pass(tokens: number, cached: number): RunPass {
    const { job } = this;
    const prepared: Prepared = { tables: new Map(), masks: new Map(), positions: null };
    const plain =
      job.attention === 'eager' || this.traits.softcap || this.traits.wideScores || this.attentions().some(({ sinks }) => sinks);
    return {
      batch: job.batch,
      tokens,
      cached,
      way: plain ? 'plain' : job.attention === 'flash' ? 'flash' : 'fused',
      keepsCache: this.model.kind !== 'encoder' && !this.trains && this.analysis.root['use_cache'] !== false,
      training: this.trains,
      rotation: ({ table, rotation }) => prepared.tables.get(tableOf({ table, rotation })) as readonly [Value, Value],
      mask: ({ window }) => prepared.masks.get(window) ?? null,
      prepared,
      cache: this.cache,
      states: this.states,
      crossCache: this.crossCache,
      shared: (attention) => {
        const mask = attention && prepared.masks.get(attention.window);
        const tables = attention ? [prepared.tables.get(tableOf(attention)) ?? []] : [...prepared.tables.values()];
        return [prepared.positions, mask?.storage, ...tables.flat().map(({ storage }) => storage)].filter(
          (storage) => storage !== null && storage !== undefined,
        );
      },
    };
  }

  /** What every layer reads: positions, cosines and sines, masks. */
  private prepare(own: (value: Value) => Value, pass: RunPass): void {
    const { width } = this.weights.training;
    const { tables, masks } = pass.prepared;
    const { turn, tableShare = 1, tablesOf } = this.traits;
    const tokens = pass.tokens * (tablesOf === 'sequences' ? pass.batch : 1);
    const made = (elements: number, bytes: number): Value => own(constant(this.ops, elements, bytes));
    if (this.attentions().length === 0) return;
    pass.prepared.positions = made(pass.tokens, 8).storage;
    if (!this.traits.oneMask) masks.set(null, this.maskOf(made, pass, null, width));
    if (this.traits.idleMask && pass.way === 'plain') this.maskOf(made, pass, null, width);
    if (this.traits.idleMask && pass.way === 'fused') made(pass.tokens * (pass.cached + pass.tokens), 1);
    for (const { rotation, table, window } of this.attentions()) {
      const key = tableOf({ table, rotation });
      if (rotation.part > 0 && !tables.has(key)) {
        const wide = turn === 'wide-table' || turn === 'complex';
        const each = (): Value => made(tokens * rotation.part * tableShare, wide ? 4 : width);
        tables.set(key, [each(), turn === 'complex' ? made(0, 4) : each()]);
      }
      if (!masks.has(window)) masks.set(window, this.maskOf(made, pass, window, width));
    }
  }

  private maskOf(made: (elements: number, bytes: number) => Value, pass: Pass, window: number | null, width: number): Value | null {
    if (pass.way === 'flash') return null;
    const { context, contextWay } = this.degrees;
    const queries = contextWay === 'ulysses' ? pass.tokens * context : pass.tokens;
    const keys = pass.cached + pass.tokens * context;
    const seen = window === null ? keys : Math.min(keys, pass.cached > 0 ? window : keys);
    if (pass.way === 'plain') return made(pass.batch * pass.tokens * seen, width);
    if (window === null || keys < window || pass.tokens === 1) return null;
    return made(queries * seen, 1);
  }

  /**
   * Logits of a pass (of its last token alone, if so), or the loss of them.
   *
   * @param stage of a pipeline: but for the last, its output is that of its last layer
   */
  private forward(ids: Value, pass: RunPass, last: boolean, labels: Value | null, stage: Stage | null = null): Value {
    const { tape, ops, model, traits } = this;
    if (model.kind === 'encoder') return model.encoder.run(ops, ids, pass, labels);
    if (model.kind === 'pair') return runEncoderDecoder(ops, ids, model.pair, pass, labels);
    const { decoder, head } = model;
    return tape.scope((scope) => {
      const hidden = scope.own(
        tape.scope((inside) => {
          this.prepare((value) => inside.own(value), pass);
          return runBody(ops, ids, decoder, pass, traits, stage);
        }),
      );
      if (stage?.last === false) return view(ops, hidden);
      let chosen = scope.own({ ...view(ops, hidden), elements: last ? pass.batch * decoder.embedded : hidden.elements });
      if (traits.scalesHidden) chosen = scope.replace(chosen, scale(ops, chosen));
      const { loss = 'full' } = this.job;
      if (labels && loss !== 'full' && loss !== 'parallel') {
        this.enterIf('loss');
        return lossOfHead(ops, chosen, head, labels, loss, this.held);
      }
      if (traits.widensLogits) chosen = scope.replace(chosen, cast(ops, chosen, head.weight.width));
      let logits = scope.own(loss === 'parallel' ? linear(ops, chosen, head) : logitsOf(ops, chosen, head));
      if (traits.widensLogits) logits = scope.replace(logits, cast(ops, logits, 4));
      if (!traits.scalesHidden) scope.drop(chosen);
      if (traits.scalesLogits) logits = scope.replace(logits, scale(ops, logits));
      if (traits.softcap) {
        logits = scope.replace(logits, scale(ops, logits));
        logits = scope.replace(logits, activate(ops, logits, 'output'));
        logits = scope.replace(logits, scale(ops, logits));
      }
      if (!labels) return logits;
      this.enterIf('loss');
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

  /** @param temporary bytes that a step of the optimizer allocates beside its states */
  private train(temporary: number): void {
    const { tape, job } = this;
    const sums = (job.accumulation ?? 1) > 1;
    // Gaps of the allocator settle after a step, and some things linger; a step of several batches has its peak in those after the first.
    const lingers = job.keepsInputs || (typeof job.loss === 'object' && job.loss.keepLogits);
    const steps = this.allocator || lingers ? 2 : 1;
    for (let step = 1; step <= steps; step++) {
      const counts = step === steps;
      if (sums) this.trainBatch(false)();
      const letGo = this.pipeline ? this.trainStages(this.pipeline, counts) : this.trainBatch(counts);
      if (counts) tape.enter('optimizer step');
      tape.release(tape.allocate(temporary));
      letGo();
      if (!counts) tape.dropGradients();
    }
  }

  /** One batch there and back; the training loop still names its batch and its loss until the answer is called. */
  private trainBatch(counts: boolean): () => void {
    const { tape, ops, job } = this;
    const count = job.batch * this.tokens();
    const sequences = this.model.kind === 'encoder' && this.model.encoder.bySequence;
    const [ids, labels] = [constant(ops, count, 8), constant(ops, sequences ? job.batch : count, 8)];
    ids.unnamed = false;
    labels.unnamed = false;
    tape.record(true);
    this.counts = counts;
    this.enterIf('forward');
    const loss = this.forward(ids, this.pass(this.tokens(), 0), false, labels);
    tape.loss();
    for (const cast of ops.casts.values()) tape.release(cast.storage);
    ops.casts.clear();
    this.enterIf('backward');
    tape.backward(loss, tape.allocate(4));
    tape.release(loss.storage);
    return () => {
      for (const { storage } of [ids, labels]) tape.release(storage);
      tape.end();
    };
  }

  /** The batches of one step on a rank of a pipeline, each forward and back when its turn comes. */
  private trainStages({ rank, stages }: PipelineRank, counts: boolean): () => void {
    this.counts = counts;
    const underWay = stages.map((): UnderWay[] => []);
    const { tape } = this;
    const { steps, alike } = scheduleOf(rank, this.degrees, this.allocator !== null);
    const before = tape.bytesOf('activations');
    let others: Storage | null = null;
    for (const { way, run } of steps) {
      const waiting = underWay[run] as UnderWay[];
      if (way === 'forward') waiting.push(this.stageForward(stages[run] as Stage));
      else this.stageBackward(waiting.shift() as UnderWay, (stages[run] as Stage).last);
      if (alike > 0) others ??= tape.allocate(alike * (tape.bytesOf('activations') - before));
    }
    if (others) tape.release(others);
    return () => undefined;
  }

  /**
   * One batch through a stage. What it puts out goes to the next and is not kept here beside what autograd keeps of it (Megatron-LM,
   * schedules.py, deallocate_output_tensor); what it was given is kept until the batch has gone back.
   */
  private stageForward(stage: Stage): UnderWay {
    const { tape, ops, job, model } = this;
    const tokens = job.batch * this.tokens();
    const hidden = model.kind === 'decoder' ? model.decoder.hidden : 0;
    const columns = cutsTokens(ops) ? hidden / this.degrees.tensor : hidden;
    tape.record(true);
    this.enterIf('forward');
    const labels = stage.last ? { ...constant(ops, tokens, 8), unnamed: false } : null;
    const input = stage.first ? { ...constant(ops, tokens, 8), unnamed: false } : this.received(tokens * columns);
    const output = this.forward(input, this.pass(this.tokens(), 0), false, labels, stage);
    if (stage.last) tape.loss();
    else tape.release(output.storage);
    for (const cast of ops.casts.values()) tape.release(cast.storage);
    ops.casts.clear();
    const letGo = (): void => {
      for (const each of [input, labels]) if (each) tape.release(each.storage);
      const { edge } = input;
      if (!edge?.pending) return;
      tape.release(edge.pending);
      edge.pending = null;
    };
    return { recording: tape.putAside(), output, letGo };
  }

  /** What the stage before put out, which wants a gradient. */
  private received(elements: number): Value {
    const width = this.weights.training.width;
    const storage = this.tape.allocate(elements * width);
    const edge: Parameter = { elements, width, awaited: 0, pending: null, input: true, trained: true };
    return { storage, elements, width, edge };
  }

  /** The batch goes back through the stage, by the gradient that the next stage sends. */
  private stageBackward({ recording, output, letGo }: UnderWay, last: boolean): void {
    const { tape } = this;
    tape.takeUp(recording);
    this.enterIf('backward');
    tape.backward(output, tape.allocate(last ? 4 : output.elements * output.width));
    if (last) tape.release(output.storage);
    letGo();
    tape.end();
  }

  private enterIf(phase: Phase): void {
    this.tape.enter(this.counts ? phase : null);
  }
}

/** What the optimizer takes, with what routed experts have of it where others hold copies of them. */
interface StepCost extends OptimizerCost {
  readonly expertStates: number;
  readonly expertPaged: number;
}

const none: StepCost = { states: 0, paged: 0, temporary: 0, expertStates: 0, expertPaged: 0 };

const tableOf = ({ table, rotation }: Pick<Attention, 'table' | 'rotation'>): string => `${table} ${rotation.part}`;
