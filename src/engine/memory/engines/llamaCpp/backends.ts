import type { Device } from '../../../hardware/device';
import { memories } from '../machine';
import type { Machine } from '../run';
import type { Tensor } from './ggml/tensors';
import type { SchedulerBackend } from './ggml/schedule';
import type { Version } from './versions';
import { blockSize, rowBytes } from '../../../quantization/gguf/ggmlTypes';

/** A family of devices as ggml names it. */
export type BackendKind = 'CUDA' | 'ROCm' | 'Metal' | 'Vulkan' | 'SYCL';

export interface Backend extends SchedulerBackend {
  /** As logs print it: "CUDA0". */
  readonly name: string;
  /** Bytes that the driver reports; `undefined` of the CPU, and where that is not known. */
  readonly memory?: number;
  /** Rows that a device's part of a split matrix begins at a multiple of. */
  readonly rowRounding?: number;
}

/** The devices of a run and, last, the CPU. */
export interface Backends {
  readonly kind: BackendKind | undefined;
  readonly all: readonly Backend[];
  /** Index of the CPU. */
  readonly cpu: number;
  /** Where graphs stage what the CPU computes: pinned memory of the first device, if it has any. */
  readonly host: string;
  /** Whether splits of several devices run one behind the other: needs events, which CUDA and ROCm have. */
  readonly pipelines: boolean;
}

/** By the maker, as the official builds are: CUDA, HIP, Metal, SYCL; Vulkan for the rest. */
export function kindOf(device: Device | undefined): BackendKind {
  switch (device?.vendor) {
    case 'AMD':
      return 'ROCm';
    case 'Apple':
      return 'Metal';
    case 'Intel':
      return 'SYCL';
    case 'NVIDIA':
    case undefined:
      return 'CUDA';
    default:
      return 'Vulkan';
  }
}

/** Bytes that tensors begin at a multiple of: get_alignment in ggml-cuda.cu, ggml-metal.m, ggml-vulkan.cpp, ggml-sycl.cpp. */
const alignments: Readonly<Record<BackendKind, number>> = { CUDA: 128, ROCm: 128, Metal: 32, Vulkan: 64, SYCL: 128 };
/** TENSOR_ALIGNMENT of ggml-backend.cpp, also of pinned memory. */
const cpuAlignment = 32;
/** Rows of quantized matrices are read in steps of 512 values: MATRIX_ROW_PADDING of ggml-cuda. */
const rowPadding = 512;

const plainSize = ({ size }: Tensor): number => size;

/**
 * ggml_backend_cuda_buffer_type_get_alloc_size; since v0.5.0 with room for a cache of another type at F16, which the kernels for
 * whole batches need (ggml_cuda_flash_attn_ext_get_alloc_size).
 */
function cudaSize(tensor: Tensor, version: Version): number {
  if (tensor.op !== 'attention' || !version.has('cacheCopies')) return tensor.size + rowPaddingOf(tensor);
  const [, k, v] = tensor.src;
  return tensor.size + [k, v].reduce((sum, each) => sum + (each && each.type !== 'F16' ? elementsOf(each) * 2 : 0), 0);
}

const elementsOf = ({ ne: [a, b, c, d] }: Tensor): number => a * b * c * d;

/**
 * ggml_backend_metal_buffer_type_get_alloc_size: some operations keep what they need in between behind their result. Flash attention
 * pads keys, values and mask to 64, marks blocks of 8 queries × 64 keys, and has 32 partial results for up to 32 queries.
 */
function metalSize(tensor: Tensor, version: Version): number {
  if (!version.has('metalScratch')) return tensor.size;
  const [first, second, third, mask] = tensor.src;
  if (tensor.op === 'experts' && first && third) return tensor.size + 4 * first.ne[2] * (1 + third.ne[1]);
  if (tensor.op === 'sort') return tensor.size * 2;
  if (tensor.op !== 'attention' || !first || !second || !third) return tensor.size;
  const rowsOf = ({ nb, ne }: Tensor): number => nb[1] * ne[2] * ne[3];
  const pad = 64 * (rowsOf(second) + rowsOf(third) + (mask ? 2 * mask.ne[1] * mask.ne[2] * mask.ne[3] : 0));
  const blocks = mask ? Math.ceil((Math.ceil(mask.ne[0] / 64) * Math.ceil(first.ne[1] / 8) * mask.ne[2] * mask.ne[3]) / 32) * 32 : 0;
  const partial = 4 * Math.min(first.ne[1], 32) * first.ne[2] * first.ne[3] * 32 * (third.ne[0] + 2);
  return tensor.size + pad + blocks + partial;
}

export function rowPaddingOf({ type, ne: [columns] }: Pick<Tensor, 'type' | 'ne'>): number {
  const over = columns % rowPadding;
  return blockSize(type) > 1 && over !== 0 ? rowBytes(type, rowPadding - over) : 0;
}

/**
 * @param names as `--device` lists them ("Vulkan0,Vulkan1"), else by the maker of the device.
 */
export function backendsOf(machine: Machine, names: readonly string[] | undefined, version: Version): Backends {
  const { device, count } = machine;
  const all = memories(machine);
  const kind = names?.[0] === undefined ? kindOf(device) : kindOfName(names[0]);
  const sizeOf = kind === 'Metal' ? metalSize : kind === 'Vulkan' ? plainSize : cudaSize;
  const devices = (names ?? Array.from({ length: count }, (_, index) => nameOf(kind, index, version))).map((name, at): Backend => ({
    name,
    ...memoryOf(all[names ? Number(/\d+$/.exec(name)?.[0] ?? at) : at]),
    alignment: alignments[kind],
    rowRounding: rowRoundingOf(kind, device),
    sizeOf: (tensor) => sizeOf(tensor, version),
    // Metal shares its memory with the CPU, and leaves operations where the weights are.
    offloads: kind !== 'Metal',
  }));
  const cpu: Backend = { name: 'CPU', alignment: cpuAlignment, sizeOf: plainSize, offloads: false };
  const pinned = devices.length > 0 && kind !== 'Metal';
  return {
    kind: devices.length > 0 ? kind : undefined,
    all: [...devices, cpu],
    cpu: devices.length,
    host: pinned ? `${kind}_Host` : 'CPU',
    pipelines: kind === 'CUDA' || kind === 'ROCm',
  };
}

/**
 * Rows of a tile of the kernels for quantized matrices (ggml-cuda: get_row_rounding, get_mmq_y_host): 64 on what came before Volta, 128
 * on later devices and on AMD's but RDNA 1. SYCL's split buffers round as CUDA's do.
 */
const rowRoundingOf = (kind: BackendKind, device: Device | undefined): number =>
  kind === 'CUDA' && /^[1-6]\.\d$/.test(device?.architecture ?? '') ? 64 : 128;

const memoryOf = (memory: number | undefined): { readonly memory?: number } => (memory === undefined ? {} : { memory });

const kindOfName = (name: string): BackendKind => {
  const bare = name.replace(/\d+$/, '').toLowerCase();
  if (bare === 'mtl' || bare === 'metal') return 'Metal';
  if (bare === 'hip' || bare === 'rocm') return 'ROCm';
  return (['CUDA', 'Vulkan', 'SYCL'] as const).find((kind) => kind.toLowerCase() === bare) ?? 'CUDA';
};

/** Apple's is numbered since the backend was rewritten for several devices (b7900). */
const nameOf = (kind: BackendKind, index: number, { build }: Version): string =>
  kind === 'Metal' ? (build >= 7900 ? `MTL${String(index)}` : 'Metal') : `${kind}${String(index)}`;
