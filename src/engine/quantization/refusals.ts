import type { Device } from '../hardware/device';
import { matrixOf, type InventoryEntry } from '../weights/inventory';
import { depthOf, editedScheme, hasEffect, type EditablePart, type KeepEdits } from './edits';
import { formatHardware, hardwareNeedOf, hardwareOf } from './formatHardware';
import type { Preset, PresetModel } from './presets/preset';
import { requirementsOf, type Requirements } from './requirements';
import { linearsOf, type Scheme } from './scheme';
import { shardsOf, type Split } from './shards';
import { entriesOf, unwritable } from './writable';

/** Why a preset cannot be used on a model, a device or a number of devices. */
export type RefusalCode =
  /** The group does not divide the row. */
  | 'group-splits-row'
  /** More whole layers are to be kept than the model has. */
  | 'kept-layers-beyond'
  /** A part is to be quantized for which the format's writer has no form. */
  | 'part-unwritable'
  /** A part is to be kept or quantized that the model does not have. */
  | 'part-absent'
  /** The head is to be kept or quantized, and is the embedding. */
  | 'head-tied'
  /** A part is to be kept or quantized, and is as it was. */
  | 'edit-without-effect'
  /** A matrix cannot be cut into equal parts. */
  | 'split-uneven'
  /** The cut goes through a group, block or word. */
  | 'split-breaks-group'
  /** A kernel reads groups of other sizes alone. */
  | 'kernel-groups'
  /** A kernel takes only multiples, of outputs or of inputs. */
  | 'kernel-rows'
  | 'kernel-columns'
  /** No kernel reads the format on so old a device. */
  | 'capability'
  /** No kernel reads the format any more on so new a device. */
  | 'capability-past'
  /** The tensors that stay are BF16, which the device does not multiply. */
  | 'no-bf16'
  /** The weights are BF16, none of them quantized. */
  | 'all-bf16'
  /** The format's programs do not run on devices of this maker. */
  | 'vendor';

/** A reason with its figures; `tensor` is the first that it holds for, `kinds` how many kinds of tensors. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly values: Readonly<Record<string, string | number>>;
}

export interface Deployment {
  readonly device?: Device;
  /** Devices over which every matrix is cut (tensor parallelism of vLLM). */
  readonly tensorParallel?: number;
  /** A changed keep list: what is left alone is asked nothing. */
  readonly edits?: KeepEdits;
}

/**
 * Why a preset cannot be used as asked: nothing when it can, as far as the sources of `requirements.ts` and `formatHardware.ts`
 * say. Refusals of kernels name the fast one; a slower one may do.
 */
export function refusals(preset: Preset, model: PresetModel, deployment: Deployment = {}): readonly Refusal[] {
  const { device, tensorParallel = 1, edits = {} } = deployment;
  return [
    ...(device ? ofDevice(preset, model, device, edits) : []),
    ...(preset.scheme ? [...ofLayers(model, edits), ...ofParts(preset, preset.scheme(model.inventory), model, edits)] : []),
    ...ofShapes(preset, model, Number.isInteger(tensorParallel) && tensorParallel > 1 ? tensorParallel : 1, edits),
  ];
}

function ofLayers({ inventory }: PresetModel, { firstLayers = 0, lastLayers = 0 }: KeepEdits): Refusal[] {
  const asked = firstLayers + lastLayers;
  const layers = asked > 0 ? depthOf(inventory.entries) : 0;
  return asked > layers ? [{ code: 'kept-layers-beyond', values: { asked, layers } }] : [];
}

/** What the edits of parts ask that cannot be done, or that changes nothing. */
function ofParts(
  preset: Preset,
  scheme: Scheme,
  { inventory: { entries } }: PresetModel,
  { keep = [], quantize = [] }: KeepEdits,
): Refusal[] {
  const refusalOf = (part: EditablePart, edit: KeepEdits): Refusal | undefined => {
    const own = entriesOf(entries, part);
    if (own.length === 0) {
      const tied = part === 'head' && entries.some(({ component, tiedTo }) => component === 'head' && tiedTo !== undefined);
      return tied ? { code: 'head-tied', values: {} } : { code: 'part-absent', values: { part } };
    }
    if (!hasEffect(scheme, own, edit)) return { code: 'edit-without-effect', values: { part, preset: preset.name } };
    const source = edit.quantize && unwritable(preset, part, own);
    return source === undefined ? undefined : { code: 'part-unwritable', values: { part, format: preset.format, source } };
  };
  return [
    ...keep.map((part) => refusalOf(part, { keep: [part] })),
    ...quantize.filter((part) => !keep.includes(part)).map((part) => refusalOf(part, { quantize: [part] })),
  ].filter((refusal) => refusal !== undefined);
}

/** "8.9" of an NVIDIA device as a number; other makers name their architectures. */
export function computeCapability({ vendor, architecture }: Device): number | undefined {
  return vendor === 'NVIDIA' && architecture !== undefined && /^\d+\.\d$/.test(architecture) ? Number(architecture) : undefined;
}

function ofDevice(preset: Preset, model: PresetModel, device: Device, edits: KeepEdits): Refusal[] {
  const need = hardwareNeedOf(preset.name);
  const { refusedBelow, refusedFrom, vendors } = need === undefined ? {} : hardwareOf(need);
  const found: Refusal[] = [];
  if (vendors && device.vendor !== null && !vendors.includes(device.vendor))
    found.push({ code: 'vendor', values: { needed: vendors.join(', '), found: device.vendor } });
  const has = computeCapability(device);
  if (has === undefined) return found;
  if (refusedBelow !== undefined && has < refusedBelow) found.push({ code: 'capability', values: { needed: refusedBelow, found: has } });
  if (refusedFrom !== undefined && has >= refusedFrom) found.push({ code: 'capability-past', values: { end: refusedFrom, found: has } });
  const { native } = formatHardware['bf16-units'];
  const held = has < native ? heldInBf16(preset, model, edits) : undefined;
  if (held) found.push({ code: held === 'all' ? 'all-bf16' : 'no-bf16', values: { needed: native, found: has } });
  return found;
}

/** Modules that kernels multiply by: linear layers, and the head where it is quantized. Embeddings are looked up. */
const multiplied: ReadonlySet<InventoryEntry['role']> = new Set(['linear', 'head', 'router']);

/** Whether tensors are BF16, as the checkpoint has them: those that stay, or all; llama.cpp unpacks its types on any device. */
function heldInBf16(preset: Preset, model: PresetModel, edits: KeepEdits): 'some' | 'all' | undefined {
  if (preset.format === 'GGUF') return undefined;
  const { entries } = preset.layout(model, { edits });
  if (!entries.some(({ dtype }) => dtype === 'BF16')) return undefined;
  return entries.every(({ scheme }) => typeof scheme === 'string') ? 'all' : 'some';
}

function ofShapes(preset: Preset, { inventory }: PresetModel, parallel: number, edits: KeepEdits): Refusal[] {
  const asks = requirementsOf(preset);
  const { columns: whole, kernel, split } = asks;
  if (whole === undefined && !kernel && !(split && parallel > 1)) return [];
  const { groupSize } = preset;
  const unread = preset.scheme && kernel && groupSize !== null && !kernel.groups.includes(groupSize);
  const found = new Map<RefusalCode, { readonly values: Refusal['values']; kinds: number }>();
  const refuse = (code: RefusalCode, values: Refusal['values']): void => {
    const known = found.get(code);
    if (known) known.kinds++;
    else found.set(code, { values, kinds: 1 });
  };
  if (unread) refuse('kernel-groups', { kernel: kernel.name, groupSize, sizes: kernel.groups.join(', ') });
  const shards = shardsOf(inventory);
  for (const [entry, { rows, columns }] of takenMatrices(preset, inventory, edits)) {
    if (whole !== undefined && columns % whole !== 0) refuse('group-splits-row', { tensor: entry.name, columns, groupSize: whole });
    else if (multiplied.has(entry.role)) checkShard(entry, { rows, columns }, shards(entry, parallel), asks, refuse);
  }
  return [...found].map(([code, { values, kinds }]) => ({ code, values: { ...values, kinds } }));
}

/** Whether groups of a preset do not divide a row of what it takes: writers that take whole groups only stop there. */
export function splitsRows(preset: Preset, { inventory }: PresetModel, edits: KeepEdits = {}): boolean {
  const { columns: whole } = requirementsOf(preset);
  if (whole === undefined) return false;
  for (const [, { columns }] of takenMatrices(preset, inventory, edits)) if (columns % whole !== 0) return true;
  return false;
}

interface Sides {
  readonly rows: number;
  readonly columns: number;
}

/** The matrices that a preset takes, each as the linear layers that it stands for. */
function* takenMatrices(
  preset: Preset,
  inventory: PresetModel['inventory'],
  edits: KeepEdits,
): Generator<readonly [InventoryEntry, Sides], void, undefined> {
  const plain = preset.scheme?.(inventory);
  if (!plain) return;
  const scheme = editedScheme(plain, edits);
  const { firstLayers = 0, lastLayers = 0 } = edits;
  const noLayers = firstLayers + lastLayers > 0 && firstLayers + lastLayers >= depthOf(inventory.entries);
  for (const entry of inventory.entries) {
    if (entry.tiedTo !== undefined || entry.buffer || scheme.takes(entry) !== undefined) continue;
    if (noLayers && entry.indices.length > 0) continue;
    const matrix = matrixOf(entry);
    if (matrix) yield [entry, linearsOf(matrix, entry)];
  }
}

/** A matrix as one device holds it. */
function checkShard(
  { name: tensor }: InventoryEntry,
  { rows, columns }: Sides,
  { side, parts }: Split,
  { kernel, split }: Requirements,
  refuse: (code: RefusalCode, values: Refusal['values']) => void,
): void {
  const [own, needed] = side === 'rows' ? [rows, split?.rows ?? 1] : [columns, split?.columns ?? 1];
  if (parts > 1) {
    if (own % parts !== 0) return refuse('split-uneven', { tensor, side, size: own, parts });
    if ((own / parts) % needed !== 0) return refuse('split-breaks-group', { tensor, side, size: own / parts, multiple: needed, parts });
  }
  if (!kernel) return;
  const shard = { rows, columns, [side]: own / parts };
  if (shard.rows % kernel.rows !== 0) refuse('kernel-rows', { tensor, kernel: kernel.name, size: shard.rows, multiple: kernel.rows });
  if (shard.columns % kernel.columns !== 0)
    refuse('kernel-columns', { tensor, kernel: kernel.name, size: shard.columns, multiple: kernel.columns });
}
