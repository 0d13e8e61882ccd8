/** Which tensors a scheme takes, before it looks at their shapes. */
import type { Component } from '../modules/tree';
import type { InventoryEntry } from '../weights/inventory';
import type { KeepReason } from './scheme';

type Selection = (entry: InventoryEntry) => KeepReason | undefined;

const towers: ReadonlySet<Component> = new Set(['vision', 'audio', 'projector']);
/** Whether a tensor is a tower's, or leads from one to the text. */
export const isTower = (entry: Pick<InventoryEntry, 'component'>): boolean => towers.has(entry.component);

/**
 * A matrix that is a parameter of a larger module, as `mm_input_projection_weight` of Gemma 3's projector or `in_proj_weight` of
 * torch.nn.MultiheadAttention (transformers: models/gemma3/modeling_gemma3.py, models/siglip/modeling_siglip.py): writers convert
 * modules. Experts in one tensor, which some take apart, are no such thing.
 */
const isBare = ({ name, shape }: InventoryEntry): boolean => shape.length === 2 && !name.endsWith('.weight');

/**
 * The weights by which an indexer of sparse attention sums its heads. They are a plain linear layer, but most writers leave them
 * alone as they do routers: GLM-5-FP8 has no scale for them although its list misspells the name, GPTQModel marks them
 * (gptqmodel/models/definitions/deepseek_v32.py), and transformers has them in `_keep_in_fp32_modules`.
 */
export const isIndexerWeights = ({ name }: Pick<InventoryEntry, 'name'>): boolean => name.endsWith('.indexer.weights_proj.weight');

/** Linear layers wherever they stand, towers included; the head stays. */
export const linearLayersAndTowers: Selection = (entry) => {
  if (entry.role !== 'linear') return entry.role;
  return isBare(entry) ? 'not-a-module' : undefined;
};

/** Linear layers of the text model: everything that most writers convert. */
export const linearLayers: Selection = (entry) => (entry.role === 'linear' && isTower(entry) ? 'tower' : linearLayersAndTowers(entry));

/** Linear layers of that very class, not of one derived from it. */
export const plainLinearLayers: Selection = (entry) =>
  linearLayers(entry) ?? (entry.moduleClass === 'derived' ? 'not-a-module' : undefined);

/** Every torch.nn.Linear, the head included. */
export const linearModules: Selection = (entry) => (entry.role === 'head' ? undefined : linearLayersAndTowers(entry));

/** Every torch.nn.Embedding. */
export const embeddingModules: Selection = (entry) => {
  if (entry.role !== 'embedding' && entry.role !== 'position') return entry.role === 'linear' ? 'not-named' : entry.role;
  return isBare(entry) ? 'not-a-module' : undefined;
};

/** Linear layers inside the numbered stack: writers that calibrate layer by layer see no others. */
export const stackedLinearLayers: Selection = (entry) => {
  const reason = linearLayers(entry);
  return reason ?? (entry.indices.length === 0 ? 'outside-layers' : undefined);
};

/** The stack's linear layers and the head. */
export const stackedLinearLayersAndHead: Selection = (entry) => (entry.role === 'head' ? undefined : stackedLinearLayers(entry));

/** Linear modules; experts held in one bare parameter are none. */
export const separateLinearLayers: Selection = (entry) => linearLayers(entry) ?? (isFused(entry) ? 'fused-experts' : undefined);

const isFused = (entry: InventoryEntry): boolean => entry.shape.length > 2;

/** The same for a block of the text model's own section, which says nothing of towers. */
export const textOnly =
  (selection: Selection): Selection =>
  (entry) =>
    entry.role === 'linear' && isTower(entry) ? 'tower' : selection(entry);

/** Routed experts. */
export const expertLayers: Selection = (entry) => linearLayers(entry) ?? (entry.component === 'experts' ? undefined : 'not-an-expert');

/** Everything that is a matrix of the text model: linear layers, embeddings, head and router. */
export const allMatrices: Selection = (entry) => {
  if (isTower(entry)) return 'tower';
  const { role } = entry;
  return role === 'linear' || role === 'embedding' || role === 'head' || role === 'router' || role === 'position' ? undefined : role;
};

/** Whatever the configuration names, if it is the matrix of a module at all. */
export const anyMatrix: Selection = (entry) => {
  const { role } = entry;
  if (role === 'norm' || role === 'bias' || role === 'convolution' || role === 'other') return role;
  return isBare(entry) ? 'not-a-module' : undefined;
};
