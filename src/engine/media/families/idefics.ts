import { isObject } from '../../config/json';
import type { ImageSize, MediaRule } from '../rule';
import { sizeOf } from '../settings';

/** Sides beyond are cut down (image_processing_idefics3.py, MAX_IMAGE_SIZE). */
const longestSide = 4096;

/** The longer side brought to a length, the other one to an even number (_resize_output_size_rescale_to_max_len and the bound after it). */
function rescaled({ width, height }: ImageSize, longest: number): ImageSize {
  const shape = width / height;
  const even = (length: number): number => Math.max(1, length + (length % 2));
  const size =
    width >= height
      ? { width: longest, height: even(Math.trunc(longest / shape)) }
      : { width: even(Math.trunc(longest * shape)), height: longest };
  if (Math.max(size.width, size.height) <= longestSide) return size;
  const own = size.width / size.height;
  return size.width >= size.height
    ? { width: longestSide, height: Math.max(1, Math.trunc(longestSide / own)) }
    : { width: Math.max(1, Math.trunc(longestSide * own)), height: longestSide };
}

/** Sides in whole tiles (resize_for_vision_encoder). */
function inTiles({ width, height }: ImageSize, tile: number): { readonly columns: number; readonly rows: number } {
  const shape = width / height;
  if (width >= height) {
    const columns = Math.ceil(width / tile);
    return { columns, rows: Math.ceil(Math.trunc((columns * tile) / shape) / tile) };
  }
  const rows = Math.ceil(height / tile);
  return { columns: Math.ceil(Math.trunc(rows * tile * shape) / tile), rows };
}

/** transformers, image_processing_idefics3.py and processing_idefics3.py: images are enlarged too, so that nearly every one is cut. */
export const idefics3: MediaRule = {
  types: ['idefics3', 'smolvlm', 'modernvbert', 'granite_docling'],
  image(size, { config, vision, image, processor, assume }) {
    const tile = image.number(['max_image_size', 'longest_edge']) ?? sizeOf(vision, 'image_size') ?? 364;
    const patch = sizeOf(vision, 'patch_size') ?? 14;
    const each =
      processor.number('image_seq_len') ?? Math.trunc(Math.floor(tile / patch) ** 2 / (sizeOf(config, 'scale_factor') ?? 2) ** 2);
    const whole = { tokens: each + 3, features: each, tiles: 1 };
    if (image.flag('do_image_splitting') === false) return whole;
    const longest = image.number(['size', 'longest_edge']) ?? assume('longest_edge', 4 * tile);
    const { columns, rows } = inTiles(rescaled(size, longest), tile);
    const tiles = columns * rows;
    if (tiles <= 1) return whole;
    // Two tokens before each tile, a line break after each row; the last of them is one token with the one before the whole.
    return { tokens: tiles * (each + 2) + rows + each + 3, features: (tiles + 1) * each, tiles: tiles + 1 };
  },
};

/** transformers, processing_idefics2.py: quarters and the whole where the file asks for it, neighbours sharing a token between. */
export const idefics2: MediaRule = {
  types: ['idefics2'],
  image(_size, { config, image, processor, assume }) {
    const perceiver = config['perceiver_config'];
    const each = processor.number('image_seq_len') ?? (isObject(perceiver) ? sizeOf(perceiver, 'resampler_n_latents') : undefined) ?? 64;
    const tiles = (image.flag('do_image_splitting') ?? assume('do_image_splitting', false)) ? 5 : 1;
    return { tokens: tiles * (each + 1) + 1, features: tiles * each, tiles };
  },
};
