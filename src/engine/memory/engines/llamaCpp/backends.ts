import type { Device } from '../../../hardware/device';
import type { Tensor } from './ggml/tensors';
import type { SchedulerBackend } from './ggml/schedule';
import type { Version } from './versions';
import { blockSize, rowBytes } from '../../../quantization/gguf/ggmlTypes';

/** A family of devices as ggml names it. */
export type BackendKind = 'CUDA' | 'ROCm' | 'Metal' | 'Vulkan' | 'SYCL';

export interface Backend extends SchedulerBackend {
  /** As logs print it: "CUDA0". */
  readonly name: string;
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

/** ggml_backend_cuda_buffer_type_get_alloc_size. */
export const cudaSize = (tensor: Pick<Tensor, 'size' | 'type' | 'ne'>): number => tensor.size + rowPaddingOf(tensor);

export function rowPaddingOf({ type, ne: [columns] }: Pick<Tensor, 'type' | 'ne'>): number {
  const over = columns % rowPadding;
  return blockSize(type) > 1 && over !== 0 ? rowBytes(type, rowPadding - over) : 0;
}

/**
 * @param names as `--device` lists them ("Vulkan0,Vulkan1"), else by the maker of the device.
 */
export function backendsOf(device: Device | undefined, count: number, names: readonly string[] | undefined, version: Version): Backends {
  const kind = names?.[0] === undefined ? kindOf(device) : kindOfName(names[0]);
  const padded = kind === 'CUDA' || kind === 'ROCm' || kind === 'SYCL';
  const devices = (names ?? Array.from({ length: count }, (_, index) => nameOf(kind, index, version))).map((name): Backend => ({
    name,
    alignment: alignments[kind],
    sizeOf: padded ? cudaSize : plainSize,
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

const kindOfName = (name: string): BackendKind => {
  const bare = name.replace(/\d+$/, '').toLowerCase();
  if (bare === 'mtl' || bare === 'metal') return 'Metal';
  if (bare === 'hip' || bare === 'rocm') return 'ROCm';
  return (['CUDA', 'Vulkan', 'SYCL'] as const).find((kind) => kind.toLowerCase() === bare) ?? 'CUDA';
};

/** Apple's is numbered since the backend was rewritten for several devices (b7900). */
const nameOf = (kind: BackendKind, index: number, { build }: Version): string =>
  kind === 'Metal' ? (build >= 7900 ? `MTL${String(index)}` : 'Metal') : `${kind}${String(index)}`;
