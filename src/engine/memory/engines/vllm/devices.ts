import type { Machine } from '../run';

/** What vLLM asks of a device beside its memory. */
export interface DeviceTraits {
  /** Streaming multiprocessors: the sampler keeps one row of logits for each. */
  readonly multiprocessors: number;
  /** CUDA compute capability; 0 where it is not known or there is none. */
  readonly capability: number;
  /** Bytes that the driver reports; 0 where that is not known. */
  readonly memory: number;
  readonly name: string;
  readonly rocm: boolean;
}

/** Streaming multiprocessors by the name of the device (NVIDIA's data sheets and architecture white papers). */
const multiprocessors: readonly (readonly [RegExp, number])[] = [
  [/h100 pcie/i, 114],
  [/h100|h200|gh200|h800|h20\b/i, 132],
  [/b200|gb200|b300|gb300/i, 148],
  [/a100|a800/i, 108],
  [/l40s?\b|rtx 6000 ada/i, 142],
  [/\bl4\b/i, 58],
  [/a10g?\b/i, 72],
  [/t4\b/i, 40],
  [/v100/i, 80],
  [/rtx pro 6000/i, 188],
  [/5090/, 170],
  [/4090/, 128],
  [/3090/, 82],
  [/gb10|dgx spark/i, 48],
];
const typical = 132;

export function traitsOf({ device, memory = 0 }: Machine): DeviceTraits {
  const name = device?.name ?? '';
  const capability = Number(/^\d+\.\d+$/.exec(device?.architecture ?? '')?.[0] ?? 0);
  return {
    multiprocessors: multiprocessors.find(([pattern]) => pattern.test(name))?.[1] ?? typical,
    capability,
    memory,
    name,
    rocm: device?.vendor === 'AMD',
  };
}

const MiB = 2 ** 20;

/**
 * Workspace that PyTorch gives cuBLAS at its first product: 32 MiB on Hopper, 8.125 MiB before and after it
 * (aten/src/ATen/cuda/CublasHandlePool.cpp, getChosenWorkspaceSize); 32 MiB on data-center Blackwell too since 2.8.
 */
export const cublasWorkspace = ({ capability, memory }: DeviceTraits): number =>
  (capability >= 9 && capability < 12) || (capability === 0 && memory >= 70 * 2 ** 30) ? 32 * MiB : 8.125 * MiB;
