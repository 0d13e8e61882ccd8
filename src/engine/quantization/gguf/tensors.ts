import type { Component } from '../../modules/tree';
import type { Indices, Inventory, InventoryEntry } from '../../weights/inventory';
import type { PresetModel } from '../presets/preset';
import type { KeepReason } from '../scheme';
import { architectureOf, hasRopeFrequencies, isBareEncoder, writesFurtherLayers } from './architectures';
import { headsOf, isMxfp4, lastHeadDim, rotaryTables, type Heads } from './facts';
import type { Change, Since } from './history';
import { partsOf, type Part } from './parts';

/** A tensor of a GGUF file, or all equal ones of a stack of layers. */
export interface GgufTensor {
  /** Name in the file, the layer as {n}. */
  readonly name: string;
  /** Layers that it stands in; `undefined` outside of them. */
  readonly layers: Indices | undefined;
  readonly copies: number;
  /** As in the checkpoint, rows last but one and columns last. */
  readonly shape: readonly number[];
  /** Parameters of the model in one copy; 0 for tables that the converter computes. */
  readonly parameters: number;
  readonly component: Component;
  /**
   * The type that the converter gives it and llama-quantize leaves: `half` is the converter's 16 bits. Left out: the file type
   * decides.
   */
  readonly kept?: { readonly type: 'F32' | 'F16' | 'half' | 'F16-or-F32' | 'MXFP4'; readonly reason: KeepReason };
  /** F32 in files of 16 bits, and of the file type's own in others. */
  readonly wide?: true;
}

export interface Converted {
  readonly architecture: string | undefined;
  /** The language file's tensors. */
  readonly text: readonly GgufTensor[];
  /** Those of the second file that holds towers and projector. */
  readonly projector: readonly GgufTensor[];
  /** Whether every tensor has a name that the converter knows. */
  readonly known: boolean;
  readonly heads: Heads | undefined;
}

const towers: ReadonlySet<Component> = new Set(['vision', 'audio', 'projector']);

/** What the converter makes of a checkpoint: names, shapes, and the type of what is never quantized. */
export function convert(model: PresetModel, day: Since): Converted {
  const { inventory, modelType, root } = model;
  const architecture = architectureOf(modelType);
  const heads = headsOf(inventory);
  const context: Context = { architecture, modelType, inventory, heads, day, mxfp4: isMxfp4(root) };
  const text: GgufTensor[] = [];
  const projector: GgufTensor[] = [];
  let known = architecture !== undefined;
  const add = (entry: InventoryEntry): void => {
    const parts = partsOf(entry, context);
    if (parts === undefined) known = false;
    for (const part of parts ?? [{ name: entry.name, shape: entry.shape }]) text.push(tensorOf(entry, part, context));
  };
  for (const entry of inventory.entries) {
    if (entry.tiedTo !== undefined) continue;
    if (towers.has(entry.component)) {
      // Gemma 4's are the bounds of its linear layers, and what standardizes its output.
      if (!entry.buffer || modelType === 'gemma4') projector.push(projectorTensor(entry, modelType));
    } else if (!isDropped(entry, architecture)) add(entry);
  }
  if (writesFurtherLayers(architecture, day)) furtherLayers(model, depthOf(text)).forEach(add);
  text.push(...computed(model, architecture, heads, day), ...writtenTwice(inventory, text, architecture, day));
  return { architecture, text, projector, known, heads };
}

/** Layers of the language model's own stack. */
export const depthOf = (text: readonly GgufTensor[]): number =>
  text.reduce((depth, { layers, name }) => (layers === undefined || name.startsWith('dec.') ? depth : Math.max(depth, endOf(layers))), 0);

const endOf = (layers: Indices): number => (typeof layers === 'number' ? layers : (layers.at(-1) ?? -1) + 1);

/** Names outside of the further layers' own stack, which belong to the first of them (conversion/qwen.py, _Qwen35MtpMixin). */
const beside: Readonly<Record<string, string>> = {
  'mtp.fc': 'eh_proj',
  'mtp.pre_fc_norm_embedding': 'enorm',
  'mtp.pre_fc_norm_hidden': 'hnorm',
  'mtp.norm': 'shared_head.norm',
};

/** Layers that predict further tokens, numbered after the model's own `depth` layers. */
function furtherLayers({ unloaded }: PresetModel, depth: number): readonly InventoryEntry[] {
  return (unloaded?.entries ?? []).flatMap((entry): readonly InventoryEntry[] => {
    const own = { ...entry, component: entry.component === 'projector' ? 'other' : entry.component } as const;
    if (!entry.name.startsWith('mtp.')) return [own];
    const [first, ...inner] = entry.indices;
    const stem = entry.name.slice(0, entry.name.lastIndexOf('.'));
    if (first === undefined) return [{ ...own, name: `model.layers.{n}.${beside[stem] ?? stem}.weight`, indices: [[depth]] }];
    const numbers = typeof first === 'number' ? Array.from({ length: first }, (_, at) => depth + at) : first.map((at) => depth + at);
    return [{ ...own, name: entry.name.replace('mtp.', 'model.'), indices: [numbers, ...inner] }];
  });
}

export interface Context {
  readonly architecture: string | undefined;
  readonly modelType: string;
  readonly inventory: Inventory;
  readonly heads: Heads | undefined;
  readonly day: Since;
  readonly mxfp4: boolean;
}

/** Masks and rotary frequencies, which the converter skips, and what it does not write of an encoder. */
function isDropped({ name, buffer, indices, role }: InventoryEntry, architecture: string | undefined): boolean {
  if (buffer) return !/(e_score_correction_bias|expert_bias|layer_scalar)$/.test(name);
  if (!isBareEncoder(architecture) || indices.length > 0) return false;
  return !(role === 'embedding' || role === 'position' || name.includes('mbeddings.'));
}

function tensorOf(entry: InventoryEntry, { name, shape }: Part, context: Context): GgufTensor {
  const kept = keptType(name, shape, entry, context);
  let elements = 1;
  for (const dimension of shape) elements *= dimension;
  const [layers] = entry.indices;
  const copies = layers === undefined ? 1 : typeof layers === 'number' ? layers : layers.length;
  return {
    name,
    layers,
    copies,
    shape,
    parameters: entry.buffer ? 0 : elements,
    component: entry.component,
    ...(kept && { kept }),
    ...(name.endsWith('indexer.proj.weight') && context.day('indexerInFloat32') && { wide: true }),
  };
}

/** conversion/base.py prepare_tensors, and tensor_allows_quantization of src/llama-quant.cpp. */
function keptType(
  name: string,
  shape: readonly number[],
  entry: InventoryEntry,
  { architecture, day, mxfp4 }: Context,
): GgufTensor['kept'] {
  const float32 = (reason: KeepReason) => ({ type: 'F32', reason }) as const;
  const half = (reason: KeepReason) => ({ type: 'half', reason }) as const;
  const dimensions = shape.length;
  if (name.endsWith('.bias')) return float32('bias');
  if (name.endsWith('norm.weight') || entry.role === 'norm') return float32('norm');
  if (name.includes('ffn_gate_inp_shexp')) return day('sharedGateInFloat32') ? float32('router') : half('router');
  // conversion/dbrx.py, tensor_force_quant: every matrix, routers too.
  if (architecture === 'dbrx' && name.includes('ffn_gate_inp')) return half('router');
  if (name.includes('ffn_gate_inp')) return day('routersInFloat32') ? float32('router') : half('router');
  if (/^(position_embd|token_types)\b/.test(name)) return float32('position');
  if (name.includes('attn_rel_b')) return half('position');
  if (name.includes('per_layer_model_proj')) return half('other');
  if (name.includes('ssm_conv1d') || name.includes('shortconv.conv')) return float32('convolution');
  if (/\.ssm_(x|dt)\.weight$/.test(name) && !day('stateSpaceProjections')) return half('other');
  if (dimensions < 2 || !name.endsWith('.weight')) return float32('not-a-matrix');
  if (mxfp4 && name.includes('_exps')) return { type: 'MXFP4', reason: 'already-packed' };
  return undefined;
}

/** Towers and projectors go to a file of their own, at 16 bits unless a tensor has one dimension or holds positions. */
function projectorTensor(entry: InventoryEntry, modelType: string): GgufTensor {
  const { name, shape, copies, component, elements, buffer } = entry;
  return {
    name,
    layers: undefined,
    copies,
    // Scalars are written as lists of one.
    shape: shape.length === 0 ? [1] : shape,
    parameters: buffer ? 0 : elements,
    component,
    kept: { type: projectorType(entry, modelType), reason: 'tower' },
  };
}

/**
 * What cuts images into patches is F16 in files of F16 and F32 in all others, of Gemma 3 F32 in both, whose projection is F16 in
 * both; of Gemma 4's audio tower, all whose names speak of a convolution are F32 (conversion/base.py: MmprojModel,
 * conversion/gemma.py: Gemma3VisionModel, Gemma4VisionAudioModel; tensor_force_quant).
 */
function projectorType({ name, shape, role }: InventoryEntry, modelType: string): 'F32' | 'F16' | 'half' | 'F16-or-F32' {
  if (shape.length < 2 || role === 'position' || role === 'bias' || role === 'norm') return 'F32';
  if (modelType === 'gemma3' && name.includes('.embeddings.')) return 'F32';
  if (modelType === 'gemma3' && name.includes('input_projection')) return 'F16';
  if (modelType === 'gemma4' && name.includes('audio_tower') && /[._]conv/.test(name)) return 'F32';
  return /patch_(embed|conv|merger)/.test(name) ? 'F16-or-F32' : 'half';
}

/** Whose converter wrote a tied embedding a second time as the output, and until when. */
const twice: Readonly<Record<string, Change>> = { gpt2: 'tiedOnce', bloom: 'tiedOnce', mpt: 'mptTiedOnce' };

function writtenTwice(
  { entries }: Inventory,
  text: readonly GgufTensor[],
  architecture: string | undefined,
  day: Since,
): readonly GgufTensor[] {
  const until = architecture === undefined ? undefined : twice[architecture];
  if (until === undefined || day(until)) return [];
  const isTied = entries.some(({ role, tiedTo }) => role === 'head' && tiedTo !== undefined);
  return isTied
    ? text.filter(({ name }) => name === 'token_embd.weight').map((tensor) => ({ ...tensor, name: 'output.weight', parameters: 0 }))
    : [];
}

/** Tables of rotary positions that stand in no checkpoint: generate_extra_tensors of the converter's classes. */
function computed(
  { root, inventory }: PresetModel,
  architecture: string | undefined,
  heads: Heads | undefined,
  day: Since,
): readonly GgufTensor[] {
  const { llama3, long, short } = rotaryTables(root);
  const table = (name: string, length: number): GgufTensor => ({
    name,
    layers: undefined,
    copies: 1,
    shape: [length],
    parameters: 0,
    component: 'other',
    kept: { type: 'F32', reason: 'not-a-matrix' },
  });
  if (llama3 && heads && hasRopeFrequencies(architecture) && day('ropeFrequencies')) return [table('rope_freqs.weight', heads.headDim / 2)];
  // Proportional rotation of layers that see everything (conversion/gemma.py: Gemma4Model).
  if (architecture === 'gemma4') return [table('rope_freqs.weight', lastHeadDim(inventory) / 2)];
  if (long > 0 && short > 0 && (architecture === 'phi3' || architecture === 'minicpm3') && day('longRope'))
    return [table('rope_factors_long.weight', long), table('rope_factors_short.weight', short)];
  return [];
}
