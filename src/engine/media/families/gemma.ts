import { samplingRate, type MediaAnswer, type MediaRule } from '../rule';
import { sizeOf } from '../settings';

/** A token that begins, one that ends, and an empty line before and after, which is one token of Gemma's vocabulary. */
const between = (features: number): MediaAnswer => ({ tokens: features + 4, features, tiles: 1 });

/** transformers, processing_gemma3.py: every image is one square; crops only where the caller asks for pan and scan. */
export const gemma3: MediaRule = {
  types: ['gemma3'],
  image: (_size, { config, processor }) => between(processor.number('image_seq_length') ?? sizeOf(config, 'mm_tokens_per_image') ?? 256),
};

/** transformers, processing_gemma3n.py: audio is padded or cut to one window. */
export const gemma3n: MediaRule = {
  types: ['gemma3n'],
  image: (_size, { config, processor }) =>
    between(processor.number('image_seq_length') ?? sizeOf(config, 'vision_soft_tokens_per_image') ?? 256),
  audio: (_samples, { config, processor }) =>
    between(processor.number('audio_seq_length') ?? sizeOf(config, 'audio_soft_tokens_per_image') ?? 188),
};

/**
 * transformers, image_processing_gemma4.py (get_aspect_ratio_preserving_size) and processing_gemma4.py: the largest size of the
 * image's shape whose patches fit the budget.
 */
export const gemma4: MediaRule = {
  types: ['gemma4'],
  image({ width, height }, { config, vision, image, assume }) {
    const patch = image.number('patch_size') ?? sizeOf(vision, 'patch_size') ?? 16;
    const pooled = image.number('pooling_kernel_size') ?? sizeOf(vision, 'pooling_kernel_size') ?? 3;
    const most = image.number('max_soft_tokens') ?? assume('max_soft_tokens', sizeOf(config, 'vision_soft_tokens_per_image') ?? 280);
    const step = pooled * patch;
    const scale = Math.sqrt((most * pooled ** 2 * patch ** 2) / (height * width));
    const rows = Math.floor((scale * height) / step);
    const columns = Math.floor((scale * width) / step);
    if (rows === 0 && columns === 0) return { refused: 'aspect-ratio' };
    const [high, wide] =
      rows === 0
        ? [1, Math.min(Math.floor(width / height), most)]
        : columns === 0
          ? [Math.min(Math.floor(height / width), most), 1]
          : [rows, columns];
    return { tokens: high * wide + 2, features: high * wide, resized: { width: wide * step, height: high * step } };
  },
  audio(samples, { processor, assume }) {
    const most = processor.number('audio_seq_length') ?? assume('audio_seq_length', 750);
    // 20 ms windows every 10 ms over half a window of silence and at most 30 s; two convolutions of stride 2.
    const frames = Math.max(0, Math.floor((Math.min(samples, 30 * samplingRate) + 160 - 321) / 160) + 1);
    const halved = (length: number): number => Math.floor((length + 2 - 3) / 2) + 1;
    const features = Math.min(frames === 0 ? 0 : halved(halved(frames)), most);
    return { tokens: features + 2, features };
  },
};

/** transformers, processing_paligemma.py: every patch of the one square. */
export const paligemma: MediaRule = {
  types: ['paligemma'],
  image(_size, { config, vision, image }) {
    const features =
      image.number('image_seq_length') ??
      sizeOf(vision, 'num_image_tokens') ??
      sizeOf(config, 'num_image_tokens') ??
      Math.floor((sizeOf(vision, 'image_size') ?? 224) / (sizeOf(vision, 'patch_size') ?? 14)) ** 2;
    return { tokens: features, features, tiles: 1 };
  },
};
