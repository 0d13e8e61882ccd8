import { gib, type UsableMemory, type UsableRule } from './device';

interface Share {
  /** Parts of the maker's memory: the figure used, and the ends of the band. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
  /** Taken off the low end: what a desktop holds on a card that also draws the screen. */
  readonly desktopBytes?: number;
}

/**
 * The part of the maker's memory that a program gets, per kind of device. Each `share` is the lowest or nearly the lowest
 * that was printed by a runtime, so that "fits" errs on the safe side; the band holds the other observations.
 *
 * - `nvidia-hbm`: CUDA totals of A100 40 GB 39.38 to 39.56 GiB, A100 80 GB 79.15 to 79.25, H100 79.18, GH200 95.0 of 96,
 *   H200 139.72 of 141 (vLLM start logs: #16378, #10511, #15394, alint77/jupiter-glm52-vllm-worklog), V100 31.74 of 32
 *   (liucongg/ChatGLM-Finetuning#73), H100 NVL 93.00 of 94 (ali-vilab/VACE#56), B200 178.35 of 180 (pytorch/ao#4002).
 * - `nvidia-gddr-ecc`: server cards with GDDR and ECC on: T4 14.56 to 14.74 of 16, L4 22.05 to 22.16 of 24, A10G 21.99 of 24
 *   (vLLM start logs); the high end is ECC off.
 * - `nvidia-workstation`: RTX A6000 44.55 of 48 with ECC on (vllm-project/vllm#16141), at least 47.15 with ECC off
 *   (llama.cpp logs, 48,280 MiB free).
 * - `nvidia-gddr7-ecc`: RTX PRO 6000 97,887 of 98,304 MiB by nvidia-smi (ai-dynamo/aiconfigurator) less about 0.5 GiB.
 * - `nvidia-consumer`: RTX 4090 23.52 to 23.68 of 24, RTX 3090 23.55 to 23.68 of 24, RTX 5090 31.37 of 32
 *   (Wan-Video/Wan2.1#465), RTX 3080 9.78 of 10 (zai-org/CogVideo#34); with WSL the whole of it is reported. Windows' display
 *   driver holds back 0.5 to 1 GB: the low end.
 * - `nvidia-jetson`: memory is shared with the system: 7.2 GB, and 6.3 before a firmware update, of the Orin Nano's 8
 *   (cranky-cyborg/Jetson-Flash-Manager#1).
 * - `amd-instinct`: MI300X 191.98 of 192 GiB (cmontemuino/amd-mi300x-ml-benchmarks); 185.72 free before loading (SGLang log).
 * - `amd-radeon`: by analogy with consumer cards; a 24 GB card printed 23.98 GiB (vllm-project/vllm#15018).
 * - `amd-shared`: Linux gives the GPU half of the memory unless told otherwise (rjmalagon/ollama-linux-amd-apu#4;
 *   antirez/ds4#475: 63,968 MiB of 128 GB); Vulkan addresses 111.65 GiB of 128 (unslothai/unsloth#10418).
 * - `intel-arc`: A770 15,473 of 16,384 MiB (ggml-org/llama.cpp#27968), Arc Pro B70 32,156 of 32,768 MiB
 *   (intel/compute-runtime#998), A750 6.33 of 8 GiB under WSL (intel/compute-runtime#586).
 * - `intel-datacenter`: first-generation Gaudi 29.85 of 32 (huggingface/optimum-habana#89).
 * - `google-tpu`: TPU v6e 33,550,237,696 bytes of 32 GiB (vllm-project/vllm#16211).
 * - `huawei-ascend`: 60.79 to 61.10 GiB of 64 (SGLang and vllm-ascend start logs).
 * - `phone-app-share`: an app gets a part: iPhone 15 Pro 3, with an entitlement 6, of 8 GB (introlab/rtabmap#1446); iPhone 13 Pro
 *   3.12 and 4.20 of 6 (a-ghorbani/pocketpal-ai#651).
 * - `shared-memory`: boards and laptops whose memory is the system's; no measurement, an assumption.
 * - `unmeasured`: nothing published was found; an assumption between the lowest and highest of the above server devices.
 * - `custom`: a device described by the person who owns it, with its marketing memory.
 */
const shares: Readonly<Record<Exclude<UsableRule, 'measured-range' | 'apple-default-limit'>, Share>> = {
  'nvidia-hbm': { share: 0.984, low: 0.984, high: 0.992 },
  'nvidia-gddr-ecc': { share: 0.916, low: 0.905, high: 0.985 },
  'nvidia-workstation': { share: 0.928, low: 0.92, high: 0.985 },
  'nvidia-gddr7-ecc': { share: 0.985, low: 0.98, high: 0.996 },
  'nvidia-consumer': { share: 0.978, low: 0.978, high: 1, desktopBytes: 1e9 },
  'nvidia-jetson': { share: 0.8, low: 0.7, high: 0.9 },
  'amd-instinct': { share: 0.995, low: 0.967, high: 1 },
  'amd-radeon': { share: 0.978, low: 0.978, high: 1, desktopBytes: 1e9 },
  'amd-shared': { share: 0.5, low: 0.5, high: 0.875 },
  'intel-arc': { share: 0.944, low: 0.79, high: 0.985 },
  'intel-datacenter': { share: 0.93, low: 0.9, high: 0.99 },
  'google-tpu': { share: 0.976, low: 0.97, high: 0.99 },
  'huawei-ascend': { share: 0.949, low: 0.94, high: 0.96 },
  'phone-app-share': { share: 0.5, low: 0.375, high: 0.75 },
  'shared-memory': { share: 0.75, low: 0.5, high: 0.9 },
  unmeasured: { share: 0.93, low: 0.9, high: 1 },
  custom: { share: 0.95, low: 0.9, high: 1 },
};

/**
 * macOS limits what the GPU may hold ("recommendedMaxWorkingSetSize"; `iogpu.wired_limit_mb` overrides it). Older systems give
 * 2/3 up to 36 GB and 3/4 above: the figure used. Newer ones give more: the high end.
 * Seen: 8 GB 5,460 MiB, 16 GB 10,922 and 12,124, 24 GB 16,382 and 18,185 MiB (llama.cpp logs); 32 GB 25,557 MiB and 36 GB
 * 30,150.67 MB (public llama.cpp logs); 128 GB 107.52 GiB (antirez/ds4#893).
 */
function appleLimit(memoryBytes: number): Share {
  const small = memoryBytes <= 36 * gib;
  return small ? { share: 2 / 3, low: 2 / 3, high: 0.78 } : { share: 3 / 4, low: 3 / 4, high: 0.84 };
}

/** Usable memory by rule, for a device whose maker states `memoryBytes`. */
export function estimateUsable(memoryBytes: number, rule: Exclude<UsableRule, 'measured-range'>): UsableMemory {
  const { share, low, high, desktopBytes = 0 } = rule === 'apple-default-limit' ? appleLimit(memoryBytes) : shares[rule];
  return {
    bytes: Math.floor(memoryBytes * share),
    basis: {
      kind: 'approximate',
      rule,
      lowBytes: Math.max(0, Math.floor(memoryBytes * low - desktopBytes)),
      highBytes: Math.floor(memoryBytes * high),
    },
  };
}

/** What a runtime (CUDA, HIP, SYCL, XLA) printed as the device's total. GiB as printed, usually two decimals: rounded down. */
export function reported(gibibytes: number, source: string): UsableMemory {
  return { bytes: Math.floor(gibibytes * gib), basis: { kind: 'exact', source, reports: 'runtime' } };
}

/** The same in bytes. */
export function reportedBytes(bytes: number, source: string): UsableMemory {
  return { bytes, basis: { kind: 'exact', source, reports: 'runtime' } };
}

/** nvidia-smi's total in MiB, from which the driver's own part is still to be taken. */
export function driverTotal(mebibytes: number, source: string): UsableMemory {
  return { bytes: mebibytes * 2 ** 20, basis: { kind: 'exact', source, reports: 'driver' } };
}

/** Different totals seen on the same device (ECC, system load): the figure used and the ends, in GiB. */
export function measuredRange(used: number, low: number, high: number, source: string): UsableMemory {
  return {
    bytes: Math.floor(used * gib),
    basis: { kind: 'approximate', rule: 'measured-range', lowBytes: Math.floor(low * gib), highBytes: Math.floor(high * gib), source },
  };
}
