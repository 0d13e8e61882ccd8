import { fittingCanvas } from '../grids';
import type { MediaRule } from '../rule';
import { sizeOf } from '../settings';

/** transformers, image_processing_llama4.py and processing_llama4.py: tiles of the canvas, and the whole where they are several. */
export const llama4: MediaRule = {
  types: ['llama4'],
  image(size, { vision, image, processor, assume }) {
    const tile = image.number(['size', 'height']) ?? sizeOf(vision, 'image_size') ?? 336;
    const patch = processor.number('patch_size') ?? sizeOf(vision, 'patch_size') ?? 14;
    const ratio = processor.number('pixel_shuffle_ratio') ?? sizeOf(vision, 'pixel_shuffle_ratio') ?? 0.5;
    const most = image.number('max_patches') ?? assume('max_patches', 16);
    // Scales are compared as float32 there.
    const { columns, rows } = fittingCanvas(size, tile, most, image.flag('resize_to_max_canvas') ?? false, Math.fround);
    const each = Math.floor(Math.floor(tile / patch) ** 2 / Math.round(1 / ratio ** 2));
    const tiles = columns * rows;
    // Begin, end and the image's own token; a separator after each tile.
    return tiles > 1
      ? { tokens: (tiles + 1) * each + tiles + 3, features: (tiles + 1) * each, tiles: tiles + 1 }
      : { tokens: each + 3, features: each, tiles: 1 };
  },
};

/**
 * transformers, image_processing_mllama.py: one token in the sequence; layers of cross-attention see every tile, as many as an image
 * may have at most, since shorter ones are padded.
 */
export const mllama: MediaRule = {
  types: ['mllama'],
  image(size, { vision, image, assume }) {
    const tile = image.number(['size', 'height']) ?? sizeOf(vision, 'image_size') ?? 560;
    const patch = sizeOf(vision, 'patch_size') ?? 14;
    const most = image.number('max_image_tiles') ?? sizeOf(vision, 'max_num_tiles') ?? assume('max_image_tiles', 4);
    const { columns, rows } = fittingCanvas(size, tile, most, false, (scale) => scale);
    return { tokens: 1, features: 0, cross: most * (Math.floor(tile / patch) ** 2 + 1), tiles: columns * rows };
  },
};
