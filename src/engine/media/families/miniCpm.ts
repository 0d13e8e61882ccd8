import { nearestMultiple } from '../numbers';
import type { Grid } from '../grids';
import type { ImageSize, MediaRule } from '../rule';
import { sizeOf } from '../settings';

const snapped = (length: number, step: number): number => Math.max(nearestMultiple(length, step), step);

/** More slices than any file asks for. */
const mostSlices = 256;

/** The grid whose shape is nearest on a scale of ratios, among as many slices as the area asks for, one more and one less. */
function slicedGrid({ width, height }: ImageSize, most: number, edge: number): Grid | undefined {
  const bound = Math.min(most, mostSlices);
  const wanted = Math.min(Math.ceil((width * height) / edge ** 2), bound);
  if (wanted <= 1) return undefined;
  const shape = Math.log(width / height);
  let best: Grid = { columns: 1, rows: 1 };
  let least = Infinity;
  for (const slices of [wanted - 1, wanted, wanted + 1]) {
    if (slices === 1 || slices > bound) continue;
    for (let rows = 1; rows <= slices; rows++) {
      if (slices % rows !== 0) continue;
      const columns = slices / rows;
      const off = Math.abs(shape - Math.log(columns / rows));
      if (off < least || (off === least && rows > best.rows)) best = { columns, rows };
      least = Math.min(least, off);
    }
  }
  return best;
}

/** The size of a picture of about `edge` squared pixels in whole squares of merged patches (find_best_resize). */
function resizedTo({ width, height }: ImageSize, edge: number, step: number, enlarge: boolean): ImageSize {
  let [wide, high] = [width, height];
  if (width * height > edge ** 2 || enlarge) {
    const shape = width / height;
    high = Math.trunc(edge / Math.sqrt(shape));
    wide = Math.trunc(high * shape);
  }
  return { width: snapped(wide, step), height: snapped(high, step) };
}

/** transformers, image_processing_minicpmv4_6.py and processing_minicpmv4_6.py: the whole, and slices in rows. */
export const miniCpm46: MediaRule = {
  types: ['minicpmv4_6', 'minicpmv4_7'],
  image(size, { vision, image, assume }) {
    const patch = image.number('patch_size') ?? sizeOf(vision, 'patch_size') ?? 14;
    const merge = (image.text('downsample_mode') ?? '16x') === '4x' ? 2 : 4;
    const edge = image.number('scale_resolution') ?? 448;
    const most = image.number('max_slice_nums') ?? assume('max_slice_nums', 9);
    const step = patch * merge;
    const squares = (of: ImageSize): number => (of.width / step) * (of.height / step);
    const grid = image.flag('slice_mode') === false ? undefined : slicedGrid(size, most, edge);
    const whole = squares(resizedTo(size, edge, step, !grid));
    // Its number between two tokens of its own, begin and end of the whole.
    const around = ((image.flag('use_image_id') ?? true) ? 3 : 0) + 2;
    if (!grid) return { tokens: whole + around, features: whole, tiles: 1 };
    const refined = { width: snapped(size.width, grid.columns), height: snapped(size.height, grid.rows) };
    const slice = squares(resizedTo({ width: refined.width / grid.columns, height: refined.height / grid.rows }, edge, step, true));
    const slices = grid.columns * grid.rows;
    return { tokens: whole + around + slices * (slice + 2) + grid.rows - 1, features: whole + slices * slice, tiles: slices + 1 };
  },
};

/**
 * openbmb/MiniCPM-V-2_6, image_processing_minicpmv.py (get_slice_image_placeholder): the resampler gives as many tokens for every
 * picture. Earlier versions do not number images.
 */
export const miniCpmV: MediaRule = {
  types: ['minicpmv', 'minicpmo'],
  readOnly: true,
  image(size, { config, image, assume }) {
    const each = image.number('image_feature_size') ?? sizeOf(config, 'query_num') ?? 64;
    const edge = image.number('scale_resolution') ?? 448;
    const most = image.number('max_slice_nums') ?? assume('max_slice_nums', 9);
    const grid = image.flag('slice_mode') === false ? undefined : slicedGrid(size, most, edge);
    const version = image.number('version') ?? Number(config['version']);
    const around = (image.flag('use_image_id') ?? version >= 2.6) ? 5 : 2;
    if (!grid) return { tokens: each + around, features: each, tiles: 1 };
    const slices = grid.columns * grid.rows;
    return { tokens: each + around + slices * (each + 2) + grid.rows - 1, features: (slices + 1) * each, tiles: slices + 1 };
  },
};
