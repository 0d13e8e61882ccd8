import type { Translate } from './translate';

type Say = (t: Translate) => string;

/** Reasons of a basis, by the engine's code: what a figure takes for granted. */
const sentences: Readonly<Record<string, Say>> = {
  'allowance-approximate': (t) => t('The runtime allowance is an estimate from published logs; the rest follows from the config.'),
  'usable-approximate': (t) => t('Usable memory is estimated as a share of what the maker states.'),
  'usable-unknown': (t) => t('The memory of this device is not known.'),
  'weights-split-evenly': (t) => t('Weights are taken to divide evenly over the devices.'),
  'cache-split-assumed': (t) => t('The cache is taken to divide evenly over the devices.'),
  'cache-heads-repeated': (t) => t('Key/value heads do not divide evenly over the devices, so that some device holds more.'),
  'cache-replicated': (t) => t('Latent attention keeps the whole cache on every device (tensor parallelism).'),
  'split-over-parts': (t) => t('The card consists of several devices, over which weights and cache are spread.'),
  'dtype-not-native': (t) => t('This device has no hardware arithmetic for this format: it is converted or emulated.'),
  'dtype-support-unknown': (t) => t('Whether this device computes this format in hardware is not known.'),
  'within-band': (t) => t('So close that the runtime and usable memory decide.'),
  'limited-by-model': (t) => t("Memory would hold more; the model's own limit ends it."),
  'context-unbounded': (t) => t('Memory bounds no context.'),
  'batch-unbounded': (t) => t('Memory bounds no number of sequences.'),
  'unknown-part': (t) => t('A part of the model is of a type that is not known and was estimated or left out.'),
  'unknown-model-type': (t) => t('The model type is not known; its size is estimated from the shape of its config.'),
  'invalid-values-replaced': (t) => t('Values that cannot be right were replaced by defaults.'),
  'inexact-total': (t) => t('The totals are beyond 2^53 and no longer exact.'),
  'static-activations': (t) => t('With scales of the activations measured beforehand, one per layer.'),
  'width-kept': (t) => t('Layers whose width the scheme cannot take stay as they are; a real writer may refuse them.'),
  'no-experts': (t) => t('The scheme is published for experts; here all linear layers take it.'),
  'quantization-pattern': (t) => t('A rule of the quantization config could not be applied.'),
};

/** A reason as a sentence; a code without one is shown as it is, so that nothing is hidden. */
export const reasonText = (reason: string, t: Translate): string =>
  Object.hasOwn(sentences, reason) ? (sentences[reason] as Say)(t) : reason;
