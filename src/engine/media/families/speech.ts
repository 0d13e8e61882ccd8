/** Audio of models whose tower is Whisper's, or is fed like it. */
import { plain, samplingRate, type MediaRule } from '../rule';
import { sizeOf } from '../settings';
import { twiceHalved } from './qwenVl';
import { whisperFrames } from './whisper';

/** Frames of a window of 30 seconds. */
const windowFrames = 3000;

/**
 * transformers, processing_voxtral.py: padded to whole windows of 30 seconds, four of the encoder's 1,500 frames to a token; and
 * mistral-common puts one token before them that begins the audio.
 */
export const voxtral: MediaRule = {
  types: ['voxtral'],
  audio(samples, { config, audio }) {
    const frames = Math.ceil(samples / (30 * samplingRate)) * (windowFrames / 2);
    // The projector reads as many frames at once as fit into its inner width.
    const stacked = Math.max(1, Math.round((sizeOf(audio, 'intermediate_size') ?? 5120) / (sizeOf(audio, 'hidden_size') ?? 1280)));
    const features = frames / (sizeOf(config, 'downsample_factor') ?? stacked);
    return { tokens: features + 1, features };
  },
};

/** transformers, processing_audioflamingo3.py: window by window, at most ten minutes. */
export const audioFlamingo: MediaRule = {
  types: ['audioflamingo3', 'musicflamingo'],
  audio(samples, { processor, assume }) {
    const window = 30 * samplingRate;
    const most = Math.floor((processor.number('max_audio_len') ?? assume('max_audio_len', 600)) / 30) * window;
    const heard = Math.min(samples, most);
    const whole = Math.floor(heard / window);
    const rest = heard - whole * window;
    return plain(whole * twiceHalved(windowFrames) + (rest > 0 ? twiceHalved(Math.ceil(rest / 160)) : 0));
  },
};

/**
 * fixie-ai/ultravox, ultravox_processing.py: padded to the next frame, cut into windows of 3,000, and of each the encoder's frames
 * (every second one) stacked.
 */
export const ultravox: MediaRule = {
  types: ['ultravox'],
  readOnly: true,
  audio(samples, settings) {
    const { config, processor, assume } = settings;
    const stacked =
      (processor.number('encoder_ds_factor') ?? 2) *
      (processor.number('stack_factor') ?? sizeOf(config, 'stack_factor') ?? assume('stack_factor', 8));
    const frames = whisperFrames(samples, settings, false);
    const whole = Math.floor(frames / windowFrames);
    return plain(whole * Math.ceil(windowFrames / stacked) + Math.ceil((frames % windowFrames) / stacked));
  },
};

/** transformers, feature_extraction_granite_speech.py: two frames of the spectrogram to one of the encoder, 15 of these to 3 tokens. */
export const graniteSpeech: MediaRule = {
  types: ['granite_speech', 'granite_speech_plus'],
  audio(samples, { config, sound }) {
    const window = sound.number('projector_window_size') ?? sizeOf(config, 'window_size') ?? 15;
    const rate = sound.number('projector_downsample_rate') ?? sizeOf(config, 'downsample_rate') ?? 5;
    const frames = Math.floor((Math.floor(samples / 160) + 1) / 2);
    return plain(Math.ceil(frames / window) * Math.floor(window / rate));
  },
};
