/** Which tensors a scheme takes, before it looks at their shapes. */
import type { Component } from '../modules/tree';
import type { InventoryEntry } from '../weights/inventory';
import type { KeepReason } from './scheme';

type Selection = (entry: InventoryEntry) => KeepReason | undefined;

const towers: ReadonlySet<Component> = new Set(['vision', 'audio', 'projector']);
const isTower = (entry: InventoryEntry): boolean => towers.has(entry.component);

/** Linear layers of the text model: everything that most writers convert. */
export const linearLayers: Selection = (entry) => {
  if (entry.role !== 'linear') return entry.role;
  return isTower(entry) ? 'tower' : undefined;
};

/** Linear layers wherever they stand, towers included; the head stays. */
export const linearLayersAndTowers: Selection = (entry) => (entry.role === 'linear' ? undefined : entry.role);

/** Every torch.nn.Linear, the head included. */
export const linearModules: Selection = (entry) => (entry.role === 'linear' || entry.role === 'head' ? undefined : entry.role);

/** Linear layers inside the numbered stack: writers that calibrate layer by layer see no others. */
export const stackedLinearLayers: Selection = (entry) => {
  const reason = linearLayers(entry);
  return reason ?? (entry.indices.length === 0 ? 'outside-layers' : undefined);
};

/** The stack's linear layers and the head. */
export const stackedLinearLayersAndHead: Selection = (entry) => (entry.role === 'head' ? undefined : stackedLinearLayers(entry));

/** Linear modules; experts held in one bare parameter are none. */
export const separateLinearLayers: Selection = (entry) => linearLayers(entry) ?? (isFused(entry) ? 'fused-experts' : undefined);
export const separateLinearLayersAndTowers: Selection = (entry) =>
  linearLayersAndTowers(entry) ?? (isFused(entry) ? 'fused-experts' : undefined);
export const separateLinearModules: Selection = (entry) => linearModules(entry) ?? (isFused(entry) ? 'fused-experts' : undefined);

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

/** Whatever the configuration names, if it is a matrix at all. */
export const anyMatrix: Selection = (entry) =>
  entry.role === 'norm' || entry.role === 'bias' || entry.role === 'convolution' || entry.role === 'other' ? entry.role : undefined;
