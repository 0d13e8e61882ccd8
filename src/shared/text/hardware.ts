/** What formats ask of hardware, in words; the figures are those of the engine's one table. */
import { hardwareOf, type FormatHardware, type HardwareNeed } from '../../engine/index';
import type { Translate } from './translate';

/** Generations by the capability that they begin with: names that no language translates. */
const generations: readonly (readonly [capability: number, name: string])[] = [
  [10, 'Blackwell'],
  [9, 'Hopper'],
  [8.9, 'Ada'],
  [8, 'Ampere'],
  [7.5, 'Turing'],
  [7, 'Volta'],
  [6, 'Pascal'],
];

/** "Turing (7.5)". */
function generation(capability: number, t: Translate): string {
  const name = generations.find(([begins]) => begins === capability)?.[1];
  return name === undefined ? capability.toFixed(1) : t('{0} ({1})', name, capability.toFixed(1));
}

type Say = (t: Translate) => string;

/** Arithmetic of formats that are multiplied as they are. */
const units: Readonly<Partial<Record<HardwareNeed, Say>>> = {
  'bf16-units': (t) => t('BF16 arithmetic'),
  'tf32-units': (t) => t('TF32 arithmetic'),
  'int8-units': (t) => t('INT8 arithmetic'),
  'fp8-units': (t) => t('FP8 arithmetic'),
  'fp8-modelopt': (t) => t('FP8 arithmetic'),
  'fp8-units-alone': (t) => t('FP8 arithmetic'),
  'fp4-units': (t) => t('FP4 arithmetic'),
  'mxfp4-kernels': (t) => t('MXFP4 arithmetic'),
  'mxfp6-units': (t) => t('MXFP6 arithmetic'),
  'mxfp8-units': (t) => t('MXFP8 arithmetic'),
  'mx-quark': (t) => t('MX arithmetic'),
  'w4a8-fp8-kernels': (t) => t('FP8 arithmetic for activations'),
  'w4a8-modelopt': (t) => t('FP8 arithmetic for activations'),
  'sparse-units': (t) => t('sparse tensor cores'),
};

/** Kernels and libraries of formats that are unpacked on the way; others have the library of their method. */
const kernels: Readonly<Partial<Record<HardwareNeed, Say>>> = {
  'gptq-kernels': (t) => t('kernels for GPTQ'),
  'awq-kernels': (t) => t('kernels for AWQ'),
  'awq-modelopt': (t) => t('kernels for AWQ'),
  'weight-only-kernels': (t) => t('kernels that unpack weights'),
  'fp4-weight-only': (t) => t('kernels that unpack FP4 weights and multiply at 16 bits'),
  bitsandbytes: () => 'bitsandbytes',
  'bitsandbytes-int8': () => 'bitsandbytes',
  mlx: () => 'MLX',
  exllamav2: () => 'ExLlamaV2',
  exllamav3: () => 'ExLlamaV3',
  'llama-cpp': () => 'llama.cpp',
};

const platforms: Readonly<Record<Exclude<FormatHardware['platform'], undefined>, Say | undefined>> = {
  'amd-mi300': undefined, // stands with the unit
  'amd-intel-cpu-in-part': (t) => t('AMD, Intel and CPU in part'),
  gptqmodel: (t) => t('AMD, Intel and CPU through GPTQModel'),
  'metal-and-cuda': (t) => t('Apple silicon (Metal); CUDA since 2025'),
  'cuda-and-rocm': (t) => t('GPUs of NVIDIA and AMD, with kernels of its own'),
  pytorch: (t) => t('any GPU that PyTorch runs on'),
  'pytorch-fast-4-bit': (t) => t('any GPU that PyTorch runs on; fast kernels for 4 bits'),
  'onnx-runtime': (t) => t('whatever ONNX Runtime runs on'),
  openvino: (t) => t('CPUs, GPUs and NPUs of Intel'),
  'llama-cpp': (t) => t('any device that llama.cpp runs on: CPU, CUDA, Metal, ROCm, Vulkan, SYCL'),
  'llama-cpp-too': (t) => t('any device with llama.cpp'),
  'bitnet-cpp': (t) => t('CPUs with bitnet.cpp; any GPU that PyTorch runs on, slower'),
};

/** Where a format runs, in clauses: "kernels for…" aside, which the caller may put in front. */
export function hardwareText(need: HardwareNeed, t: Translate): string {
  const { from, refusedBelow, refusedFrom, recommended, fast, native, platform } = hardwareOf(need);
  const first = from ?? refusedBelow;
  const at = (capability: number): string => generation(capability, t);
  const unit = units[need]?.(t) ?? '';
  const clauses = [
    native !== undefined &&
      (platform === 'amd-mi300'
        ? t('{0} on NVIDIA from {1} on, and on AMD from MI300 on', unit, at(native))
        : t('{0} on NVIDIA from {1} on', unit, at(native))),
    first !== undefined &&
      (native === undefined
        ? recommended === undefined
          ? t('NVIDIA from {0} on', at(first))
          : t('NVIDIA from {0} on, better from {1} on', at(first), at(recommended))
        : first < native && t('before that, from {0} on, vLLM unpacks the weights and multiplies at 16 bits', at(first))),
    refusedFrom !== undefined && t('vLLM has no kernels for {0} and newer', at(refusedFrom)),
    fast && t('fast ones (Marlin) from {0} on, in newer versions from {1} on', at(fast.from), at(fast.ofLate)),
    platform && platforms[platform]?.(t),
  ];
  return clauses.filter((clause) => typeof clause === 'string').join(t('; '));
}

/** What has to be there for a format: "kernels for GPTQ: NVIDIA from Volta (7.0) on". */
export function needText(need: HardwareNeed, t: Translate): string {
  if (units[need]) return hardwareText(need, t);
  const name = kernels[need]?.(t) ?? t('the library of this method');
  const where = hardwareText(need, t);
  return where === '' ? name : t('{0}: {1}', name, where);
}
