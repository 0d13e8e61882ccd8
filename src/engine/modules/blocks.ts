/** The building blocks, named and shaped as in torch.nn. Shapes are those of the checkpoint. */
import { module, tensor, type Module, type Parts, type Tensor } from './tree';

/** torch.nn.Linear: weight [out, in], bias [out]. */
export const linear = (inFeatures: number, outFeatures: number, bias = false): Module =>
  module({ weight: tensor([outFeatures, inFeatures], 'linear'), bias: bias && tensor([outFeatures], 'bias') });

/** The Conv1D of GPT-2: a linear layer whose weight is stored [in, out]. */
export const transposedLinear = (inFeatures: number, outFeatures: number): Module =>
  module({ weight: tensor([inFeatures, outFeatures], 'linear', { layout: 'in,out' }), bias: tensor([outFeatures], 'bias') });

/** A linear layer that chooses experts: kept at high precision by every scheme. */
export const router = (hidden: number, count: number, bias = false): Module =>
  module({ weight: tensor([count, hidden], 'router'), bias: bias && tensor([count], 'bias') }, { component: 'router' });

/** torch.nn.Embedding: weight [count, size]. */
export const embedding = (count: number, size: number): Module =>
  module({ weight: tensor([count, size], 'embedding') }, { component: 'embedding' });

/** A learned table of positions or segments. */
export const positions = (count: number, size: number): Module =>
  module({ weight: tensor([count, size], 'position') }, { component: 'embedding' });

export const rmsNorm = (size: number): Module => module({ weight: tensor([size], 'norm') });
export const layerNorm = (size: number, bias = true): Module =>
  module({ weight: tensor([size], 'norm'), bias: bias && tensor([size], 'norm') });
/** A norm without parameters: its module exists, its tensors do not. */
export const plainNorm = (): Module => module({});

/** torch.nn.Conv1d: weight [out, in / groups, kernel]. */
export const conv1d = (inChannels: number, outChannels: number, kernel: number, bias = true, groups = 1): Module =>
  module({ weight: tensor([outChannels, inChannels / groups, kernel], 'convolution'), bias: bias && tensor([outChannels], 'bias') });
/** torch.nn.Conv2d with a square or stated kernel: weight [out, in, height, width]. */
export const conv2d = (inChannels: number, outChannels: number, kernel: number, bias = true): Module =>
  module({ weight: tensor([outChannels, inChannels, kernel, kernel], 'convolution'), bias: bias && tensor([outChannels], 'bias') });
/** torch.nn.Conv3d: weight [out, in, depth, height, width]. */
export const conv3d = (inChannels: number, outChannels: number, kernel: readonly [number, number, number], bias = true): Module =>
  module({ weight: tensor([outChannels, inChannels, ...kernel], 'convolution'), bias: bias && tensor([outChannels], 'bias') });

/** A bare parameter that no scheme touches. */
export const parameter = (...shape: number[]): Tensor => tensor(shape, 'other');
/** Saved with the checkpoint, not trained. */
export const buffer = (...shape: number[]): Tensor => tensor(shape, 'other', { buffer: true });

/** The output projection onto the vocabulary; a tied one shares the embedding's storage at the path `tiedTo`. */
export const lmHead = (hidden: number, vocab: number, tiedTo: string | false, bias = false): Module =>
  module(
    { weight: tensor([vocab, hidden], 'head', tiedTo ? { tiedTo } : {}), bias: bias && tensor([vocab], 'bias') },
    { component: 'head' },
  );

/** A classifier or span head: a linear layer that schemes leave alone as they do the language head. */
export const taskHead = (hidden: number, outputs: number, bias = true): Module =>
  module({ weight: tensor([outputs, hidden], 'head'), bias: bias && tensor([outputs], 'bias') }, { component: 'head' });

/** Several modules under the names 0, 1, … (torch.nn.Sequential); `undefined` entries have no parameters. */
export function sequential(...parts: readonly (Parts[string] | undefined)[]): Module {
  return module(Object.fromEntries(parts.map((part, index) => [String(index), part])));
}
