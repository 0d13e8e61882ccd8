import type { Analysis } from '../../analysis';
import { exact, type Basis } from '../../basis';
import { isStack, isTensor, type Module } from '../../modules/tree';
import type { Pass } from './blocks/attention';
import { readDecoder, runBody, type Decoder } from './decoder';
import { crossEntropy, linear, scale, activate, type Linear, type Ops } from './ops';
import { Tape, type Phase, type Storage, type StorageKind, type Value } from './tape';
import { traitsOf, type Traits } from './traits';
import { Reader, Weights, type Training } from './weights';

export const optimizers = ['adamw', 'adamw_foreach', 'sgd'] as const;
export type Optimizer = (typeof optimizers)[number];

/** What is run, as `memory.py` of the oracle means it. */
export interface PeakJob {
  readonly mode: 'prefill' | 'decode' | 'train';
  readonly batch: number;
  /** Of each sequence; in decode those in the cache before the one that is computed. */
  readonly tokens: number;
  readonly attention: 'sdpa' | 'eager';
  readonly logits: 'last' | 'all';
  readonly precision: 'bf16' | 'mixed';
  readonly checkpointing: boolean;
  readonly lora: { readonly rank: number; readonly targets: 'all-linear' | readonly string[] } | null;
  readonly optimizer: Optimizer;
  readonly states: 'fp32' | 'param';
}

export interface PeakMemory {
  readonly parameters: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly activations: number;
  readonly cache: number;
  readonly buffers: number;
  /** Sum of the six. */
  readonly total: number;
  readonly phase: Phase;
  readonly phases: readonly { readonly phase: Phase; readonly total: number }[];
  readonly basis: Basis;
}

/** The peak of live tensors in one run of the transformers library; `undefined` for a model that no program is known for. */
export function peakMemory(analysis: Analysis, job: PeakJob): PeakMemory | undefined {
  const traits = traitsOf[analysis.modelType];
  if (!traits) return undefined;
  const training = trainingOf(job);
  const weights = new Weights(training);
  const root = new Reader(weights, analysis.model.tree, '');
  const body = bodyOf(root);
  const decoder = body && readDecoder(body, traits, analysis.model.config);
  const head = root.linear('lm_head', 'embed_out');
  if (!decoder || !head) return undefined;
  return new RunOf(analysis, job, traits, decoder, head, weights).peak();
}

const trainingOf = ({ mode, precision, lora }: PeakJob): Training => ({
  width: mode === 'train' && precision === 'mixed' && !lora ? 4 : 2,
  full: mode === 'train' && !lora,
  lora:
    mode === 'train' && lora
      ? {
          rank: lora.rank,
          width: 4,
          takes: (name) => lora.targets === 'all-linear' || lora.targets.some((target) => name === target || name.endsWith(`.${target}`)),
        }
      : null,
});

/** The module that holds the stack of layers: the root, or the one that the class puts beside its head. */
function bodyOf(root: Reader): Reader | undefined {
  const holds = (module: Module): boolean => Object.values(module.children).some((part) => isStack(part));
  if (holds(root.module)) return root;
  const name = Object.keys(root.module.children).find((child) => {
    const part = root.module.children[child];
    return part !== undefined && !isTensor(part) && !isStack(part) && holds(part);
  });
  return name === undefined ? undefined : root.child(name);
}

class RunOf {
  private readonly tape = new Tape();
  private readonly ops: Ops;
  private readonly trains: boolean;
  private readonly cache: Pass['cache'] = new Map();
  private readonly rotations = new Map<number, readonly [Value, Value]>();
  private shared: Storage[] = [];
  private readonly masks = new Map<number | null, Value | null>();

  constructor(
    private readonly analysis: Analysis,
    private readonly job: PeakJob,
    private readonly traits: Traits,
    private readonly decoder: Decoder,
    private readonly head: Linear,
    private readonly weights: Weights,
  ) {
    this.trains = job.mode === 'train';
    this.ops = { tape: this.tape, autocast: this.trains && job.precision === 'mixed', casts: new Map() };
  }

  peak(): PeakMemory {
    const { tape, job } = this;
    const { width } = this.weights.training;
    const { total, stored } = this.analysis.parameters;
    const adapters = this.weights.adapters;
    tape.allocate(total * width + adapters * 4, 'parameters');
    tape.allocate((stored - total) * width + this.rotaryBuffers(), 'buffers');
    if (this.trains) this.train(this.weights.training.lora ? adapters : total, this.weights.training.lora ? 4 : width);
    else this.infer();
    const { peak, phases } = tape.summary();
    const { byKind } = peak;
    const of = (kind: StorageKind): number => byKind[kind];
    return {
      parameters: of('parameters'),
      gradients: of('gradients'),
      optimizer: of('optimizer'),
      activations: of('activations'),
      cache: of('cache'),
      buffers: of('buffers'),
      total: peak.total,
      phase: peak.phase,
      phases: phases.map(({ phase, total: bytes }) => ({ phase, total: bytes })),
      basis: job.batch > 0 ? exact : exact,
    };
  }

  /** Frequencies, twice, at 32 bits (LlamaRotaryEmbedding). */
  private rotaryBuffers(): number {
    const rotated = this.decoder.layers[0]?.attention.rotated ?? 0;
    return rotated * 4;
  }

  /** Something that every layer reads. */
  private common(own: (value: Value) => Value, elements: number, width: number): Value {
    const value = own(this.constant(elements, width));
    this.shared.push(value.storage);
    return value;
  }

  private constant(elements: number, width: number): Value {
    return { storage: this.tape.allocate(elements * width), elements, width, edge: null };
  }

  private pass(tokens: number, cached: number): Pass {
    const { job } = this;
    this.rotations.clear();
    this.masks.clear();
    this.shared = [];
    return {
      batch: job.batch,
      tokens,
      cached,
      way: job.attention === 'eager' || this.traits.softcap ? 'plain' : 'fused',
      keepsCache: !this.trains && this.analysis.root['use_cache'] !== false,
      training: this.trains,
      rotation: (elements) => this.rotations.get(elements) as readonly [Value, Value],
      mask: (window) => this.masks.get(window) ?? null,
      cache: this.cache,
      shared: this.shared,
    };
  }

  /** What every layer reads: positions, cosines and sines, masks. */
  private prepare(own: (value: Value) => Value, pass: Pass): void {
    const { width } = this.weights.training;
    this.common(own, pass.tokens, 8);
    for (const { attention } of this.decoder.layers) {
      const { rotated, window } = attention;
      if (rotated > 0 && !this.rotations.has(rotated))
        this.rotations.set(rotated, [this.common(own, pass.tokens * rotated, width), this.common(own, pass.tokens * rotated, width)]);
      if (!this.masks.has(window)) this.masks.set(window, this.maskOf(own, pass, window, width));
    }
  }

  private maskOf(own: (value: Value) => Value, pass: Pass, window: number | null, width: number): Value | null {
    const keys = pass.cached + pass.tokens;
    const seen = window === null ? keys : Math.min(keys, pass.cached > 0 ? window : keys);
    if (pass.way === 'plain') return this.common(own, pass.batch * pass.tokens * seen, width);
    if (window === null || keys < window || pass.tokens === 1) return null;
    return this.common(own, pass.batch * pass.tokens * seen, 1);
  }

  private forward(ids: Value, pass: Pass, last: boolean): Value {
    const { tape, ops, decoder, traits } = this;
    return tape.scope((scope) => {
      const hidden = scope.own(
        tape.scope((inside) => {
          this.prepare((value) => inside.own(value), pass);
          return runBody(ops, ids, decoder, pass, traits, this.trains && this.job.checkpointing);
        }),
      );
      const chosen = last ? { ...hidden, elements: pass.batch * decoder.hidden } : hidden;
      const logits = linear(ops, chosen, this.head);
      if (!traits.softcap) return logits;
      const divided = scope.own(scale(ops, logits));
      scope.drop(scope.own(logits));
      const capped = scope.replace(divided, activate(ops, divided, 'output'));
      return scale(ops, capped);
    });
  }

  private infer(): void {
    const { tape, job } = this;
    tape.record(false);
    const ids = this.constant(job.batch * job.tokens, 8);
    if (job.mode === 'prefill') {
      tape.enter('forward');
      this.forward(ids, this.pass(job.tokens, 0), job.logits === 'last');
      return;
    }
    tape.release(this.forward(ids, this.pass(job.tokens, 0), true).storage);
    const next = this.constant(job.batch, 8);
    tape.release(ids.storage);
    tape.enter('forward');
    this.forward(next, this.pass(1, job.tokens), true);
  }

  private train(trained: number, width: number): void {
    const { tape, job } = this;
    const perState = job.states === 'fp32' ? 4 : width;
    if (job.optimizer === 'adamw') tape.allocate(2 * trained * perState, 'optimizer');
    if (job.optimizer === 'adamw_foreach') tape.allocate(2 * trained * width, 'optimizer');
    const count = job.batch * job.tokens;
    const ids = this.constant(count, 8);
    const labels = this.constant(count, 8);
    tape.record(true);
    tape.enter('forward');
    const logits = this.forward(ids, this.pass(job.tokens, 0), false);
    tape.enter('loss');
    const loss = crossEntropy(this.ops, logits);
    tape.release(logits.storage);
    for (const cast of this.ops.casts.values()) tape.release(cast.storage);
    tape.enter('backward');
    tape.backward(loss, tape.allocate(4));
    tape.release(loss.storage);
    tape.enter('optimizer step');
    if (job.optimizer === 'adamw_foreach') tape.release(tape.allocate(trained * width));
    tape.release(labels.storage);
  }
}
