/** The building blocks, named and shaped as in torch.nn. Shapes are those of the checkpoint. */
import { module, tensor, type Component, type Module, type Parts, type Tensor } from './tree';

/** A weight and, where there is one, a bias. */
function weighted(weight: Tensor, bias: Tensor | false, component?: Component): Module {
  const children = bias ? { weight, bias } : { weight };
  return component ? { children, component } : { children };
}

/** torch.nn.Linear: weight [out, in], bias [out]. */
export const linear = (inFeatures: number, outFeatures: number, bias = false): Module =>
  weighted(tensor([outFeatures, inFeatures], 'linear'), bias && tensor([outFeatures], 'bias'));

/** A linear layer whose class is derived from torch.nn.Linear. */
export const derivedLinear = (inFeatures: number, outFeatures: number, bias = false): Module =>
  weighted(tensor([outFeatures, inFeatures], 'linear', { moduleClass: 'derived' }), bias && tensor([outFeatures], 'bias'));

/** The output of torch.nn.MultiheadAttention. */
export const attentionOutput = (size: number): Module =>
  weighted(tensor([size, size], 'linear', { moduleClass: 'attentionOutput' }), tensor([size], 'bias'));

/** The Conv1D of GPT-2: a linear layer whose weight is stored [in, out]. */
export const transposedLinear = (inFeatures: number, outFeatures: number): Module =>
  weighted(tensor([inFeatures, outFeatures], 'linear', { layout: 'in,out' }), tensor([outFeatures], 'bias'));

/** A matrix that chooses experts, in a class of its own: kept at high precision by most schemes. */
export const router = (hidden: number, count: number, bias = false): Module =>
  weighted(tensor([count, hidden], 'router'), bias && tensor([count], 'bias'), 'router');

/** A router whose module is a torch.nn.Linear, or of a class derived from it: writers that convert such modules take it. */
export const linearRouter = (hidden: number, count: number, moduleClass: 'Linear' | 'derived' = 'Linear'): Module =>
  weighted(tensor([count, hidden], 'router', { moduleClass }), false, 'router');

/** torch.nn.Embedding: weight [count, size]. */
export const embedding = (count: number, size: number): Module => weighted(tensor([count, size], 'embedding'), false, 'embedding');

/** A learned table of positions or segments. */
export const positions = (count: number, size: number): Module => weighted(tensor([count, size], 'position'), false, 'embedding');

export const rmsNorm = (size: number): Module => weighted(tensor([size], 'norm'), false);
export const layerNorm = (size: number, bias = true): Module => weighted(tensor([size], 'norm'), bias && tensor([size], 'norm'));
/** A norm without parameters: its module exists, its tensors do not. */
export const plainNorm = (): Module => module({});

/** torch.nn.Conv1d: weight [out, in / groups, kernel]. */
export const conv1d = (inChannels: number, outChannels: number, kernel: number, bias = true, groups = 1): Module =>
  convolution([outChannels, inChannels / groups, kernel], bias);
/** torch.nn.Conv2d with a square or stated kernel: weight [out, in, height, width]. */
export const conv2d = (inChannels: number, outChannels: number, kernel: number, bias = true): Module =>
  convolution([outChannels, inChannels, kernel, kernel], bias);
/** torch.nn.Conv3d: weight [out, in, depth, height, width]. */
export const conv3d = (inChannels: number, outChannels: number, kernel: readonly [number, number, number], bias = true): Module =>
  convolution([outChannels, inChannels, ...kernel], bias);

const convolution = (shape: readonly [out: number, ...rest: number[]], bias: boolean): Module =>
  weighted(tensor(shape, 'convolution'), bias && tensor([shape[0]], 'bias'));

/** A bare parameter that no scheme touches. */
export const parameter = (...shape: number[]): Tensor => tensor(shape, 'other');
/** Saved with the checkpoint, not trained. */
export const buffer = (...shape: number[]): Tensor => tensor(shape, 'other', { buffer: true });

/** The output projection onto the vocabulary; a tied one shares the embedding's storage at the path `tiedTo`. */
export const lmHead = (hidden: number, vocab: number, tiedTo: string | false, bias = false): Module =>
  weighted(tensor([vocab, hidden], 'head', tiedTo ? { tiedTo } : {}), bias && tensor([vocab], 'bias'), 'head');

/** A classifier or span head: a linear layer that schemes leave alone as they do the language head. */
export const taskHead = (hidden: number, outputs: number, bias = true): Module =>
  weighted(tensor([outputs, hidden], 'head'), bias && tensor([outputs], 'bias'), 'head');

/** Several modules under the names 0, 1, … (torch.nn.Sequential); `undefined` entries have no parameters. */
export function sequential(...parts: readonly (Parts[string] | undefined)[]): Module {
  return module(Object.fromEntries(parts.map((part, index) => [String(index), part])));
}
