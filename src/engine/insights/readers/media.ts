import { sizeOf } from '../../media/settings';
import type { MediaItem } from '../../media/spec';
import { mediaTokens } from '../../media/tokens';
import { isObject } from '../../config/json';
import type { Reader, View } from '../view';

/** What is asked about where the config names no size of its own: a square that towers of any resolution take whole. */
const usualEdge = 1024;
const usualSeconds = 30;

/** An image of the tower's own size, or half a minute of audio. */
function usualItem({ analysis }: View, kind: 'image' | 'audio'): MediaItem {
  if (kind === 'audio') return { kind, count: 1, seconds: usualSeconds };
  const { root } = analysis;
  const whole = isObject(root['thinker_config']) ? root['thinker_config'] : root;
  const vision = whole['vision_config'];
  const edge = (isObject(vision) ? sizeOf(vision, 'image_size') : undefined) ?? usualEdge;
  return { kind, count: 1, width: edge, height: edge };
}

/** Adds to the figures of a key what an image or audio becomes, where the processor's rule is known. */
export const withMedia =
  (kind: 'image' | 'audio', reader: Reader): Reader =>
  (key, view) => ({
    ...reader(key, view),
    media() {
      const found = mediaTokens(view.analysis, [usualItem(view, kind)], view.kvDtype, view.analysis.dtype.value);
      return 'problem' in found ? undefined : found;
    },
  });
