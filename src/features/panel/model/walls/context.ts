import { contextThatOutgrows } from '../../../../engine/index';
import { cacheOfOne, keepsState } from '../cache';
import { figure, writers } from '../view';
import { wall, type WallOf } from './wall';

/** Where the cache of one sequence outgrows the weights. */
export const contextWall: WallOf = (view) => {
  if (!keepsState(view)) return undefined;
  const { analysis, weights, estimate, t, style } = view;
  const { bytes, tokens, whole } = writers(style);
  const size = (at: number): number => cacheOfOne(view, at).bytes;
  const outgrows = contextThatOutgrows(weights.bytes, size);
  const limit = analysis.contextLimit;
  const beyond = outgrows !== null && limit !== null && outgrows > limit;
  return wall(
    'context',
    t('Context'),
    figure(
      outgrows === null
        ? t('the KV cache never outgrows the weights')
        : beyond
          ? t('the KV cache outgrows the weights at {0} tokens, beyond the model', tokens(outgrows))
          : t('the KV cache outgrows the weights at {0} tokens', tokens(outgrows)),
      [
        t('weights {0}', bytes(weights.bytes)),
        outgrows === null
          ? t(
              'cache at {0} tokens: {1}, and it stops growing',
              whole(limit ?? estimate.settings.context),
              bytes(size(limit ?? estimate.settings.context)),
            )
          : t('cache at {0} tokens: {1}', whole(outgrows), bytes(size(outgrows))),
        ...(limit === null ? [] : [t("at the model's limit of {0} tokens: {1}", whole(limit), bytes(size(limit)))]),
      ],
      [
        t('For one sequence. Computing attention grows with the square: 32 times the context, up to 1,024 times the attention.'),
        t('Windows, linear attention, latent attention and shared KV heads of this file are counted in.'),
      ],
    ),
    t('Fewer KV heads, windows, latent attention, an 8-bit cache.'),
  );
};
