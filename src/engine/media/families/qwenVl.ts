import { plain, type Clip, type ImageSize, type MediaAnswer, type MediaRule } from '../rule';
import { sizeOf, type ProcessorSettings, type Source } from '../settings';
import { atLeastOneStep, smartResize, type PixelBudget } from '../smartResize';
import { roundHalfEven } from '../numbers';
import { whisperFrames } from './whisper';

/** Patch, merge and frames per patch: the tower's, which a file beside it has to agree with. */
function geometry({ vision }: ProcessorSettings, file: Source, patch: number) {
  return {
    patch: file.number('patch_size') ?? sizeOf(vision, 'patch_size', 'spatial_patch_size') ?? patch,
    merge: file.number('merge_size') ?? sizeOf(vision, 'spatial_merge_size') ?? 2,
    temporal: file.number('temporal_patch_size') ?? sizeOf(vision, 'temporal_patch_size') ?? 2,
  };
}

/** As files of any age write it: `min_pixels` and `max_pixels`, which override, or `size`. */
const budgetOf = (file: Source, { assume }: ProcessorSettings, least: number, most: number): PixelBudget => ({
  least: file.number('min_pixels', ['size', 'shortest_edge'], ['size', 'min_pixels']) ?? assume('min_pixels', least),
  most: file.number('max_pixels', ['size', 'longest_edge'], ['size', 'max_pixels']) ?? assume('max_pixels', most),
});

/** transformers, image_processing_qwen2_vl.py: one token for each square of merged patches. */
const image =
  (patchSize: number) =>
  (size: ImageSize, settings: ProcessorSettings): MediaAnswer => {
    const { patch, merge } = geometry(settings, settings.image, patchSize);
    const resized = smartResize(size, patch * merge, budgetOf(settings.image, settings, 56 * 56, 28 * 28 * 1280));
    return resized ? plain(squares(resized, patch, merge), { resized }) : { refused: 'aspect-ratio' };
  };

const squares = ({ width, height }: ImageSize, patch: number, merge: number): number =>
  Math.floor((Math.floor(width / patch) * Math.floor(height / patch)) / merge ** 2);

/** transformers, video_processing_qwen2_vl.py: the budget is one frame's, and frames go in pairs, the last one twice where it is odd. */
function videoByFrame(clip: Clip, settings: ProcessorSettings): MediaAnswer {
  const { patch, merge, temporal } = geometry(settings, settings.video, 14);
  const resized = smartResize(clip, patch * merge, budgetOf(settings.video, settings, 128 * 28 * 28, 28 * 28 * 768));
  if (!resized) return { refused: 'aspect-ratio' };
  const groups = Math.ceil(clip.frames / temporal);
  return plain(Math.floor((groups * Math.floor(resized.width / patch) * Math.floor(resized.height / patch)) / merge ** 2), { resized });
}

/**
 * transformers, video_processing_qwen3_vl.py and processing_qwen3_vl.py: the budget is all frames', and each pair stands between two
 * tokens of its own behind a time stamp in words.
 */
function videoByClip(clip: Clip, settings: ProcessorSettings): MediaAnswer {
  const { patch, merge, temporal } = geometry(settings, settings.video, 16);
  if (clip.frames < temporal) return { refused: 'too-few-frames' };
  const step = patch * merge;
  const resized = smartResize(atLeastOneStep(clip, step), step, budgetOf(settings.video, settings, 128 * 32 * 32, 32 * 32 * 768), {
    given: clip.frames,
    rounded: roundHalfEven(clip.frames / temporal) * temporal,
  });
  if (!resized) return { refused: 'aspect-ratio' };
  const groups = Math.ceil(clip.frames / temporal);
  const features = groups * squares(resized, patch, merge);
  return { tokens: features + 2 * groups, features, resized, wordsLeftOut: true };
}

export const qwen2Vl: MediaRule = { types: ['qwen2_vl', 'qwen2_5_vl'], image: image(14), video: videoByFrame };

export const qwen3Vl: MediaRule = {
  types: ['qwen3_vl', 'qwen3_vl_moe', 'qwen3_5', 'qwen3_5_moe'],
  image: image(16),
  video: videoByClip,
};

/** transformers, processing_qwen2_5_omni.py. */
export const qwen25Omni: MediaRule = {
  types: ['qwen2_5_omni', 'qwen2_5_omni_thinker'],
  image: image(14),
  audio(samples, settings) {
    const frames = whisperFrames(samples, settings, true);
    return plain(twiceHalved(frames));
  },
};

/** transformers, processing_qwen2_audio.py: a strided convolution and a pooling halve Whisper's frames twice. */
export const qwen2Audio: MediaRule = {
  types: ['qwen2_audio'],
  audio: (samples, settings) => plain(twiceHalved(whisperFrames(samples, settings, true))),
};

export const twiceHalved = (frames: number): number => Math.floor((Math.floor((frames - 1) / 2) + 1 - 2) / 2) + 1;

/** transformers, processing_qwen3_omni_moe.py: 13 tokens for each chunk of 100 frames, and three halvings of what is left. */
export const qwen3Omni: MediaRule = {
  types: ['qwen3_omni_moe', 'qwen3_omni_moe_thinker', 'qwen3_asr'],
  image: image(16),
  audio(samples, settings) {
    const frames = whisperFrames(samples, settings, false);
    const chunk = 2 * (sizeOf(settings.audio, 'n_window') ?? 50);
    const halved = (length: number): number => Math.floor((length - 1) / 2) + 1;
    return plain(halved(halved(halved(frames % chunk))) + Math.floor(frames / chunk) * 13);
  },
};
