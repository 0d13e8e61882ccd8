/**
 * What a run of PyTorch allocates, without PyTorch: storages with reference counts (storages.ts), the graph that autograd records
 * on the way forward, and its walk back. Programs (program.ts and its parts) say which operations run in which order and when a
 * name is let go; this file knows nothing of models.
 */

import type { CachingAllocator } from './cachingAllocator';
import { Storages, type Storage, type StorageKind } from './storages';

/** Where a gradient goes: an operation of the way forward, or a parameter that is trained. */
export type Edge = Node | Parameter;

/** A tensor as a name of the program holds it: its storage, and the elements of it that it shows. */
export interface Value {
  readonly storage: Storage;
  readonly elements: number;
  /** Bytes per element. */
  readonly width: number;
  readonly edge: Edge | null;
  /** Its memory is in the order of batch, heads, tokens, width, where that of a projection has tokens before heads. */
  readonly packed?: boolean;
  /** A view that shows one head for each of several. */
  readonly repeated?: true;
  /** Nobody has given it a name yet: what takes it as an input lets it go. */
  unnamed?: boolean;
}

/** Parameters are there before a run; those that are trained gather gradients. */
export interface Parameter {
  readonly elements: number;
  readonly width: number;
  /** Operations of this run that will send it a gradient. */
  awaited: number;
  pending: Storage | null;
  /** What is kept between batches. */
  gradient?: Storage | null;
  /** An activation that is made to want a gradient, which then is one too. */
  readonly input?: true;
  /** Of routed experts, which other ranks hold copies of than the rest. */
  readonly expert?: true;
  readonly trained: true;
}

/** A gradient that is still larger or wider than its input, and is summed and narrowed to `bytes`. */
export interface Unfitted {
  readonly storage: Storage;
  readonly bytes: number;
}
export type Gradient = Storage | Unfitted | null;

/** One recorded operation. */
export interface Node {
  pending: Storage | null;
  saved: readonly Storage[];
  /**
   * Turns the gradient of its output into those of its inputs, in the order of `inputs`: storages that the caller will own.
   * May return the storage it was given, held once more.
   */
  readonly run: (gradient: Storage) => readonly Gradient[];
  /** Made anew in a checkpointed region, whose tensors go as soon as they are read. */
  readonly again: boolean;
  /** Whether it saves anything: what doesn't can go back before its region is made anew. */
  readonly needs: boolean;
  /** The gradient is handed on in whole, and let go by others. */
  readonly passes?: true;
  readonly inputs: readonly (Edge | null)[];
}

/** What one batch recorded on its way forward. */
export interface Recording {
  readonly nodes: Node[];
  readonly leaves: (() => void)[];
}

export const isParameter = (edge: Edge): edge is Parameter => 'trained' in edge;

export interface Operation {
  readonly elements: number;
  readonly width: number;
  /** What may want a gradient; constants are null. */
  readonly inputs: readonly (Value | Parameter | null)[];
  readonly saves?: readonly Storage[];
  readonly savesOutput?: boolean;
  /** Saved too, and made by the operation itself beside its output (statistics, masks): there only once it has run. */
  readonly makes?: readonly Storage[];
  /** Bytes that are saved too, for operations that are not told one by one. */
  readonly keeps?: number;
  /** A weight is saved: nothing more to hold, yet something that its region is made again for. */
  readonly savesWeight?: boolean;
  /** The storage that the output shows instead of one of its own. */
  readonly reuse?: Storage;
  readonly kind?: StorageKind;
  readonly packed?: boolean;
  /** Gradients of the inputs from that of the output; `wanted` says which are asked for. */
  readonly run: (gradient: Storage, wanted: readonly boolean[]) => readonly Gradient[];
}

/** Names of a function that runs. */
export interface Scope {
  /** Gives a value a name. */
  own(value: Value): Value;
  /** Lets names go. */
  drop(...values: readonly Value[]): void;
  /** Takes a value's name away: what takes it as an input lets it go. */
  pass(value: Value): Value;
  /** Gives a name that `old` had to `value`. */
  replace(old: Value, value: Value): Value;
}

/** An operation that hands nothing back, and lets storages go. */
const frame = (saved: readonly Storage[]): Node => ({ pending: null, saved, inputs: [], again: false, needs: false, run: () => [] });

const edgeOf = (input: Value | Parameter | null): Edge | null => (input === null || 'trained' in input ? input : input.edge);

export class Tape extends Storages {
  /**
   * @param spread devices over which gradients are spread (ZeRO, FSDP); Infinity where nothing is kept of them
   * @param allocator what storages are taken from, where that is followed too
   * @param expertSpread devices over which gradients of routed experts are spread
   */
  constructor(
    private readonly spread = 1,
    allocator: CachingAllocator | null = null,
    private readonly expertSpread = spread,
  ) {
    super(allocator);
  }

  /** Gradients that are whole, and the activations that want one. */
  private gradients: Parameter[] = [];
  private leaves: (() => void)[] = [];
  /** What operations of this batch, and of the one before, hold until they go themselves. */
  private lingering: Storage[] = [];
  private former: Storage[] = [];
  private nodes: Node[] = [];
  /** `off`: nothing is recorded (torch.no_grad). `dropped`: recorded, and what is saved is let go (a checkpointed region). */
  private recording: 'off' | 'on' | 'dropped' = 'off';
  /** Operations of the region that is recorded and dropped. */
  private region: Node[] | null = null;
  /** Saves counted in the region that is being recorded, and those after which its recomputation ends. */
  private saves = 0;
  private stopAfter = Infinity;
  /** Whether a region runs for the second time. */
  private again = false;
  /** A recomputation that has all it needs: operations are recorded, and nothing is computed any more. */
  private stopped = false;

  record(on: boolean): void {
    this.recording = on ? 'on' : 'off';
  }
  /** What is made and never read: autograd lets its graph go with it. */
  aside<T>(body: () => T): T {
    const { recording } = this;
    this.recording = 'off';
    const made = body();
    this.recording = recording;
    return made;
  }
  get recordsGradients(): boolean {
    return this.recording !== 'off';
  }

  /** A gradient that is whole: this device keeps its share of it, or adds it to what batches before left. */
  keepGradient(parameter: Parameter): void {
    const storage = parameter.pending;
    parameter.pending = null;
    if (!storage) return;
    if (parameter.gradient) return this.release(storage);
    const share = Math.ceil(storage.bytes / (parameter.expert ? this.expertSpread : this.spread));
    if (share === storage.bytes) {
      this.rename(storage, 'gradients');
      parameter.gradient = storage;
    } else {
      this.release(storage);
      parameter.gradient = this.allocate(share, 'gradients');
    }
    this.gradients.push(parameter);
  }
  /** Lets all gradients go (`zero_grad`, to none). */
  dropGradients(): void {
    for (const parameter of this.gradients) if (parameter.gradient) this.release(parameter.gradient);
    for (const parameter of this.gradients) parameter.gradient = null;
    this.gradients = [];
  }
  /** Something that lives as long as the loss does. */
  untilEnd(letGo: () => void): void {
    this.leaves.push(letGo);
  }
  /** Something that lives as long as the operations do, which the loss of this batch names until the next one has its own. */
  untilNextLoss(storage: Storage): void {
    this.lingering.push(this.hold(storage));
  }
  /** A batch has its loss: the operations of the one before go. */
  loss(): void {
    for (const storage of this.former) this.release(storage);
    this.former = this.lingering;
    this.lingering = [];
  }
  /** The loss goes, and what lived with it. */
  end(): void {
    for (const letGo of this.leaves) letGo();
    this.leaves = [];
  }
  /**
   * The output of an operation: a new storage (or `reuse`, for one that shows another's), and what autograd remembers of it.
   * What is saved is held until the operation has run backward.
   */
  output({
    elements,
    width,
    inputs,
    saves = [],
    savesOutput = false,
    makes = [],
    keeps = 0,
    savesWeight = false,
    reuse,
    kind,
    packed = false,
    run,
  }: Operation): Value {
    const edges = inputs.map(edgeOf);
    const records = this.recording !== 'off' && edges.some((edge) => edge !== null);
    if (records) this.saves += saves.length + Number(savesWeight);
    // The operation whose inputs are the last to be saved is not run any more.
    if (this.saves >= this.stopAfter) this.stopped = true;
    const storage = reuse ? this.hold(reuse) : this.allocate(this.stopped ? 0 : elements * width, kind);
    const result = { storage, elements, width, unnamed: true, ...(packed && { packed }) };
    if (!records) {
      this.take(inputs);
      return { ...result, edge: null };
    }
    this.saves += makes.length + Number(savesOutput);
    if (this.saves >= this.stopAfter) this.stopped = true;
    const saved = this.recording !== 'on' ? [] : [...saves, ...makes, ...(savesOutput ? [storage] : [])];
    for (const each of saved) this.hold(each);
    if (keeps > 0 && this.recording === 'on') saved.push(this.allocate(this.stopped ? 0 : keeps));
    const node: Node = {
      pending: null,
      saved,
      run: (gradient) => run(gradient, edges.map(Boolean)),
      inputs: edges,
      again: this.again,
      needs: savesOutput || savesWeight || saves.length + makes.length > 0,
    };
    if (this.recording === 'on') {
      for (const edge of edges) if (edge && isParameter(edge)) edge.awaited++;
      this.nodes.push(node);
    } else this.region?.push(node);
    this.take(inputs);
    return { ...result, edge: node };
  }

  /** Lets inputs go that nobody has given a name. */
  take(inputs: readonly (Value | Parameter | null)[]): void {
    for (const input of inputs)
      if (input && !('trained' in input) && input.unnamed) {
        input.unnamed = false;
        this.release(input.storage);
      }
  }

  /** Runs a function whose names are let go when it ends, but for what it returns; `inputs` without a name go with them. */
  scope(body: (scope: Scope) => Value, ...inputs: readonly Value[]): Value {
    const unnamed = inputs.filter((input) => input.unnamed);
    for (const input of unnamed) input.unnamed = false;
    const owned = new Set<Value>();
    const scope: Scope = {
      own: (value) => {
        value.unnamed = false;
        owned.add(value);
        return value;
      },
      drop: (...values) => {
        for (const value of values) if (owned.delete(value)) this.release(value.storage);
      },
      pass: (value) => {
        owned.delete(value);
        value.unnamed = true;
        return value;
      },
      replace: (old, value) => {
        scope.own(value);
        if (old !== value) scope.drop(old);
        return value;
      },
    };
    const result = body(scope);
    owned.delete(result);
    for (const value of owned) this.release(value.storage);
    for (const value of unnamed) this.release(value.storage);
    result.unnamed = true;
    return result;
  }

  /**
   * Runs a region whose inner tensors are not kept but made again on the way back (torch.utils.checkpoint, not reentrant): its
   * input is kept, and the second run ends as soon as everything that was saved is there again.
   *
   * @param shared what the region reads beside its input, kept for the second run
   */
  checkpoint(input: Value, shared: readonly Storage[], region: (input: Value) => Value, again: (input: Value) => Value): Value {
    if (this.recording !== 'on') return region(input);
    const before = this.saves;
    const first: Node[] = [];
    this.recording = 'dropped';
    this.region = first;
    this.saves = 0;
    const output = region(input);
    const needed = this.saves;
    this.recording = 'on';
    this.region = null;
    this.saves = before;
    const kept = [input.storage, ...shared].map((storage) => this.hold(storage));
    const node: Node = {
      ...frame([]),
      passes: true,
      run: (gradient) => {
        // The frame of the region holds what it was called with until the last of its operations has gone back.
        this.nodes.push(frame(kept));
        deliver(this, output.edge, gradient);
        // Operations at its end that need nothing go back first.
        while (first.length > 0 && !first.at(-1)?.needs) this.step(first.pop() as Node);
        const start = this.nodes.length;
        this.recompute(input, again, needed);
        first.forEach((old, index) => {
          const made = this.nodes[start + index];
          if (made) made.pending = old.pending;
        });
        return [];
      },
    };
    this.nodes.push(node);
    return { ...output, edge: node, unnamed: true };
  }

  /** Records a region anew, whose nodes then come next on the way back. */
  private recompute(input: Value, region: (input: Value) => Value, needed: number): void {
    this.recording = 'on';
    this.saves = 0;
    this.stopAfter = needed;
    this.again = true;
    const output = region(input);
    this.recording = 'off';
    this.stopAfter = Infinity;
    this.stopped = false;
    this.again = false;
    this.release(output.storage);
  }

  /** Puts what was recorded aside, so that another batch can go forward before this one goes back. */
  putAside(): Recording {
    const recording = { nodes: this.nodes, leaves: this.leaves };
    this.nodes = [];
    this.leaves = [];
    for (const { inputs } of recording.nodes) for (const edge of inputs) if (edge && isParameter(edge)) edge.awaited--;
    return recording;
  }
  /** Takes it up again. */
  takeUp({ nodes, leaves }: Recording): void {
    this.nodes = nodes;
    this.leaves = leaves;
    for (const { inputs } of nodes) for (const edge of inputs) if (edge && isParameter(edge)) edge.awaited++;
  }

  /** The way back from a value: nodes in the reverse order of their making. */
  backward(from: Value, gradient: Storage): void {
    this.recording = 'off';
    deliver(this, from.edge, gradient);
    for (let node = this.nodes.pop(); node; node = this.nodes.pop()) this.step(node);
  }

  /** One operation goes back. */
  private step(node: Node): void {
    const { pending, saved, inputs } = node;
    const letGo = (): void => {
      for (const storage of saved) this.release(storage);
    };
    if (!pending) return letGo();
    node.pending = null;
    const made = node.run(pending);
    if (node.again) letGo();
    const gradients = made.map((gradient) => this.fitted(gradient));
    if (!node.again) letGo();
    if (!node.passes) this.release(pending);
    // What is added to another gradient goes once all of them are delivered.
    const added: Storage[] = [];
    inputs.forEach((edge, index) => {
      const result = gradients[index];
      if (result) deliver(this, edge, result, added);
    });
    for (const each of added) this.release(each);
  }

  /** A gradient in its input's shape and type (autograd's validate_outputs). */
  private fitted(gradient: Gradient): Storage | null {
    if (!gradient || !('storage' in gradient)) return gradient;
    const small = this.allocate(gradient.bytes);
    this.release(gradient.storage);
    return small;
  }
}

/**
 * Adds a gradient to those that an edge has. A GPU adds in place where nobody else holds the first (autograd's InputBuffer);
 * the traced reference does not, and is followed here: at most one table of embeddings more.
 */
function deliver(tape: Tape, edge: Edge | null, gradient: Storage, added: Storage[] = []): void {
  if (!edge) return tape.release(gradient);
  if (edge.pending) {
    const sum = tape.allocate(edge.pending.bytes);
    tape.release(edge.pending);
    edge.pending = sum;
    added.push(gradient);
  } else edge.pending = gradient;
  if (!isParameter(edge) || --edge.awaited > 0) return;
  if (!edge.input) tape.keepGradient(edge);
}
