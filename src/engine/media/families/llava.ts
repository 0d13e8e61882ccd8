import { isList, type JsonValue } from '../../config/json';
import { bestResolution } from '../grids';
import { floorDivide } from '../numbers';
import { plain, type ImageSize, type MediaRule } from '../rule';
import { sizeOf, type ProcessorSettings } from '../settings';
import { pixtralImage } from './pixtral';

/** Patches of the tower's own image, and the tokens that it has beside them (a class token, except for SigLIP's). */
function towerOf({ vision, image, processor, config }: ProcessorSettings) {
  const patch = processor.number('patch_size') ?? sizeOf(vision, 'patch_size') ?? 14;
  const edge =
    image.number(['crop_size', 'height'], ['size', 'height'], ['size', 'shortest_edge'], 'crop_size', 'size') ??
    sizeOf(vision, 'image_size') ??
    336;
  const written = processor.value('num_additional_image_tokens');
  const beside = typeof written === 'number' ? written : /siglip/.test(String(vision['model_type'] ?? '')) ? 0 : 1;
  const strategy = processor.text('vision_feature_select_strategy') ?? config['vision_feature_select_strategy'] ?? 'default';
  return { side: Math.floor(edge / patch), edge, beside, dropped: strategy === 'default' ? 1 : 0 };
}

/** transformers, processing_llava.py: every image is brought to the tower's size. */
export const llava: MediaRule = {
  types: ['llava', 'vipllava', 'bunny'],
  image(size, settings) {
    if (settings.vision['model_type'] === 'pixtral') return pixtralImage(size, settings);
    const { side, edge, beside, dropped } = towerOf(settings);
    return plain(side ** 2 + beside - dropped, { tiles: 1, resized: { width: edge, height: edge } });
  },
};

/** Listed as [height, width]. */
const pinpoints = (listed: JsonValue | undefined): readonly ImageSize[] | undefined => {
  if (!isList(listed)) return undefined;
  const sizes = listed.slice(0, mostPinpoints).flatMap((each): readonly ImageSize[] => {
    const [height, width] = isList(each) ? each : [];
    return typeof height === 'number' && typeof width === 'number' && height > 0 && width > 0 ? [{ height, width }] : [];
  });
  return sizes.length > 0 ? sizes : undefined;
};
const mostPinpoints = 1000;

const asSizes = (list: readonly (readonly [number, number])[]): readonly ImageSize[] => list.map(([height, width]) => ({ height, width }));

/** What is left of a canvas of patches when the bars beside the image are cut off again. */
function unpadded({ width, height }: ImageSize, canvas: ImageSize): ImageSize {
  // Python's round(…, 7) before the cut.
  const cut = (length: number): number => Math.trunc(Number(length.toFixed(7)));
  if (width / height > canvas.width / canvas.height) {
    const bar = Math.floor((canvas.height - cut(height * (canvas.width / width))) / 2);
    return { ...canvas, height: canvas.height - 2 * bar };
  }
  const bar = Math.floor((canvas.width - cut(width * (canvas.height / height))) / 2);
  return { ...canvas, width: canvas.width - 2 * bar };
}

/** transformers, processing_llava_next.py: the tower's own view, and the best canvas of tiles without its bars, a token after each row. */
export const llavaNext: MediaRule = {
  types: ['llava_next', 'llava_next_video'],
  image(size, settings) {
    const { side, edge, beside, dropped } = towerOf(settings);
    const listed =
      pinpoints(settings.image.value('image_grid_pinpoints')) ??
      pinpoints(settings.config['image_grid_pinpoints']) ??
      asSizes([
        [336, 672],
        [672, 336],
        [672, 672],
        [1008, 336],
        [336, 1008],
      ]);
    const best = bestResolution(size, listed) ?? { width: edge, height: edge };
    const [columns, rows] = [Math.floor(best.width / edge), Math.floor(best.height / edge)];
    const kept = unpadded(size, { width: side * columns, height: side * rows });
    return plain(kept.width * kept.height + kept.height + side ** 2 + beside - dropped, { tiles: columns * rows + 1 });
  },
};

/**
 * transformers, processing_llava_onevision.py: as above, reduced where more patches are left than `vision_aspect_ratio` allows; of
 * several images each is seen whole alone.
 */
export const llavaOnevision: MediaRule = {
  types: ['llava_onevision'],
  image(size, settings) {
    const { edge, dropped } = towerOf(settings);
    const { config, image, processor, images } = settings;
    const features = featuresOf(settings);
    if (images > 1) return plain(features + 1 - dropped, { tiles: 1 });
    const side = Math.trunc(Math.sqrt(features));
    const listed = pinpoints(image.value('image_grid_pinpoints')) ?? pinpoints(config['image_grid_pinpoints']) ?? sixBySix;
    const best = bestResolution(size, listed) ?? { width: edge, height: edge };
    const [columns, rows] = [Math.floor(best.width / edge), Math.floor(best.height / edge)];
    const kept = unpadded(size, { width: side * columns, height: side * rows });
    const most = /(\d+)$/.exec(processor.text('vision_aspect_ratio') ?? String(config['vision_aspect_ratio'] ?? ''))?.[1];
    const ratio = Math.sqrt((kept.height * kept.width) / (Number(most ?? 9) * side ** 2));
    const [height, width] = ratio > 1.1 ? [floorDivide(kept.height, ratio), floorDivide(kept.width, ratio)] : [kept.height, kept.width];
    return plain(height * width + height + features - dropped, { tiles: columns * rows + 1 });
  },
  video(clip, settings) {
    const pooled = Math.ceil(Math.trunc(Math.sqrt(featuresOf(settings))) / 2);
    return plain(clip.frames * pooled ** 2 + 1);
  },
};

const featuresOf = (settings: ProcessorSettings): number => settings.processor.number('num_image_tokens') ?? towerOf(settings).side ** 2;

const edges = [384, 768, 1152, 1536, 1920, 2304];
const sixBySix = asSizes(edges.flatMap((height) => edges.map((width) => [height, width] as const)));
