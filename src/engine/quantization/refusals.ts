import type { Device } from '../hardware/device';
import { matrixOf, type InventoryEntry } from '../weights/inventory';
import type { Preset, PresetModel } from './presets/preset';
import { requirementsOf, type Requirements } from './requirements';
import { linearsOf } from './scheme';
import { shardsOf, type Split } from './shards';

/** Why a preset cannot be used on a model, a device or a number of devices. */
export type RefusalCode =
  /** The group does not divide the row. */
  | 'group-splits-row'
  /** A matrix cannot be cut into equal parts. */
  | 'split-uneven'
  /** The cut goes through a group, block or word. */
  | 'split-breaks-group'
  /** A kernel takes only multiples, of outputs or of inputs. */
  | 'kernel-rows'
  | 'kernel-columns'
  /** No kernel reads the format on so old a device. */
  | 'capability'
  /** The tensors that stay are BF16, which the device does not multiply. */
  | 'no-bf16'
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
}

/** CUDA from which BF16 is multiplied (vLLM vllm/platforms/cuda.py, check_if_supports_dtype). */
const bf16Capability = 8;

/**
 * Why a preset cannot be used as asked: nothing when it can, as far as the sources of `requirements.ts` say. Refusals of
 * kernels name the fast one; a slower one may do.
 */
export function refusals(preset: Preset, model: PresetModel, deployment: Deployment = {}): readonly Refusal[] {
  const asks = requirementsOf(preset);
  const { device, tensorParallel = 1 } = deployment;
  return [
    ...(device ? ofDevice(preset, model, asks, device) : []),
    ...ofShapes(preset, model, asks, Number.isInteger(tensorParallel) && tensorParallel > 1 ? tensorParallel : 1),
  ];
}

/** "8.9" of an NVIDIA device as a number; other makers name their architectures. */
export function computeCapability({ vendor, architecture }: Device): number | undefined {
  return vendor === 'NVIDIA' && architecture !== undefined && /^\d+\.\d$/.test(architecture) ? Number(architecture) : undefined;
}

function ofDevice(preset: Preset, model: PresetModel, { capability, vendors }: Requirements, device: Device): Refusal[] {
  const found: Refusal[] = [];
  if (vendors && device.vendor !== null && !vendors.includes(device.vendor))
    found.push({ code: 'vendor', values: { needed: vendors.join(', '), found: device.vendor } });
  const has = computeCapability(device);
  if (has === undefined) return found;
  if (capability !== undefined && has < capability) found.push({ code: 'capability', values: { needed: capability, found: has } });
  // What is left alone keeps the model's type; dense presets have one of their own.
  const keepsBf16 = preset.format === 'plain' ? preset.name === 'bf16' : model.dtype === 'bf16';
  if (keepsBf16 && has < bf16Capability) found.push({ code: 'no-bf16', values: { needed: bf16Capability, found: has } });
  return found;
}

function ofShapes(preset: Preset, model: PresetModel, asks: Requirements, parallel: number): Refusal[] {
  const { columns: whole, kernel, split } = asks;
  if (whole === undefined && !kernel && !(split && parallel > 1)) return [];
  const scheme = preset.scheme?.(model.inventory);
  const found = new Map<RefusalCode, { readonly values: Refusal['values']; kinds: number }>();
  const refuse = (code: RefusalCode, values: Refusal['values']): void => {
    const known = found.get(code);
    if (known) known.kinds++;
    else found.set(code, { values, kinds: 1 });
  };
  const shards = shardsOf(model.inventory);
  for (const entry of model.inventory.entries) {
    if (entry.role !== 'linear' || entry.tiedTo !== undefined || entry.buffer || !scheme || scheme.takes(entry) !== undefined) continue;
    const matrix = matrixOf(entry);
    if (!matrix) continue;
    const { rows, columns } = linearsOf(matrix, entry);
    if (whole !== undefined && columns % whole !== 0) refuse('group-splits-row', { tensor: entry.name, columns, groupSize: whole });
    else checkShard(entry, { rows, columns }, shards(entry, parallel), asks, refuse);
  }
  return [...found].map(([code, { values, kinds }]) => ({ code, values: { ...values, kinds } }));
}

interface Sides {
  readonly rows: number;
  readonly columns: number;
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
