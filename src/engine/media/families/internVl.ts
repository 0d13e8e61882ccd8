import { nearestGrid } from '../grids';
import { plain, type MediaRule } from '../rule';
import { sizeOf, type ProcessorSettings } from '../settings';

/** Tiles of the grid nearest to the image's shape, and the whole where they are several. */
const withThumbnail = (count: number): number => (count > 1 ? count + 1 : 1);

const flagOf = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

const tileFeatures = (edge: number, patch: number, ratio: number): number => Math.trunc(Math.floor(edge / patch) ** 2 * ratio ** 2);

/** transformers, image_processing_got_ocr2.py and processing_internvl.py. */
export const internVl: MediaRule = {
  types: ['internvl', 'qianfan_ocr'],
  image(size, { config, vision, image, processor, assume }) {
    const edge = image.number(['size', 'height']) ?? sizeOf(vision, 'image_size') ?? 448;
    const each =
      processor.number('image_seq_length') ??
      sizeOf(config, 'image_seq_length') ??
      tileFeatures(edge, sizeOf(vision, 'patch_size') ?? 14, sizeOf(config, 'downsample_ratio') ?? 0.5);
    const tiles = tilesOf(size, edge, { image, assume });
    return { tokens: tiles * each + 2, features: tiles * each, tiles };
  },
  /** One square per frame, between words that count them. */
  video({ frames }, { config, processor }) {
    const each = processor.number('image_seq_length') ?? sizeOf(config, 'image_seq_length') ?? 256;
    return { tokens: frames * (each + 2), features: frames * each, wordsLeftOut: true };
  },
};

/** Both processors ask for tiles whatever the image processor's own file says. */
function tilesOf(
  size: { readonly width: number; readonly height: number },
  edge: number,
  { image, assume }: Pick<ProcessorSettings, 'image' | 'assume'>,
): number {
  const most = image.number('max_patches') ?? assume('max_patches', 12);
  if (most <= 1) return 1;
  const { columns, rows } = nearestGrid(size, edge, image.number('min_patches') ?? 1, most);
  return withThumbnail(columns * rows);
}

/** OpenGVLab's own code (modeling_internvl_chat.py, as vLLM's transformers_utils/processors/internvl.py keeps it): the config says it all. */
export const internVlChat: MediaRule = {
  types: ['internvl_chat', 'skywork_chat', 'h2ovl_chat'],
  readOnly: true,
  image(size, { config, vision, assume }) {
    const edge = sizeOf(config, 'force_image_size') ?? sizeOf(vision, 'image_size') ?? 448;
    const each = tileFeatures(edge, sizeOf(vision, 'patch_size') ?? 14, sizeOf(config, 'downsample_ratio') ?? 0.5);
    const cuts = flagOf(config['dynamic_image_size']) ?? true;
    const most = cuts ? (sizeOf(config, 'max_dynamic_patch') ?? assume('max_dynamic_patch', 12)) : 1;
    const { columns, rows } = nearestGrid(size, edge, cuts ? (sizeOf(config, 'min_dynamic_patch') ?? 1) : 1, most);
    const count = columns * rows;
    const tiles = (flagOf(config['use_thumbnail']) ?? true) ? withThumbnail(count) : count;
    return { tokens: tiles * each + 2, features: tiles * each, tiles };
  },
};

/** transformers, processing_aya_vision.py: a token that numbers each tile, one before the whole, one that begins and one that ends. */
export const ayaVision: MediaRule = {
  types: ['aya_vision'],
  image(size, { config, vision, image, processor, assume }) {
    const edge = processor.number('img_size') ?? image.number(['size', 'height']) ?? sizeOf(vision, 'image_size') ?? 364;
    const patch = processor.number('patch_size') ?? (sizeOf(vision, 'patch_size') ?? 14) * (sizeOf(config, 'downsample_factor') ?? 2);
    const each = Math.floor(edge / patch) ** 2;
    const tiles = tilesOf(size, edge, { image, assume });
    return { tokens: tiles * each + tiles + 2, features: tiles * each, tiles };
  },
};

/** transformers, image_processing_phi4_multimodal.py: the rows and columns that are bars beside the image are left out. */
export const phi4Image = (size: { readonly width: number; readonly height: number }, { vision, image, assume }: ProcessorSettings) => {
  const edge = image.number(['size', 'height']) ?? sizeOf(vision, 'crop_size') ?? 448;
  const patch = image.number('patch_size') ?? sizeOf(vision, 'patch_size') ?? 14;
  const most = image.number('dynamic_hd') ?? assume('dynamic_hd', 36);
  const fitting = { columns: Math.ceil(size.width / edge), rows: Math.ceil(size.height / edge) };
  const { columns, rows } = fitting.columns * fitting.rows > most ? nearestGrid(size, edge, 1, most) : fitting;
  const canvas = { width: edge * columns, height: edge * rows };
  const [byWidth, byHeight] = [canvas.width / size.width, canvas.height / size.height];
  const filled =
    byWidth < byHeight
      ? { width: canvas.width, height: Math.trunc(size.height * byWidth) }
      : { width: Math.trunc(size.width * byHeight), height: canvas.height };
  if (Math.min(filled.width, filled.height) < 10) return { refused: 'aspect-ratio' } as const;
  const side = Math.floor(edge / patch);
  // Of each tile, every second patch from the first on.
  const seen = (patches: number): number => Math.floor(patches / side) * Math.ceil(side / 2) + Math.ceil((patches % side) / 2);
  const along = (length: number, whole: number, tiles: number): number => seen(side * tiles - Math.floor((whole - length) / patch));
  const [wide, high] = [along(filled.width, canvas.width, columns), along(filled.height, canvas.height, rows)];
  // The whole in 16 rows of 16 with a token after each, one between, and the tiles with a token after each row.
  return plain(256 + 16 + 1 + wide * high + high, { tiles: columns * rows + 1 });
};
