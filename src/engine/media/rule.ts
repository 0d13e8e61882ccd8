import type { ProcessorSettings } from './settings';

/** Pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Frames as they reach the processor, after any were left out. */
export interface Clip extends ImageSize {
  readonly frames: number;
}

/** What an image, a clip or some audio becomes. */
export interface MediaTokens {
  /** Tokens of the sequence that stand in the place of the placeholder, those that begin, end and part it among them. */
  readonly tokens: number;
  /** Of these, the ones that take what the tower has put out. */
  readonly features: number;
  /** States that layers of cross-attention see beside the sequence. */
  readonly cross?: number;
  /** Pieces that the tower sees one by one. */
  readonly tiles?: number;
  /** What the tower sees of an image that stays whole. */
  readonly resized?: ImageSize;
  /** Words that the processor writes between the parts and whose number of tokens is the tokenizer's are not in `tokens`. */
  readonly wordsLeftOut?: true;
}

/** Why a processor takes no such input. */
export type MediaRefusal = 'aspect-ratio' | 'too-few-frames';

export type MediaAnswer = MediaTokens | { readonly refused: MediaRefusal };

/** How the processor of some model types counts. */
export interface MediaRule {
  readonly types: readonly string[];
  /** Where only some configs of these types go by the rule. */
  readonly applies?: (settings: ProcessorSettings) => boolean;
  /** Read in the publishers' or an engine's code, and not run: `transformers` has no such processor. */
  readonly readOnly?: true;
  readonly image?: (size: ImageSize, settings: ProcessorSettings) => MediaAnswer;
  readonly video?: (clip: Clip, settings: ProcessorSettings) => MediaAnswer;
  /** Of so many samples at 16 kHz, the rate that every processor here resamples to. */
  readonly audio?: (samples: number, settings: ProcessorSettings) => MediaAnswer;
}

/** Samples per second of audio. */
export const samplingRate = 16_000;

/** An image that takes as many tokens as the tower gives features. */
export const plain = (features: number, more: Omit<MediaTokens, 'tokens' | 'features'> = {}): MediaTokens => ({
  tokens: features,
  features,
  ...more,
});
