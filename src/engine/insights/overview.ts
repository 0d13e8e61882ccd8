import type { Analysis } from '../analysis';
import { cacheDtypeOf, cacheOf } from '../estimate';
import type { Component } from '../modules/tree';
import { keyValueFigures, keyValueStates, type KeyValueFigures } from './cacheFigures';
import type { Share } from './hint';
import { textSection } from './sections';
import { layerStacks, type LayerStack } from './tensors';
import type { InsightSettings } from './view';

/** How keys and values are shared: one for each query head, one for a group, one for all, a latent vector for all, or several ways. */
export type AttentionKind = 'multiHead' | 'grouped' | 'multiQuery' | 'latent' | 'mixed';

/** A model at a glance, for the first lines of a hover and for charts. */
export interface Overview {
  /** Models inside of a composite, in this order ("text 3.88B + vision 0.42B"); empty where there is one alone. */
  readonly parts: readonly { readonly part: 'text' | 'vision' | 'audio' | 'projector'; readonly share: Share }[];
  /** Largest first; shares sum to 1. */
  readonly components: readonly { readonly component: Component; readonly share: Share }[];
  /** Every stack of numbered layers, largest first. */
  readonly stacks: readonly LayerStack[];
  /** At the context of the settings; null for a model that keeps no keys and values. */
  readonly keyValue:
    (KeyValueFigures & { readonly kind: AttentionKind; readonly heads: number | null; readonly kvHeads: number | null }) | null;
  /** Bytes of recurrent and convolution state of one sequence. */
  readonly state: number;
}

const towers = ['vision', 'audio', 'projector'] as const satisfies readonly Component[];

export function overview(analysis: Analysis, settings: InsightSettings): Overview {
  const { total, byComponent } = analysis.parameters;
  const share = (parameters: number): Share => ({ parameters, ratio: total > 0 ? parameters / total : 0 });
  const apart = towers.map((part) => ({ part, share: share(byComponent[part] ?? 0) })).filter((one) => one.share.parameters > 0);
  const text = total - apart.reduce((sum, one) => sum + one.share.parameters, 0);
  const components = (Object.entries(byComponent) as [Component, number][])
    .map(([component, parameters]) => ({ component, share: share(parameters) }))
    .filter((one) => one.share.parameters > 0)
    .sort((a, b) => b.share.parameters - a.share.parameters);
  const dtype = cacheDtypeOf(analysis, settings.kvDtype);
  return {
    parts: apart.length === 0 || text === 0 ? [] : [{ part: 'text', share: share(text) }, ...apart],
    components,
    stacks: [...layerStacks(analysis)].sort((a, b) => b.parameters - a.parameters),
    keyValue: keyValueOf(analysis, settings, dtype),
    state: cacheOf(analysis, 0, 1, dtype).state,
  };
}

function keyValueOf(analysis: Analysis, { context }: InsightSettings, dtype: Parameters<typeof cacheOf>[3]): Overview['keyValue'] {
  const section = textSection(analysis);
  const figures = keyValueFigures(analysis, context, dtype, section);
  if (!figures) return null;
  const heads = section.value('heads', 'decoder') ?? null;
  const states = keyValueStates(analysis);
  const latent = states.filter(({ state }) => state.kind === 'latent').length;
  const shared = new Set(states.map(({ state }) => state.heads));
  const [kvHeads = null] = shared.size === 1 && latent === 0 ? shared : [];
  const kind = latent === states.length ? 'latent' : latent > 0 || kvHeads === null ? 'mixed' : kindOf(kvHeads, heads);
  return { ...figures, kind, heads, kvHeads };
}

function kindOf(kvHeads: number, heads: number | null): AttentionKind {
  if (kvHeads === heads) return 'multiHead';
  return kvHeads === 1 ? 'multiQuery' : 'grouped';
}
