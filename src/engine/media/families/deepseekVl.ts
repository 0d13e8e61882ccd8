import { isList } from '../../config/json';
import { bestResolution, nearestGrid } from '../grids';
import { plain, type ImageSize, type MediaRule } from '../rule';
import { sizeOf, type ProcessorSettings } from '../settings';

const classOf = ({ config }: ProcessorSettings): string => {
  const classes = config['architectures'];
  return isList(classes) && typeof classes[0] === 'string' ? classes[0] : '';
};

/** Listed as [width, height] in the config; at most as many as a file of a sane size lists. */
function resolutions({ config, processor }: ProcessorSettings): readonly ImageSize[] {
  const listed = processor.value('candidate_resolutions') ?? config['candidate_resolutions'];
  const sizes = (isList(listed) ? listed : []).slice(0, 1000).flatMap((each): readonly ImageSize[] => {
    const [width, height] = isList(each) ? each : [];
    return typeof width === 'number' && typeof height === 'number' && width > 0 && height > 0 ? [{ width, height }] : [];
  });
  return sizes.length > 0 ? sizes : [{ width: 384, height: 384 }];
}

/**
 * deepseek-ai/DeepSeek-VL2, processing_deepseek_vl_v2.py: the whole, a token between, and the tiles of the best resolution as one
 * picture, a token after each row of both. Of more than two images none is cut.
 */
export const deepseekVl2: MediaRule = {
  types: ['deepseek_vl_v2'],
  applies: (settings) => !/OCR/i.test(classOf(settings)),
  readOnly: true,
  image(size, settings) {
    const { vision, processor, images } = settings;
    const listed = resolutions(settings);
    const edge = listed[0]?.width ?? 384;
    const patch = processor.number('patch_size') ?? sizeOf(vision, 'patch_size') ?? 14;
    const side = Math.ceil(
      Math.floor(edge / patch) / (processor.number('downsample_ratio') ?? sizeOf(settings.config, 'downsample_ratio') ?? 2),
    );
    const best = (images <= 2 ? bestResolution(size, listed) : undefined) ?? { width: edge, height: edge };
    const [columns, rows] = [Math.floor(best.width / edge), Math.floor(best.height / edge)];
    return plain(side * (side + 1) + 1 + rows * side * (columns * side + 1), { tiles: columns * rows + 1 });
  },
};

/** Sizes of DeepSeek-OCR's "Gundam" mode, which engines run it in. */
const ocr = { base: 1024, tile: 640, patch: 16, reduced: 4, least: 2, most: 6 };

/** deepseek-ai/DeepSeek-OCR, process/image_process.py: small pages whole, others in two to six tiles beside the whole. */
export const deepseekOcr: MediaRule = {
  types: ['deepseek_vl_v2', 'deepseek_ocr'],
  applies: (settings) => /OCR(?!2)/i.test(classOf(settings)),
  readOnly: true,
  image(size) {
    const side = (edge: number): number => Math.ceil(Math.floor(edge / ocr.patch) / ocr.reduced);
    const whole = side(ocr.base) * (side(ocr.base) + 1) + 1;
    if (size.width <= ocr.tile && size.height <= ocr.tile) return plain(whole, { tiles: 1 });
    const { columns, rows } = nearestGrid(size, ocr.tile, ocr.least, ocr.most);
    return plain(whole + (side(ocr.tile) * columns + 1) * side(ocr.tile) * rows, { tiles: columns * rows + 1 });
  },
};
