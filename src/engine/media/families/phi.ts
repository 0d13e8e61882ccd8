import { plain, type MediaRule } from '../rule';
import { phi4Image } from './internVl';

/** transformers, feature_extraction_phi4_multimodal.py: windows of 25 ms every 10 ms, eight to a token. */
export const phi4Multimodal: MediaRule = {
  types: ['phi4_multimodal', 'phi4mm'],
  image: phi4Image,
  audio(samples, { sound }) {
    if (samples < windowSamples) return { refused: 'too-few-frames' };
    const frames = Math.floor((samples - windowSamples) / 160) + 1;
    const reduced = Math.ceil(frames / (sound.number('audio_compression_rate') ?? 8));
    return plain(Math.ceil(reduced / (sound.number('audio_downsample_rate') ?? 1)));
  },
};
const windowSamples = 400;

/** Pixels of a crop's side, and the tokens that one becomes. */
const crop = { edge: 336, tokens: 144, rows: 12 };

/** Crops that a processor without a file takes. */
const mostCrops = 10_000;

/** microsoft/Phi-3-vision-128k-instruct, image_processing_phi3_v.py (calc_hd_transform_size, calc_num_image_tokens_from_image_size). */
export const phi3Vision: MediaRule = {
  types: ['phi3_v'],
  readOnly: true,
  image({ width, height }, { image, assume }) {
    const most = Math.min(image.number('num_crops') ?? assume('num_crops', 1), mostCrops);
    const [long, short] = [Math.max(width, height), Math.min(width, height)];
    const ratio = long / short;
    let scale = 1;
    while (scale * Math.ceil(scale / ratio) <= most) scale++;
    scale--;
    const across = Math.ceil(Math.trunc((scale * crop.edge) / ratio) / crop.edge);
    const rows = width < height ? scale : across;
    const crops = scale * across;
    return plain((crops + 1) * crop.tokens + 1 + (rows + 1) * crop.rows, { tiles: crops + 1 });
  },
};
