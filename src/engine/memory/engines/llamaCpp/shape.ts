import type { Analysis } from '../../../analysis';
import { uncopied } from '../../../modules/attention';
import { headsOf, textOf } from '../../../quantization/gguf/facts';
import { isStack, isTensor, type Component, type Part, type State } from '../../../modules/tree';
import type { Block, ModelFile } from './file';

/** What one block keeps and how wide it is: a part of llama.cpp's hparams. */
export interface LayerShape {
  /** Query heads, key/value heads and the widths of one key and one value. */
  readonly heads: number;
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Keys and values of a token in the cache; 0 where the layer keeps none, or uses another's. */
  readonly keys: number;
  readonly values: number;
  readonly window: number | undefined;
  /** Latent attention: widths of the compressed part, of positions, and of a head's key without them and value. */
  readonly latent: { readonly rank: number; readonly rope: number; readonly nope: number; readonly value: number } | undefined;
  /** Elements per sequence of the convolution's and the recurrence's state. */
  readonly recurrent: { readonly r: number; readonly s: number } | undefined;
}

export interface ModelShape {
  readonly hidden: number;
  readonly vocabulary: number;
  /** Context that the model was made for. */
  readonly context: number;
  /** Blocks of the main model. */
  readonly depth: number;
  readonly layers: readonly LayerShape[];
  readonly experts: number;
  readonly expertsUsed: number;
  readonly expertGroups: number;
  /** Whether weights of chosen experts are made to sum to one, and scaled. */
  readonly normalizes: boolean;
  readonly scales: boolean;
  /** Caps of logits: of attention and of the output. */
  readonly attentionCap: boolean;
  readonly outputCap: boolean;
}

const towers: ReadonlySet<Component> = new Set(['vision', 'audio', 'projector']);

/** States of each layer of the language model, by its number. */
function statesByLayer(tree: Part): ReadonlyMap<number, readonly State[]> {
  const found = new Map<number, State[]>();
  const walk = (part: Part, layer: readonly number[] | undefined): void => {
    if (isTensor(part)) return;
    if (isStack(part)) {
      for (const sort of part.sorts) walk(sort.part, layer ?? sort.indices ?? Array.from({ length: sort.copies }, (_, index) => index));
      return;
    }
    if (part.component && towers.has(part.component)) return;
    if (part.keeps && layer) for (const at of layer) found.set(at, [...(found.get(at) ?? []), ...part.keeps]);
    for (const name in part.children) walk(part.children[name] as Part, layer);
  };
  walk(tree, undefined);
  return found;
}

/**
 * Architectures that llama.cpp gives a cache of the window alone (`swa_type` is set and the memory is iswa). Others attend to
 * everything whatever the config says: phi3's and mistral's windows are not heeded. src/models/*.cpp: load_arch_hparams.
 */
const windowed: ReadonlySet<string> = new Set(['gemma2', 'gemma3', 'cohere2', 'gpt-oss', 'olmo2', 'exaone4', 'exaone-moe', 'mimo2']);
const windowless: ReadonlySet<string> = new Set([
  'llama',
  'phi3',
  'qwen2',
  'qwen2moe',
  'qwen3',
  'qwen3moe',
  'starcoder2',
  'gemma',
  'mistral',
  'falcon',
  'olmo',
  'glm4',
  'glm4moe',
  'phi2',
]);

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const first = (text: Readonly<Record<string, unknown>>, ...keys: readonly string[]): unknown =>
  keys.map((key) => text[key]).find((value) => value !== undefined && value !== null);

export function modelShape(analysis: Analysis, file: ModelFile): ModelShape {
  const { inventory, root, model } = analysis;
  const text: Readonly<Record<string, unknown>> = { ...model.config, ...root, ...textOf(root) };
  const states = statesByLayer(model.tree);
  const embedding = file.outside.get('token_embd.weight');
  const ahead = file.blocks.findIndex((block) => [...block.keys()].some((name) => name.startsWith('nextn.')));
  const depth = ahead === -1 ? file.blocks.length : ahead;
  const facts = headsOf(inventory);
  const routed = file.blocks.find((block) => block.has('ffn_down_exps.weight'))?.get('ffn_down_exps.weight');
  const experts = routed?.ne[2] ?? 0;
  const tensor = inventory.entries.find(
    ({ component, activeElements, elements, copies }) => component === 'experts' && activeElements < elements * copies,
  );
  const used = tensor && experts > 0 ? Math.round((tensor.activeElements / (tensor.elements * tensor.copies)) * experts) : experts;
  const heedsWindows = file.architecture === undefined ? true : windowed.has(file.architecture) || !windowless.has(file.architecture);
  const layers = file.blocks.map((block, at) =>
    layerShape(block, states.get(at) ?? (at >= depth ? lastStates(states, depth) : []), facts, heedsWindows),
  );
  return {
    hidden: embedding?.ne[0] ?? 0,
    vocabulary: embedding?.ne[1] ?? 0,
    context: analysis.contextLimit ?? 4096,
    depth,
    layers,
    experts,
    expertsUsed: Math.max(used, experts > 0 ? 1 : 0),
    expertGroups: number(first(text, 'n_group')) ?? 1,
    normalizes: normalizing(file.architecture, first(text, 'norm_topk_prob')),
    scales: (number(first(text, 'routed_scaling_factor')) ?? 1) !== 1,
    attentionCap: number(first(text, 'attn_logit_softcapping')) !== undefined,
    outputCap: number(first(text, 'final_logit_softcapping')) !== undefined,
  };
}

/** Layers that predict further tokens attend as the last one of the model that does. */
function lastStates(states: ReadonlyMap<number, readonly State[]>, depth: number): readonly State[] {
  for (let at = depth - 1; at >= 0; at--) {
    const own = states.get(at);
    if (own?.some(({ kind }) => kind === 'attention' || kind === 'latent')) return own;
  }
  return [];
}

/** What graphs pass for `norm_w`, where it is no key of the file. */
const normalizing = (architecture: string | undefined, key: unknown): boolean =>
  typeof key === 'boolean' && architecture !== 'qwen3moe' ? key : architecture !== 'qwen2moe' && architecture !== 'gpt-oss';

function layerShape(block: Block, states: readonly State[], facts: ReturnType<typeof headsOf>, heedsWindows: boolean): LayerShape {
  const attention = states.map(uncopied).find(({ kind }) => kind === 'attention' || kind === 'sliding' || kind === 'latent');
  const kernel = block.get('ssm_conv1d.weight') ?? block.get('shortconv.conv.weight');
  const recurrence = states.find(({ kind }) => kind === 'recurrent');
  const recurrent = kernel && {
    r: (kernel.ne[0] - 1) * kernel.ne[1] * kernel.ne[2],
    s: recurrence && 'elements' in recurrence ? recurrence.elements : 0,
  };
  const none = { heads: 0, kvHeads: 0, keyDim: 0, valueDim: 0, keys: 0, values: 0, window: undefined, latent: undefined, recurrent };
  if (!attention || !('elementsPerToken' in attention)) return sharing(block, facts, none);
  const { elementsPerToken } = attention;
  if (attention.kind === 'latent') {
    const rank = block.get('attn_kv_a_norm.weight')?.ne[0] ?? elementsPerToken;
    const { heads = 1, latent = { keyDim: 0, valueDim: 0 } } = facts ?? {};
    const rope = elementsPerToken - rank;
    const parts = { rank, rope, nope: latent.keyDim, value: latent.valueDim };
    // Files before the split, and MiniCPM3, keep keys and values of every head.
    if (!block.has('attn_k_b.weight')) {
      const keyDim = parts.nope + rope;
      return {
        ...none,
        heads,
        kvHeads: heads,
        keyDim,
        valueDim: parts.value,
        keys: heads * keyDim,
        values: heads * parts.value,
        latent: parts,
      };
    }
    return { ...none, heads, kvHeads: 1, keyDim: elementsPerToken, valueDim: rank, keys: elementsPerToken, values: rank, latent: parts };
  }
  const kvHeads = attention.heads ?? facts?.kvHeads ?? 1;
  const keys = block.get('attn_k.weight')?.ne[1] ?? elementsPerToken / 2;
  const values = block.get('attn_v.weight')?.ne[1] ?? elementsPerToken - keys;
  const valueDim = values / kvHeads;
  const output = block.get('attn_output.weight')?.ne[0];
  const heads = output === undefined ? (facts?.heads ?? kvHeads) : Math.max(1, Math.round(output / valueDim));
  const window = attention.kind === 'sliding' && heedsWindows ? attention.window : undefined;
  return { ...none, heads, kvHeads, keyDim: keys / kvHeads, valueDim, keys, values, window };
}

/** A layer that attends to what another one keeps. */
function sharing(block: Block, facts: ReturnType<typeof headsOf>, none: LayerShape): LayerShape {
  if (!facts || !block.has('attn_q.weight')) return none;
  return { ...none, heads: facts.heads, kvHeads: facts.kvHeads, keyDim: facts.headDim, valueDim: facts.headDim };
}
