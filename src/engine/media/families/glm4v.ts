import { plain, type MediaRule } from '../rule';
import { sizeOf } from '../settings';
import { atLeastOneStep, smartResize } from '../smartResize';

/**
 * transformers, image_processing_glm4v.py and image_processing_glm46v.py: an image counts as the frames of one patch, which share
 * the budget.
 */
export const glm4v: MediaRule = {
  types: ['glm4v', 'glm4v_moe', 'glm46v'],
  image(size, { vision, image, assume }) {
    const patch = image.number('patch_size') ?? sizeOf(vision, 'patch_size') ?? 14;
    const merge = image.number('merge_size') ?? sizeOf(vision, 'spatial_merge_size') ?? 2;
    const frames = image.number('temporal_patch_size') ?? sizeOf(vision, 'temporal_patch_size') ?? 2;
    const step = patch * merge;
    const budget = {
      least: image.number(['size', 'shortest_edge']) ?? assume('shortest_edge', 112 * 112),
      most: image.number(['size', 'longest_edge']) ?? assume('longest_edge', 28 * 28 * 15_000),
    };
    const resized = smartResize(atLeastOneStep(size, step), step, budget, { given: frames, rounded: frames });
    if (!resized) return { refused: 'aspect-ratio' };
    return plain((resized.width / step) * (resized.height / step), { resized });
  },
};
