import type { KeepReason } from '../../engine/index';
import type { Translate } from './translate';

/** What a scheme leaves alone, and why. */
export function keepReasons(t: Translate): Readonly<Record<KeepReason, string>> {
  return {
    embedding: t('embedding'),
    head: t('head'),
    norm: t('norms'),
    bias: t('biases'),
    convolution: t('convolutions'),
    router: t('router'),
    position: t('positions'),
    other: t('other'),
    tower: t('vision and audio towers'),
    'not-a-matrix': t('tensors that are no matrices'),
    'outside-layers': t('layers outside the stack'),
    'not-an-expert': t('layers that are no experts'),
    'fused-experts': t('experts held in one tensor'),
    'not-a-module': t('parameters of no linear module'),
    'already-packed': t('experts that are packed already'),
    width: t('layers whose width does not divide'),
    'kept-by-name': t('modules that the config excludes'),
    'not-named': t('modules that the config does not name'),
    'not-quantized': t('not quantized'),
    'kept-by-choice': t('kept by choice'),
  };
}
