import { isStack, isTensor, type Component, type Module, type Part, type Tensor } from '../../modules/tree';
import { mergedAdapter, type MergedAdapter } from './linear';
import type { Adapter, Weight, Linear } from './ops';
import type { Packing } from './packed';
import type { TrainedTensor } from './optimizers';
import type { CutTensor } from './rankTree';
import type { Parameter } from './tape';

/** What is trained of a model, and at which type its weights are. */
export interface Training {
  /** Bytes per element of the model's own weights, as far as they are not quantized. */
  readonly width: number;
  /** Whether a weight of the model's own is trained, by its name. */
  readonly trains: (name: string) => boolean;
  readonly lora: Lora | null;
  /** How a weight is quantized, by its name; `undefined` for one that is not. */
  readonly packing: (name: string) => Packing | undefined;
  /** Whether anything is trained. */
  readonly any: boolean;
  /** Ranks that share matrices; one where left out. */
  readonly ranks?: number;
}

export interface Lora {
  readonly rank: number;
  /** Bytes per element of adapters. */
  readonly width: number;
  /** The input of an adapter loses a share while training. */
  readonly drops: boolean;
  /** A linear layer, by its name. */
  readonly takes: (name: string) => boolean;
  /** The head too, if it is named: "all-linear" leaves it out (peft tuners/tuners_utils.py, _maybe_include_all_linear_layers). */
  readonly takesHead: boolean;
  /** Times the rank that a parameter of a block of experts is taken at (`gate_up_proj`, `down_proj`, `gate.weight`); 0 where it isn't. */
  readonly takesParameter: (name: string) => number;
}

/** Weights by name as a program asks for them: each is made once, tied ones are one. */
export class Weights {
  private readonly known = new Map<string, Weight>();
  private readonly adapted = new Map<string, Adapter>();
  /** Elements of adapters. */
  adapters = 0;
  /** Matrices of adapters. */
  readonly trainedTensors: TrainedTensor[] = [];

  constructor(readonly training: Training) {}

  private make(elements: number, width: number, trains: boolean, expert = false): Weight {
    const trained: Parameter | null = trains
      ? { elements, width, awaited: 0, pending: null, trained: true, ...(expert && { expert }) }
      : null;
    return { elements, width, trained };
  }

  weight(tensor: Tensor, name: string): Weight {
    const { width, trains, packing } = this.training;
    const own = tensor.tiedTo ?? name;
    const known = this.known.get(own);
    if (known) return known;
    const elements = tensor.shape.reduce((product, size) => product * size, 1);
    const packed = packing(own);
    const made = this.make(elements, width, trains(own) && !tensor.buffer && !tensor.frozen && !packed, tensor.experts !== undefined);
    const kept = packed ? { ...made, packing: packed } : made;
    this.known.set(own, kept);
    return kept;
  }

  /** A weight of routed experts that stands in the tree under other names. */
  ofExperts(name: string, elements: number): Weight {
    const known = this.known.get(name) ?? this.make(elements, this.training.width, this.training.trains(name), true);
    this.known.set(name, known);
    return known;
  }

  /** The pair of matrices beside a parameter that is no linear layer, with as many blocks as there are experts. */
  mergedAdapter(name: string, count: number, input: number, output: number): MergedAdapter | undefined {
    const { lora } = this.training;
    const times = lora?.takesParameter(name) ?? 0;
    if (!lora || times === 0) return undefined;
    const rank = lora.rank * times * count;
    return mergedAdapter(this.trainable(rank, input), this.trainable(output, rank));
  }

  /** A matrix of an adapter. */
  private trainable(rows: number, columns: number): Weight {
    const elements = rows * columns;
    this.adapters += elements;
    this.trainedTensors.push({ shape: [rows, columns], copies: 1, vocabulary: false });
    return this.make(elements, this.training.lora?.width ?? 4, true);
  }

  /** The pair of a linear layer that LoRA takes, by the layer's name. */
  adapter(name: string, input: number, output: number): Adapter | undefined {
    const { lora } = this.training;
    if (!lora || !lora.takes(name)) return undefined;
    const known = this.adapted.get(name);
    if (known) return known;
    const { rank, drops } = lora;
    const made = { rank, a: this.trainable(rank, input), b: this.trainable(output, rank), drops };
    this.adapted.set(name, made);
    return made;
  }
}

/** A tensor with a matrix for each of `count` experts, of which a token uses some. */
export interface HeldByAll {
  readonly weight: Weight;
  readonly count: number;
  readonly used: number;
  readonly input: number;
  readonly output: number;
}

/** A module of the tree under its name, with one number in place of each {n}. */
export class Reader {
  constructor(
    private readonly weights: Weights,
    readonly module: Module,
    readonly name: string,
    /** Which of a stack's modules it is. */
    readonly number = 0,
  ) {}

  /** Ranks that share matrices. */
  get ranks(): number {
    return this.weights.training.ranks ?? 1;
  }

  /** Whether anything of the model is trained. */
  get trains(): boolean {
    return this.weights.training.any;
  }

  has(...names: readonly string[]): boolean {
    return names.some((name) => this.module.children[name] !== undefined);
  }

  /** The first child module of these names. */
  child(...names: readonly string[]): Reader | undefined {
    for (const name of names) {
      const part = this.module.children[name];
      if (part && !isTensor(part) && !isStack(part)) return new Reader(this.weights, part, this.under(name));
    }
    return undefined;
  }

  /** Child modules that are of a component, in order. */
  childrenOf(component: Component): readonly Reader[] {
    return Object.entries(this.module.children).flatMap(([name, part]) =>
      !isTensor(part) && !isStack(part) && part.component === component ? [new Reader(this.weights, part, this.under(name))] : [],
    );
  }

  tensor(name: string): Weight | undefined {
    const part = this.module.children[name];
    return part && isTensor(part) ? this.weights.weight(part, this.under(name)) : undefined;
  }

  shape(name: string): readonly number[] | undefined {
    const part = this.module.children[name];
    return part && isTensor(part) ? part.shape : undefined;
  }

  /** A child that is a linear layer. */
  linear(...names: readonly string[]): Linear | undefined {
    return this.child(...names)?.asLinear();
  }

  /**
   * This module as a linear layer; `undefined` where it holds no matrix.
   *
   * @param adaptable a linear layer to the reference although its role is another here
   */
  asLinear(adaptable = false): Linear | undefined {
    const part = this.module.children['weight'];
    if (!part || !isTensor(part) || part.shape.length !== 2) return undefined;
    const [first = 0, second = 0] = part.shape;
    const [input, output] = part.layout === 'in,out' ? [first, second] : [second, first];
    const linear = adaptable || part.role === 'linear' || (part.role === 'head' && this.weights.training.lora?.takesHead === true);
    const adapter = linear ? this.weights.adapter(this.name, input, output) : undefined;
    const bias = this.tensor('bias') ?? null;
    const weight = this.weights.weight(part, this.under('weight'));
    const { side } = part as CutTensor;
    return { weight, bias, input, output, ...(adapter && { adapter }), ...(side && { side }) };
  }

  /** The layers of a stack in order, each with its number. */
  layers(name: string): readonly Reader[] {
    const part = this.module.children[name];
    if (!part || !isStack(part)) return [];
    const layers: { readonly at: number; readonly part: Part }[] = part.sorts.flatMap(({ copies, indices, part: layer }) =>
      Array.from({ length: copies }, (_, copy) => ({ at: indices?.[copy] ?? copy, part: layer })),
    );
    layers.sort((a, b) => a.at - b.at);
    return layers.flatMap(({ at, part: layer }) =>
      isTensor(layer) || isStack(layer) ? [] : [new Reader(this.weights, layer, `${this.under(name)}.${at}`, at)],
    );
  }

  /** A stack of equal modules (experts): the first of them, how many there are, and how many a token uses. */
  stackOf(name: string): { readonly first: Reader; readonly count: number; readonly used: number } | undefined {
    const part = this.module.children[name];
    const sort = part && isStack(part) ? part.sorts[0] : undefined;
    if (!sort || isTensor(sort.part) || isStack(sort.part)) return undefined;
    return { first: new Reader(this.weights, sort.part, `${this.under(name)}.0`), count: sort.copies, used: sort.used ?? sort.copies };
  }

  /** A weight that the reference holds as one where the tree has several. */
  merged(name: string, elements: number): Weight {
    return this.weights.ofExperts(name, elements);
  }

  mergedAdapter(name: string, count: number, input: number, output: number): MergedAdapter | undefined {
    return this.weights.mergedAdapter(name, count, input, output);
  }

  /** The shape of the weight of a linear layer that is there in the files alone. */
  frozen(...names: readonly string[]): readonly number[] | undefined {
    return this.child(...names)?.shape('weight');
  }

  /** A tensor that holds one matrix per expert. */
  heldByAll(name: string): HeldByAll | undefined {
    const part = this.module.children[name];
    if (!part || !isTensor(part) || part.shape.length !== 3) return undefined;
    const [count = 0, first = 0, second = 0] = part.shape;
    const [input, output] = part.layout === 'expert,in,out' ? [first, second] : [second, first];
    return { weight: this.weights.weight(part, this.under(name)), count, used: part.experts?.used ?? count, input, output };
  }

  /** Names of children that are stacks. */
  stacks(): readonly string[] {
    return Object.keys(this.module.children).filter((name) => isStack(this.module.children[name] as Part));
  }

  private under(name: string): string {
    return this.name === '' ? name : `${this.name}.${name}`;
  }
}
