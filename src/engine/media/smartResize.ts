import { nearestMultiple } from './numbers';
import type { ImageSize } from './rule';

/** Pixels that an image is brought between; of a clip those of all its frames where `frames` says so. */
export interface PixelBudget {
  readonly least: number;
  readonly most: number;
}

/** An image whose sides are further apart is refused. */
const mostStretched = 200;

/**
 * The size that an image is resized to: sides that are multiples of `step`, its pixels within the budget, its shape kept as far as
 * that goes; `undefined` for a stretched one (transformers, image_processing_qwen2_vl.py and image_processing_glm4v.py, smart_resize).
 *
 * @param frames frames that share the budget, and as many as they are rounded to
 */
export function smartResize(
  { width, height }: ImageSize,
  step: number,
  { least, most }: PixelBudget,
  frames: { readonly given: number; readonly rounded: number } = { given: 1, rounded: 1 },
): ImageSize | undefined {
  if (Math.max(width, height) / Math.min(width, height) > mostStretched) return undefined;
  const size = { width: nearestMultiple(width, step), height: nearestMultiple(height, step) };
  const pixels = frames.rounded * size.width * size.height;
  if (pixels > most) {
    const shrink = Math.sqrt((frames.given * height * width) / most);
    const side = (length: number): number => Math.max(step, Math.floor(length / shrink / step) * step);
    return { width: side(width), height: side(height) };
  }
  if (pixels < least) {
    const grow = Math.sqrt(least / (frames.given * height * width));
    const side = (length: number): number => Math.ceil((length * grow) / step) * step;
    return { width: side(width), height: side(height) };
  }
  return size;
}

/** Sides below a step are brought up to it first, the shape kept (image_processing_glm4v.py, smart_resize). */
export function atLeastOneStep({ width, height }: ImageSize, step: number): ImageSize {
  if (width >= step && height >= step) return { width, height };
  const scale = Math.max(step / height, step / width);
  return { width: Math.trunc(width * scale), height: Math.trunc(height * scale) };
}
