import { samplingRate, type MediaRule } from '../rule';
import { sizeOf, type ProcessorSettings } from '../settings';

/** Samples between two frames of the spectrogram. */
const hop = 160;

/**
 * Frames of the spectrogram that are not padding (transformers, feature_extraction_whisper.py).
 *
 * @param truncated what is longer than the extractor's chunk is cut off
 */
export function whisperFrames(samples: number, { sound, assume }: ProcessorSettings, truncated: boolean): number {
  const step = sound.number('hop_length') ?? hop;
  if (!truncated) return Math.ceil(samples / step);
  const most = sound.number('n_samples') ?? (sound.number('chunk_length') ?? assume('chunk_length', 30)) * samplingRate;
  return Math.ceil(Math.min(samples, most) / step);
}

/**
 * Whisper's encoder sees 30 seconds at a time, padded to them; its decoder sees what comes out through cross-attention and none of
 * it in its own sequence. Longer audio is transcribed window by window.
 */
export const whisper: MediaRule = {
  types: ['whisper'],
  audio: (_samples, { config }) => ({ tokens: 0, features: 0, cross: sizeOf(config, 'max_source_positions') ?? 1500 }),
};
