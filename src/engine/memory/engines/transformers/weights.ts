import type { Analysis } from '../../../analysis';
import { exact, weakest, type Basis } from '../../../basis';
import { placeTensors, type PlacedModel, type PlacedTensor } from '../../parallel/tensors';
import { allocated } from '../../parallel/torchAllocator';
import { RunError, type Run } from '../run';
import { warmsUp, type Settings } from './settings';

/** Bytes of one device's parts of a model: what the tensors take, and with the allocator's rounding. */
export interface HeldBytes {
  readonly plain: number;
  readonly rounded: number;
}

export interface HeldModel {
  readonly placed: PlacedModel;
  readonly basis: Basis;
  /** Embeddings and towers, each decoder layer, and what follows the layers. */
  readonly before: HeldBytes;
  readonly layers: readonly HeldBytes[];
  readonly after: HeldBytes;
  /** Bytes of the largest packed linear layer at 16 bits; 0 where nothing is packed. */
  readonly dequantized: number;
  /** Bytes of a head that shares the embedding's storage: published runs of packed models held it twice, while loading or for good. */
  readonly tiedHead: number;
  readonly scheme: string;
}

/**
 * Weights as the library holds them: every tensor by itself, as the file stores it or at the dtype that is asked for.
 *
 * @throws RunError for weights that no preset has, or that only other programs read.
 */
export function holdModel(analysis: Analysis, settings: Settings, options: Run['presetOptions']): HeldModel {
  const scheme = settings.weights === 'checkpoint' ? analysis.checkpoint.scheme : settings.weights;
  if (/^(mlx|exl[23]|onnx|openvino)/.test(scheme) || isGguf(scheme))
    throw new RunError('weights-not-for-engine', `transformers does not run ${scheme.slice(0, 60)} as it is`, 'weights');
  let placed: PlacedModel;
  try {
    placed = placeTensors(analysis, settings.weights, options);
  } catch (error) {
    if (error instanceof RangeError) throw new RunError('weights-unknown', `${settings.weights.slice(0, 80)} is no preset`, 'weights');
    throw error;
  }
  const layers = Array.from({ length: placed.layers }, () => ({ plain: 0, rounded: 0 }));
  const before = { plain: 0, rounded: 0 };
  const after = { plain: 0, rounded: 0 };
  let dequantized = 0;
  for (const tensor of placed.tensors) {
    const one = bytesOf(tensor, settings.width);
    const whole = { plain: one * tensor.copies, rounded: allocated(one) * tensor.copies };
    if (tensor.kind === 'packed' && tensor.component !== 'experts') dequantized = Math.max(dequantized, tensor.parameters * 2);
    if (tensor.layers === null) add(tensor.place === 'before' ? before : after, whole);
    else
      for (const layer of tensor.layers) {
        const known = layers[layer];
        if (known) add(known, whole);
      }
  }
  return {
    placed,
    basis: weakest(analysis.basis, placed.basis.kind === 'approximate' ? placed.basis : exact, { kind: 'rule', reasons: [] }),
    before,
    layers,
    after,
    dequantized,
    tiedHead: placed.tiedHead && dequantized > 0 ? embeddingBytes(placed, settings) : 0,
    scheme,
  };
}

const embeddingBytes = ({ tensors }: PlacedModel, { width }: Settings): number =>
  tensors.reduce((sum, tensor) => (tensor.cut === 'vocabulary' && tensor.place === 'before' ? sum + bytesOf(tensor, width) : sum), 0);

function add(sum: { plain: number; rounded: number }, { plain, rounded }: HeldBytes): void {
  sum.plain += plain;
  sum.rounded += rounded;
}

const isGguf = (scheme: string): boolean => /^(I?Q\d|TQ\d|F16$|BF16$|F32$|MXFP4_MOE)/.test(scheme);

const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const bytesOf = ({ kind, bytes, shape, float32 }: PlacedTensor, width: number | undefined): number =>
  kind === 'plain' && width !== undefined && !float32 ? elementsOf(shape) * width : bytes;

/**
 * What the allocator counts of them. Before 4.50 every tensor rounds by itself; since, they are cut from one block, of which a
 * quantizer gets half (settings.ts, warmsUp).
 */
export function countedBytes({ plain, rounded }: HeldBytes, { version }: Settings, { dequantized }: HeldModel): number {
  if (!warmsUp(version)) return rounded;
  return dequantized > 0 ? plain + (rounded - plain) / 2 : plain;
}
