import type { Analysis } from '../../analysis';
import { uncopied } from '../../modules/attention';
import { isStack, isTensor, type Part, type State } from '../../modules/tree';

/** What one layer keeps per sequence; `chunk`: it sees the tokens of its chunk only. */
export type LayerState =
  State | { readonly kind: 'chunked'; readonly elementsPerToken: number; readonly chunk: number; readonly heads?: number };

export interface StatesOfLayer {
  /** Number in the outermost stack; 0 for a model without one. */
  readonly layer: number;
  readonly states: readonly LayerState[];
}

/**
 * What every layer of a model keeps, in the order of the layers; layers that keep nothing are left out.
 * @param keeper engines with classes of their own, or the reference's class, which copies some keys and values before it keeps them
 */
export function layerStates(analysis: Analysis, keeper: 'engine' | 'reference' = 'engine'): readonly StatesOfLayer[] {
  const byLayer = new Map<number, State[]>();
  walk(analysis.model.tree, undefined);
  const found = [...byLayer].sort(([a], [b]) => a - b).map(([layer, states]) => ({ layer, states }));
  return corrected(analysis, found);

  function walk(part: Part, layers: readonly number[] | undefined): void {
    if (isTensor(part)) return;
    if (isStack(part)) {
      let next = 0;
      for (const sort of part.sorts) {
        const own = sort.indices ?? Array.from({ length: sort.copies }, (_, index) => next + index);
        next += sort.copies;
        walk(sort.part, layers ?? own);
      }
      return;
    }
    for (const kept of part.keeps ?? []) {
      const state = keeper === 'engine' ? uncopied(kept) : kept;
      for (const layer of layers ?? [0]) {
        const known = byLayer.get(layer);
        if (known) known.push(state);
        else byLayer.set(layer, [state]);
      }
    }
    for (const name in part.children) walk(part.children[name] as Part, layers);
  }
}

/** Llama 4: what the library keeps as a window is one chunk (vllm/model_executor/models/llama4.py). */
function corrected(analysis: Analysis, found: readonly StatesOfLayer[]): readonly StatesOfLayer[] {
  if (!/^llama4/.test(analysis.modelType)) return found;
  return found.map(({ layer, states }) => ({
    layer,
    states: states.map((state): LayerState => {
      if (state.kind !== 'sliding') return state;
      const { window, ...kept } = state;
      return { ...kept, kind: 'chunked', chunk: window };
    }),
  }));
}
