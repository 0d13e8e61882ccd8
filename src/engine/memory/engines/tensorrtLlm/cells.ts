import type { Analysis } from '../../../analysis';
import { layerStates } from '../../parallel/layerStates';
import { layersIn, type Stage } from '../../parallel/stages';
import { numberOf } from '../../parallel/textConfig';

/** What the layers of one rank keep. */
export interface Cells {
  /** Bytes of one token in layers that see everything. */
  readonly full: number;
  /** The same of layers that see a window, and its tokens. */
  readonly windowed: number;
  readonly window: number;
  /** Recurrent and convolution state of one sequence. */
  readonly state: number;
}

/**
 * Bytes per token of a rank among `ranks` that share the heads: at least one head each; a latent cache is whole on every rank.
 *
 * @param element bytes of one element of keys and values
 * @param width bytes of one element of states that are not kept at float32
 */
export function cellsOf(
  analysis: Analysis,
  stage: Stage,
  { ranks, element, width }: { readonly ranks: number; readonly element: number; readonly width: number },
): Cells {
  let full = 0;
  let windowed = 0;
  let window = 0;
  let state = 0;
  const kernel = numberOf(analysis, 'linear_conv_kernel_dim', 'conv_kernel', 'mamba_d_conv', 'd_conv') ?? 4;
  for (const { layer, states } of layerStates(analysis)) {
    if (layersIn([layer], stage) === 0) continue;
    for (const kept of states) {
      if ('elements' in kept) {
        const share = kept.elements / ranks;
        state +=
          kept.kind === 'recurrent' ? share * (kept.dtype === 'float32' ? 4 : width) : (share / kernel) * Math.max(1, kernel - 1) * width;
      } else if (kept.kind === 'latent') full += kept.elementsPerToken * element;
      else {
        const heads = kept.heads ?? 1;
        const bytes = (Math.max(1, Math.ceil(heads / ranks)) / heads) * kept.elementsPerToken * element;
        if (kept.kind === 'sliding' || kept.kind === 'chunked') {
          windowed += bytes;
          window = Math.max(window, kept.kind === 'sliding' ? kept.window : kept.chunk);
        } else full += bytes;
      }
    }
  }
  return { full, windowed, window, state };
}
