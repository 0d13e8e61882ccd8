import type { Device, Vendor } from '../../../hardware/device';
import { atLeast } from '../versions';
import type { EngineId } from '../ids';

/**
 * How an engine runs on a device. `own`: as the rules have it. `backend`: by a back end of its own that the rules were not read for.
 * `plugin`: by code that is not the engine's, with memory of its own. `none`: not at all. `unsure`: nothing that was read says.
 */
export type Reach =
  | { readonly kind: 'own' | 'none' | 'unsure' }
  | { readonly kind: 'backend' | 'plugin'; readonly by: string }
  | { readonly kind: 'older'; readonly needs: string; readonly has: string };

interface Question {
  readonly device: Device;
  readonly version: string;
  /** The name of the weights' scheme. */
  readonly scheme: string;
}

const own: Reach = { kind: 'own' };
const none: Reach = { kind: 'none' };
const unsure: Reach = { kind: 'unsure' };
const backend = (by: string): Reach => ({ kind: 'backend', by });
const plugin = (by: string): Reach => ({ kind: 'plugin', by });

type ByVendor = Partial<Readonly<Record<Vendor, Reach>>>;

const isGaudi = ({ architecture }: Device): boolean => /gaudi/i.test(architecture ?? '');

/** CUDA compute capability; `undefined` where the catalogue has none. */
const capabilityOf = ({ vendor, architecture }: Device): number | undefined =>
  vendor === 'NVIDIA' && /^\d+\.\d+$/.test(architecture ?? '') ? Number(architecture) : undefined;

/** What no build of an engine has kernels for. */
const olderThan = (device: Device, least: number): Reach | undefined => {
  const has = capabilityOf(device);
  return has !== undefined && has < least ? { kind: 'older', needs: least.toFixed(1), has: has.toFixed(1) } : undefined;
};

/** vllm/platforms and docs/getting_started/installation of the source distributions, 0.10.2 to 0.33.0; plug-ins of vllm-project. */
const vllm: ByVendor = {
  NVIDIA: own,
  AMD: own,
  Intel: backend('XPU'),
  Apple: plugin('vllm-metal'),
  Google: plugin('tpu-inference'),
  AWS: plugin('vllm-neuron'),
  Huawei: plugin('vllm-ascend'),
};

/** python/sglang/srt/utils/common.py (get_device), 0.5.10; docs/hardware-platforms: apple_metal, ascend, tpu. */
const sglang: ByVendor = {
  NVIDIA: own,
  AMD: own,
  Intel: backend('XPU'),
  Huawei: backend('NPU'),
  Google: plugin('sglang-jax'),
};

/** text-generation-inference 3.3: docs/source/installation_*.md and backends. */
const tgi: ByVendor = {
  NVIDIA: own,
  AMD: own,
  Intel: backend('IPEX'),
  AWS: plugin('TGI Neuron'),
  Google: plugin('optimum-tpu'),
};

/** Makers whose devices none of llama.cpp's back ends is for: README.md of ggml-org/llama.cpp, "Supported backends". */
const withoutGgml: ReadonlySet<Vendor> = new Set(['Google', 'AWS', 'Groq', 'Cerebras']);
const ggml = ({ device }: Question): Reach => (device.vendor !== null && withoutGgml.has(device.vendor) ? none : own);

const byVendor = (table: ByVendor, { vendor }: Device, others: Reach): Reach => (vendor === null ? own : (table[vendor] ?? others));

const engines: Readonly<Record<EngineId, (question: Question) => Reach>> = {
  vllm: ({ device }) =>
    isGaudi(device)
      ? plugin('vllm-gaudi')
      : // CMakeLists.txt, CUDA_SUPPORTED_ARCHS: 7.0 is the least of any build.
        (olderThan(device, 7) ?? byVendor(vllm, device, unsure)),
  sglang: ({ device, version }) =>
    device.vendor === 'Apple'
      ? // sgl-project/sglang#19137: none before February 2026; from there on MLX runs the layers.
        atLeast(version, '0.5.10') && device.class !== 'phone'
        ? plugin('MLX')
        : none
      : isGaudi(device)
        ? backend('HPU')
        : byVendor(sglang, device, unsure),
  'llama.cpp': ggml,
  ollama: ggml,
  'lm-studio': ggml,
  // docs/source/legacy/reference/support-matrix.md of NVIDIA/TensorRT-LLM: GPUs by NVIDIA.
  'tensorrt-llm': ({ device }) => byVendor({ NVIDIA: own }, device, none),
  // ml-explore/mlx docs/src/install.rst: Metal and CUDA (mlx 0.27, with mlx-lm 0.26), capability 7.0 at first; ROCm is a draft (#2300).
  mlx: ({ device, version }) =>
    olderThan(device, 7) ?? byVendor({ Apple: own, NVIDIA: atLeast(version, '0.26') ? backend('CUDA') : none }, device, none),
  transformers: () => own,
  // README.md of turboderp-org/exllamav3: ROCm is on its to-do list; that of exllamav2 has wheels for ROCm.
  exllama: ({ device, scheme }) => byVendor({ NVIDIA: own, ...(!/^exl3/.test(scheme) && { AMD: backend('ROCm') }) }, device, none),
  tgi: ({ device }) => (isGaudi(device) ? plugin('TGI Gaudi') : byVendor(tgi, device, none)),
};

/** How an engine runs on a device of the catalogue. */
export const reachOf = (engine: EngineId, question: Question): Reach => engines[engine](question);
