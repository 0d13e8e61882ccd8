import { isList } from '../../config/json';
import { plain, type MediaRule } from '../rule';
import { sizeOf } from '../settings';

const kernelOf = (written: unknown): number => (isList(written) && typeof written[0] === 'number' ? written[0] : 2);

/** transformers, image_processing_kimi_k25.py (navit_resize): never enlarged, and padded to whole squares of merged patches. */
export const kimiK25: MediaRule = {
  types: ['kimi_k25'],
  image({ width, height }, { vision, image, assume }) {
    const patch = image.number('patch_size') ?? sizeOf(vision, 'patch_size') ?? 14;
    const merge = image.number('merge_size') ?? kernelOf(vision['merge_kernel_size']);
    const most = image.number('max_patches', 'in_patch_limit') ?? assume('max_patches', 16_384);
    const side = (image.number(['size', 'max_height'], 'patch_limit_on_one_side') ?? assume('max_height', 512)) * patch;
    const patches = Math.max(1, Math.floor(height / patch)) * Math.max(1, Math.floor(width / patch));
    const scale = Math.min(1, Math.sqrt(most / patches), side / height, side / width);
    const step = patch * merge;
    const along = (length: number): number => Math.ceil(Math.min(Math.max(1, Math.trunc(length * scale)), side) / step);
    return plain(along(width) * along(height), { resized: { width: along(width) * step, height: along(height) * step } });
  },
};

/** moonshotai/Kimi-VL-A3B-Instruct, image_processing_kimi_vl.py, as vLLM's kimi_vl.py counts (get_num_image_tokens). */
export const kimiVl: MediaRule = {
  types: ['kimi_vl'],
  readOnly: true,
  image({ width, height }, { vision, image, assume }) {
    const patch = image.number('patch_size') ?? sizeOf(vision, 'patch_size') ?? 14;
    const most = image.number('in_token_limit') ?? assume('in_token_limit', 4096);
    const step = patch * kernelOf(image.value('merge_kernel_size') ?? vision['merge_kernel_size']);
    const patches = Math.floor(width / patch) * Math.floor(height / patch);
    const scale = patches > most ? Math.sqrt(most / patches) : 1;
    const along = (length: number): number => Math.ceil(Math.trunc(length * scale) / step);
    return plain(along(width) * along(height), { resized: { width: along(width) * step, height: along(height) * step } });
  },
};
