import { module, tensor, type Module } from '../../modules/tree';

/**
 * The inverse frequencies of rotary positions, one per pair of dimensions, where old code saves them with the weights.
 * At the model's type unless `dtype` says that they stay at float32.
 */
export const rotaryFrequencies = (dimensions: number, dtype?: 'float32'): Module =>
  module({ inv_freq: tensor([Math.ceil(dimensions / 2)], 'other', { buffer: true, ...(dtype && { dtype }) }) });
