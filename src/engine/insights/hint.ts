import type { CacheDtype } from '../units/dtypes';
import type { CachePart, CachePoint } from './cacheFigures';
import type { LayerSort } from './tensors';

/** Some parameters of the model, and their part of all of them (0 to 1). */
export interface Share {
  readonly parameters: number;
  readonly ratio: number;
}

/** Layers: "218.1M each · 6.98B"; several sorts where they differ (dense and sparse, attention and state space). */
export interface LayersHint {
  readonly kind: 'layers';
  /** Most frequent first. */
  readonly sorts: readonly LayerSort[];
  readonly parameters: number;
}

/** A vocabulary: "in + out 1.05B · 13 %". */
export interface VocabularyHint {
  readonly kind: 'vocabulary';
  readonly embedding: number;
  /** Own parameters of the output head; 0 for none. A tied head may still have a bias. */
  readonly head: number;
  /** The head shares the embedding's weights. */
  readonly tied: boolean;
  readonly share: Share;
}

/** A feed-forward width: "MLP 5.64B · 70 %". */
export interface FeedForwardHint {
  readonly kind: 'feedForward';
  /** Of the share's parameters, those of routed experts. */
  readonly inExperts: number;
  /** The width is that of shared experts. */
  readonly shared: boolean;
  readonly share: Share;
}

/** Heads: "attention 1.34B · 17 %". */
export interface AttentionHint {
  readonly kind: 'attention';
  readonly share: Share;
}

/** Inner width of state-space layers: "state space 2.63B · 95 %". */
export interface StateSpaceHint {
  readonly kind: 'stateSpace';
  readonly share: Share;
}

/** Key/value heads: "KV 128 KiB/token · ¼ of 32 heads", "KV 20 KiB/token at 8,192 · ½ of 8 heads". */
export interface KeyValueHint {
  readonly kind: 'keyValue';
  readonly heads: number;
  readonly kvHeads: number;
  /** Of one sequence, while no window is full. */
  readonly bytesPerToken: number;
  /** What one more token adds at the context of the settings: less where windows are full, 0 where all are. */
  readonly growth: number;
  /** At the context of the settings. */
  readonly chosen: CachePoint;
}

/** A latent rank: "KV 68.6 KiB/token · 1/71 of full". */
export interface LatentHint {
  readonly kind: 'latent';
  /** Of one sequence, while no window is full. */
  readonly bytesPerToken: number;
  /** As of key/value heads. */
  readonly growth: number;
  readonly chosen: CachePoint;
  /** Of multi-head attention with the same heads; null where a width is not known. */
  readonly fullBytesPerToken: number | null;
}

/** A context limit: "KV 16.0 GiB at 131,072"; of one side of an encoder-decoder: "cross-attention KV 234.4 MiB at 1,500". */
export interface ContextHint {
  readonly kind: 'context';
  /** What the bytes are of: `self` and `cross` where each side has a limit of its own. */
  readonly part: CachePart;
  /** At the model's limits. */
  readonly limit: CachePoint;
  /** At the context of the settings. */
  readonly chosen: CachePoint;
  readonly batch: number;
  readonly dtype: CacheDtype;
}

/** A table of learned positions or segments: "positions 393K · <1 %". */
export interface TableHint {
  readonly kind: 'table';
  readonly table: 'positions' | 'segments';
  readonly share: Share;
}

/** A dtype: "14.96 GiB". */
export interface WeightsHint {
  readonly kind: 'weights';
  readonly dtype: CacheDtype;
  /** All tensors at this dtype, buffers included. */
  readonly bytes: number;
  /** What the quantized checkpoint holds instead; null when nothing is quantized. */
  readonly quantized: { readonly scheme: string; readonly bytes: number } | null;
}

/** Tied embeddings: "tying saves 525M", "tied: saves 525M". */
export interface TyingHint {
  readonly kind: 'tying';
  /** As the file stands. */
  readonly tied: boolean;
  /** What is saved, or would be. */
  readonly parameters: number;
}

/** Routed experts: "654B in experts · 8 of 256 active". */
export interface ExpertsHint {
  readonly kind: 'experts';
  readonly share: Share;
  readonly experts: number;
  /** Experts that one token uses; null where that is not known. */
  readonly perToken: number | null;
}

/** Experts per token: "37.6B of 671B active". */
export interface ActiveHint {
  readonly kind: 'active';
  readonly active: number;
  readonly total: number;
}

/** Experts that see every token: "shared experts 2.55B · <1 %". */
export interface SharedExpertsHint {
  readonly kind: 'sharedExperts';
  readonly share: Share;
}

/** Layers without experts: "saves 33.6B". */
export interface DenseLayersHint {
  readonly kind: 'denseLayers';
  /** Layers without experts, where the key counts or lists them; null where it gives an interval. */
  readonly dense: number | null;
  /** Against experts in every layer; negative when dense layers are the larger ones. */
  readonly saved: number;
}

/** A rank of the queries: "saves 1.5B". */
export interface QueryRankHint {
  readonly kind: 'queryRank';
  /** Against one dense projection; negative when that would be smaller. */
  readonly saved: number;
}

/** A window: "22 of 26 layers keep 511 tokens". */
export interface WindowHint {
  readonly kind: 'window';
  readonly layers: number;
  /** Layers that keep keys and values at all. */
  readonly of: number;
  readonly tokensKept: number;
}

/** An interval of layers that see everything: "4 of 26 layers keep every token". */
export interface FullLayersHint {
  readonly kind: 'fullLayers';
  readonly layers: number;
  readonly of: number;
}

/** A list of layer types: "22 sliding_attention · 4 full_attention". The names are the file's own words. */
export interface LayerTypesHint {
  readonly kind: 'layerTypes';
  /** Most frequent first, six at most. */
  readonly types: readonly { readonly type: string; readonly layers: number }[];
}

/** A size of recurrent layers: "state 25.6 MiB per sequence". */
export interface StateHint {
  readonly kind: 'state';
  readonly state: 'recurrent' | 'convolution';
  /** Of one sequence, whatever its length. */
  readonly bytes: number;
}

/** Rope scaling: "8,192 → 131,072: KV 1.0 → 16.0 GiB". */
export interface RopeHint {
  readonly kind: 'rope';
  readonly from: CachePoint;
  readonly to: CachePoint;
}

/** Rope scaling that names a factor and leaves open which of two contexts the limit beside it is: "context × 8". */
export interface StretchHint {
  readonly kind: 'stretch';
  readonly factor: number;
}

/** Layers that predict further tokens: "+13.5B, not loaded by default". */
export interface NextTokenHint {
  readonly kind: 'nextToken';
  /** null where they cannot be sized. */
  readonly parameters: number | null;
  /** They are part of the model that was counted; else they come on top. */
  readonly counted: boolean;
  /** Sized as a layer like the last, for want of their tensors. */
  readonly estimated?: true;
}

/** A section of a composite: "vision 0.42B · 10 %". */
export interface PartHint {
  readonly kind: 'part';
  readonly part: 'text' | 'vision' | 'audio';
  readonly share: Share;
}

/** A quantization method: "gptq-int4-g128 5.33 GiB · 16-bit 14.96". */
export interface QuantizedHint {
  readonly kind: 'quantized';
  readonly scheme: string;
  readonly bytes: number;
  /** All tensors at the checkpoint's dtype. */
  readonly plainBytes: number;
}

/** Bits of packed weights: "6.98B parameters in 3.25 GiB". */
export interface PackedHint {
  readonly kind: 'packed';
  readonly parameters: number;
  /** Without scales and the like. */
  readonly bytes: number;
}

/** A group size: "scales + zeros 0.13 GiB", "scales 0.15 GiB". */
export interface ScalesHint {
  readonly kind: 'scales';
  /** The format may keep zero points beside its scales; floating-point formats never do. */
  readonly zeros: boolean;
  readonly bytes: number;
}

/** Modules that keep their type: "1.05 GiB kept". */
export interface KeptHint {
  readonly kind: 'kept';
  readonly bytes: number;
}

/** A setting of a quantization: "saves 370 MiB", "would save 752 MiB", "adds 12.0 MiB". */
export interface SavingHint {
  readonly kind: 'saving';
  /** Bytes, against the other value or none; negative for what is added. */
  readonly saved: number;
  /** The other value would save as much as is added by this one. */
  readonly possible: boolean;
}

/** Zero points beside the scales: "zeros 27.3 MiB", "zeros 27.3 MiB, stored either way". */
export interface ZerosHint {
  readonly kind: 'zeros';
  readonly bytes: number;
  /** Whatever the key says. */
  readonly either: boolean;
}

/** A quantized cache, at the limit of context: "KV 16.00 → 8.00 GiB at 131,072". */
export interface SmallerCacheHint {
  readonly kind: 'smallerCache';
  readonly from: CachePoint;
  readonly to: CachePoint;
}

/** Packed weights that are loaded as plain ones: "14.96 GiB in memory". */
export interface ExpandedHint {
  readonly kind: 'expanded';
  readonly bytes: number;
}

/** A setting that costs and saves nothing where one would expect it: "no bytes". */
export interface NoBytesHint {
  readonly kind: 'noBytes';
}

/** The one short figure for the end of a key's line. */
export type Hint =
  | LayersHint
  | VocabularyHint
  | FeedForwardHint
  | AttentionHint
  | StateSpaceHint
  | KeyValueHint
  | LatentHint
  | ContextHint
  | TableHint
  | WeightsHint
  | TyingHint
  | ExpertsHint
  | ActiveHint
  | SharedExpertsHint
  | DenseLayersHint
  | QueryRankHint
  | WindowHint
  | FullLayersHint
  | LayerTypesHint
  | StateHint
  | RopeHint
  | StretchHint
  | NextTokenHint
  | PartHint
  | QuantizedHint
  | PackedHint
  | ScalesHint
  | KeptHint
  | SavingHint
  | ZerosHint
  | SmallerCacheHint
  | ExpandedHint
  | NoBytesHint;
