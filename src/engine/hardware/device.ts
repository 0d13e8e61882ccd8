import type { DeviceProfile } from './deviceProfile';

/** What a device is: figures in bytes, bytes/s and FLOP/s. What no source states stays undefined or null, never 0. */

export const vendors = [
  'NVIDIA',
  'AMD',
  'Intel',
  'Apple',
  'Google',
  'AWS',
  'Huawei',
  'Cambricon',
  'Hygon',
  'Moore Threads',
  'T-Head',
  'Groq',
  'Cerebras',
  'Qualcomm',
  'MediaTek',
  'Horizon',
  'Rockchip',
  'Broadcom',
] as const;
export type Vendor = (typeof vendors)[number];

export const deviceClasses = [
  'datacenter',
  'workstation',
  'consumer',
  'laptop',
  'unified',
  'edge',
  'phone',
  'tpu',
  'npu',
  'custom',
] as const;
export type DeviceClass = (typeof deviceClasses)[number];

/** Number formats of a multiplication; `int4` here is arithmetic, not the storage of weights. */
export type ComputeDtype = 'fp32' | 'tf32' | 'fp16' | 'bf16' | 'fp8' | 'fp6' | 'fp4' | 'int8' | 'int4';

/** Peak of dense matrix arithmetic, without sparsity, in FLOP/s (`int8`: OP/s). */
export type Throughput = Readonly<Partial<Record<'fp32' | 'tf32' | 'fp16' | 'bf16' | 'fp8' | 'fp4' | 'int8', number>>>;

/** `high`: maker or several sources; `medium`: one public list; `low`: press or a list marked as unsure by its authors. */
export type Confidence = 'high' | 'medium' | 'low';

/** Rules of `usableMemory.ts`, by which usable memory is estimated where no source states it. */
export type UsableRule =
  | 'measured-range'
  | 'nvidia-hbm'
  | 'nvidia-gddr-ecc'
  | 'nvidia-workstation'
  | 'nvidia-gddr7-ecc'
  | 'nvidia-consumer'
  | 'nvidia-jetson'
  | 'amd-instinct'
  | 'amd-radeon'
  | 'amd-shared'
  | 'intel-arc'
  | 'intel-datacenter'
  | 'google-tpu'
  | 'huawei-ascend'
  | 'apple-default-limit'
  | 'phone-app-share'
  | 'shared-memory'
  | 'unmeasured'
  | 'custom';

/**
 * Memory that one program can allocate on the device.
 * `exact` is what a runtime or driver reported on such a device, to the digits it printed. `reports: 'driver'` means
 * nvidia-smi's total, of which the driver keeps a part that a program never sees (`allowance.ts` counts it); `log` is a start-up
 * log of this very device, on the person's own machine (`deviceProfile.ts`).
 */
export interface UsableMemory {
  readonly bytes: number;
  readonly basis:
    | { readonly kind: 'exact'; readonly source: string; readonly reports: 'runtime' | 'driver' | 'owner' | 'log' }
    | {
        readonly kind: 'approximate';
        readonly rule: UsableRule;
        readonly lowBytes: number;
        readonly highBytes: number;
        readonly source?: string;
      };
}

/** Remarks, as codes that the surfaces turn into sentences. */
export type DeviceNote =
  | 'announced'
  | 'bandwidth-conflict'
  | 'bandwidth-varies'
  | 'coherent-host-memory'
  | 'ecc-changes-memory'
  | 'fp8-emulated'
  | 'fp8-fnuz'
  | 'int8-reduced'
  | 'memory-conflict'
  | 'memory-up-to'
  | 'memory-variants-unverified'
  | 'multi-die'
  | 'native-dtypes-unverified'
  | 'on-chip-memory'
  | 'power-conflict'
  | 'sparse-headline'
  | 'throughput-conflict'
  | 'throughput-varies'
  | 'unified-memory';

export interface Device {
  /** Unique and stable: what a person types and a setting stores. */
  readonly name: string;
  /** Lower-case short names. Several devices may share one; it is then ambiguous. */
  readonly aliases: readonly string[];
  readonly vendor: Vendor | null;
  readonly class: DeviceClass;
  /** The maker's figure, read in the unit that the maker means; null: unknown. */
  readonly memoryBytes: number | null;
  /** The most that a phone or board with this chip has, when `memoryBytes` is unknown. */
  readonly memoryAtMostBytes?: number;
  /** null exactly when `memoryBytes` is. */
  readonly usable: UsableMemory | null;
  /** Parts that software sees as devices of their own, each with an equal share of the memory. 1 for most. */
  readonly parts: number;
  /** Bytes per second. */
  readonly bandwidth?: number;
  readonly throughput: Throughput;
  /** FP16 of the shader or vector units, FLOP/s. Never a stand-in for matrix throughput. */
  readonly shaderFp16?: number;
  /** Undefined when no source lists them. */
  readonly nativeDtypes?: readonly ComputeDtype[];
  /** CUDA compute capability ("8.9") or the maker's name of the architecture. */
  readonly architecture?: string;
  /** `bytesPerSecond`: of one direction, only where a source says so. */
  readonly interconnect?: { readonly text: string; readonly bytesPerSecond?: number };
  readonly watts?: number;
  readonly year?: number;
  /** Citations; for a device of the person's own, one that says so. */
  readonly sources: readonly string[];
  readonly confidence: Confidence;
  readonly notes: readonly DeviceNote[];
  /** What start-up logs showed of it on the person's own machine, in the order in which that was kept. */
  readonly profiles?: readonly DeviceProfile[];
}

export const gib = 2 ** 30;
export const mib = 2 ** 20;

/** Whether the device multiplies this format in hardware; undefined: not known. */
export function hasNativeDtype(device: Device, dtype: ComputeDtype): boolean | undefined {
  return device.nativeDtypes?.includes(dtype);
}
