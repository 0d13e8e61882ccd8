import type { ImageSize, MediaAnswer, MediaRule } from '../rule';
import { sizeOf, type ProcessorSettings } from '../settings';

/** transformers, image_processing_pixtral.py and processing_pixtral.py: never enlarged, a token after each row of patches. */
export function pixtralImage({ width, height }: ImageSize, { vision, config, image, processor, assume }: ProcessorSettings): MediaAnswer {
  const patch = processor.number('patch_size') ?? sizeOf(vision, 'patch_size') ?? 16;
  const merge = processor.number('spatial_merge_size') ?? sizeOf(config, 'spatial_merge_size') ?? 1;
  const longest = image.number(['size', 'longest_edge'], 'size') ?? assume('longest_edge', sizeOf(vision, 'image_size') ?? 1024);
  const ratio = Math.max(height / longest, width / longest);
  const step = patch * merge;
  const along = (length: number): number => Math.floor(((ratio > 1 ? Math.floor(length / ratio) : length) - 1) / step) + 1;
  const [columns, rows] = [along(width), along(height)];
  return { tokens: (columns + 1) * rows, features: columns * rows, resized: { width: columns * step, height: rows * step } };
}

export const mistral3: MediaRule = { types: ['mistral3', 'pixtral'], image: pixtralImage };
