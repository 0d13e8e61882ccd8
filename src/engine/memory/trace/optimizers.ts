/**
 * What optimizers keep between steps, and what they allocate in one.
 *
 * Sources: torch.optim (AdamW fused and foreach, SGD, Muon) of PyTorch 2.13; bitsandbytes/optim/optimizer.py (Optimizer2State.init_state:
 * 8-bit states with an fp32 constant per block of 256 since 0.44, 32-bit ones below 4,096 elements; get_state_buffer: states of tensors
 * of 100,000 elements and more in paged memory);
 * transformers/optimization.py (Adafactor); Chen et al. 2023, arXiv 2302.06675 (Lion: one state).
 */
export const optimizers = [
  'adamw',
  'adamw_foreach',
  'sgd',
  'sgd_momentum',
  'adamw_8bit',
  'paged_adamw',
  'paged_adamw_8bit',
  'adafactor',
  'lion',
  'muon',
] as const;
export type Optimizer = (typeof optimizers)[number];

/** Equal tensors that are trained. */
export interface TrainedTensor {
  readonly shape: readonly number[];
  readonly copies: number;
  /** Embedding or head, which Muon leaves to AdamW. */
  readonly vocabulary: boolean;
  /** Of routed experts. */
  readonly expert?: true;
}

export interface OptimizerCost {
  /** Bytes of states on the device. */
  readonly states: number;
  /** Bytes of states in memory that the driver pages between device and host: not counted on the device. */
  readonly paged: number;
  /** Bytes that a step allocates beside them. */
  readonly temporary: number;
}

/**
 * @param width bytes per element of what is trained
 * @param states `fp32`, or `param`: states at the width of what is trained (optimizers that leave the choice)
 */
export function costOf(optimizer: Optimizer, tensors: readonly TrainedTensor[], width: number, states: 'fp32' | 'param'): OptimizerCost {
  const perState = states === 'fp32' ? 4 : width;
  const elements = sum(tensors, countOf);
  const largest = tensors.reduce((most, { shape }) => Math.max(most, product(shape)), 0);
  const on = (bytes: number, temporary = 0): OptimizerCost => ({ states: bytes, paged: 0, temporary });
  switch (optimizer) {
    case 'adamw':
      return on(2 * elements * perState);
    case 'adamw_foreach':
      // A step number of 4 bytes for each tensor; the root of the second moments of all tensors at once.
      return on(2 * elements * width + 4 * sum(tensors, ({ copies }) => copies), elements * width);
    case 'sgd':
      return on(0);
    case 'sgd_momentum':
      return on(elements * width);
    case 'adamw_8bit':
      return on(sum(tensors, eightBit) + 2048);
    case 'paged_adamw':
      return paged(tensors, (tensor) => 8 * countOf(tensor), 0);
    case 'paged_adamw_8bit':
      return paged(tensors, eightBit, 2048);
    case 'adafactor':
      // The gradient, its square and the update of the largest tensor at 32 bits, and the weight where it is narrower.
      return on(sum(tensors, factored), largest * (width === 4 ? 8 : 16));
    case 'lion':
      return on(elements * perState, largest * width);
    case 'muon':
      return muon(tensors, width, perState);
  }
}

const paged = (tensors: readonly TrainedTensor[], of: (tensor: TrainedTensor) => number, constant: number): OptimizerCost => ({
  states: sum(tensors, (tensor) => (product(tensor.shape) < 100_000 ? of(tensor) : 0)) + constant,
  paged: sum(tensors, (tensor) => (product(tensor.shape) < 100_000 ? 0 : of(tensor))),
  temporary: 0,
});

/** Two states of a byte with a constant for each block of 256; 32 bits for what is small. */
function eightBit({ shape, copies }: TrainedTensor): number {
  const elements = product(shape);
  return copies * 2 * (elements < 4096 ? 4 * elements : elements + 4 * Math.ceil(elements / 256));
}

/** Means of squares of rows and of columns, at 32 bits; of vectors, one each. */
function factored({ shape, copies }: TrainedTensor): number {
  const elements = product(shape);
  const [rows, columns] = [shape.at(-2), shape.at(-1)];
  if (rows === undefined || columns === undefined) return copies * 4 * elements;
  return copies * 4 * (elements / columns + elements / rows);
}

/** Momentum of matrices, which five Newton-Schulz steps at 16 bits turn; AdamW for the rest (torch/optim/_muon.py). */
function muon(tensors: readonly TrainedTensor[], width: number, perState: number): OptimizerCost {
  const turned = tensors.filter(({ shape, vocabulary }) => shape.length === 2 && !vocabulary);
  const rest = sum(tensors, countOf) - sum(turned, countOf);
  const temporary = turned.reduce((most, { shape }) => {
    const [rows = 0, columns = 0] = shape;
    const small = Math.min(rows, columns);
    return Math.max(most, rows * columns * (width + 4) + 4 * small * small);
  }, 0);
  return { states: sum(turned, countOf) * width + 2 * rest * perState, paged: 0, temporary };
}

const product = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);
const countOf = ({ shape, copies }: TrainedTensor): number => copies * product(shape);
const sum = <T>(list: readonly T[], of: (item: T) => number): number => list.reduce((all, item) => all + of(item), 0);
