/**
 * What formats ask of hardware: the one table that refusals, hovers and the panel read. Capabilities are NVIDIA's CUDA compute
 * capability. Where nothing else is cited, sources are those of vLLM 0.33 (vllm-project/vllm): the table of hardware of
 * docs/features/quantization/README.md for `from` and `fast`, and `get_min_capability` in
 * vllm/model_executor/layers/quantization for `refusedBelow`.
 */
import type { Vendor } from '../hardware/device';

/** Devices beside NVIDIA's generations that a format runs on. */
export type Platform =
  /** Multiplied in hardware there, too. */
  | 'amd-mi300'
  | 'amd-intel-cpu-in-part'
  | 'gptqmodel'
  | 'metal-and-cuda'
  | 'cuda-and-rocm'
  | 'pytorch'
  | 'pytorch-fast-4-bit'
  | 'onnx-runtime'
  | 'openvino'
  | 'llama-cpp'
  | 'llama-cpp-too'
  | 'bitnet-cpp';

export interface FormatHardware {
  /** The first generation that the documentation names. */
  readonly from?: number;
  /** Below, the code refuses: no kernel reads the format. */
  readonly refusedBelow?: number;
  /** From which the authors recommend it. */
  readonly recommended?: number;
  /** From here on, there is no kernel any more. */
  readonly refusedFrom?: number;
  /** From which Marlin reads it, which is faster; in newer versions of vLLM and GPTQModel earlier. */
  readonly fast?: { readonly from: number; readonly ofLate: number };
  /** From which the format itself is multiplied; below, weights are unpacked and multiplied at 16 bits, where they are read. */
  readonly native?: number;
  /** Makers whose devices the format's programs run on; left out: no restriction is known. */
  readonly vendors?: readonly Vendor[];
  readonly platform?: Platform;
  /** Where the figures stand, beside vLLM's own. */
  readonly source: string;
}

const marlin = { from: 8, ofLate: 7.5 } as const;

export const formatHardware = {
  // vllm/platforms/cuda.py, check_if_supports_dtype.
  'bf16-units': { native: 8, source: 'vllm-project/vllm: vllm/platforms/cuda.py' },
  'tf32-units': { native: 8, source: 'NVIDIA A100 whitepaper, "TF32"' },
  // "INT8 is not supported on compute capability >= 10.0".
  'int8-units': {
    refusedBelow: 7.5,
    refusedFrom: 10,
    native: 7.5,
    source: 'vllm-project/vllm: docs/features/quantization/llm_compressor/int8_w8a8.md',
  },
  // fp8.py and w8a16_fp8: 7.5 by Marlin; documented from Ampere on.
  'fp8-units': {
    from: 8,
    refusedBelow: 7.5,
    native: 8.9,
    platform: 'amd-mi300',
    source: 'vllm-project/vllm: docs/features/quantization/README.md, fp8.md',
  },
  'fp8-modelopt': {
    from: 8,
    refusedBelow: 8,
    native: 8.9,
    platform: 'amd-mi300',
    source: 'vllm-project/vllm: model_executor/layers/quantization/modelopt.py',
  },
  // quark/schemes/quark_w8a8_fp8.py; torchao's quant_api.py asks for 8.9, MI300 or MI350.
  'fp8-units-alone': {
    refusedBelow: 8.9,
    native: 8.9,
    platform: 'amd-mi300',
    source: 'vllm-project/vllm: model_executor/layers/quantization/quark; pytorch/ao: torchao/quantization/quant_api.py',
  },
  // Unpacked and multiplied at 16 bits wherever PyTorch runs.
  'fp8-e5m2': { platform: 'pytorch', source: 'ModelCloud/GPTQModel: gptqmodel/nn_modules/qlinear/fp8.py' },
  // compressed_tensors_w4a4_nvfp4.py.
  'fp4-units': {
    from: 8,
    refusedBelow: 7.5,
    native: 10,
    source: 'vllm-project/llm-compressor: docs/steps/choosing-scheme.md',
  },
  'fp4-weight-only': { from: 8, refusedBelow: 7.5, source: 'vllm-project/vllm: compressed_tensors_w4a16_nvfp4.py' },
  'mxfp4-kernels': {
    from: 8,
    refusedBelow: 8,
    native: 10,
    platform: 'llama-cpp-too',
    source: 'vllm-project/llm-compressor: docs/steps/choosing-scheme.md; huggingface/transformers: docs on mxfp4',
  },
  'mxfp6-units': { native: 10, source: 'vllm-project/compressed-tensors: compressors/mxfp6' },
  'mxfp8-units': { refusedBelow: 7.5, native: 10, source: 'vllm-project/llm-compressor: docs/steps/choosing-scheme.md' },
  // quark/schemes: ocp_mx.
  'mx-quark': { refusedBelow: 7, native: 10, source: 'vllm-project/vllm: model_executor/layers/quantization/quark' },
  // auto_gptq.py reads it from 6.0 on, which is older than what vLLM documents; GPTQModel's table of platforms.
  'gptq-kernels': {
    from: 7,
    refusedBelow: 6,
    fast: marlin,
    platform: 'gptqmodel',
    source: 'ModelCloud/GPTQModel: README.md',
  },
  'awq-kernels': { from: 7.5, refusedBelow: 7.5, fast: marlin, source: 'vllm-project/vllm: auto_awq.py' },
  // ModelOpt's own files of INT4: nothing is refused by code that was read.
  'awq-modelopt': { from: 7.5, fast: marlin, source: 'vllm-project/vllm: docs/features/quantization/README.md' },
  // compressed_tensors_wNa16.py and wNa8.py.
  'weight-only-kernels': { refusedBelow: 7.5, source: 'vllm-project/llm-compressor: docs/steps/choosing-scheme.md' },
  // compressed_tensors_w4a8_fp8.py.
  'w4a8-fp8-kernels': { refusedBelow: 9, native: 9, source: 'vllm-project/llm-compressor: docs/steps/choosing-scheme.md' },
  'w4a8-modelopt': { native: 9, source: 'vllm-project/llm-compressor: docs/steps/choosing-scheme.md' },
  'sparse-units': { native: 8, source: 'NVIDIA A100 whitepaper, "Fine-grained structured sparsity"' },
  // The README's table of accelerators: 6.0 at least, 7.5 recommended; LLM.int8 from 7.5 on.
  bitsandbytes: {
    refusedBelow: 6,
    recommended: 7.5,
    vendors: ['NVIDIA', 'AMD', 'Intel', 'Apple'],
    platform: 'amd-intel-cpu-in-part',
    source: 'bitsandbytes-foundation/bitsandbytes: README.md',
  },
  'bitsandbytes-int8': {
    refusedBelow: 7.5,
    vendors: ['NVIDIA', 'AMD', 'Intel', 'Apple'],
    platform: 'amd-intel-cpu-in-part',
    source: 'bitsandbytes-foundation/bitsandbytes: README.md',
  },
  // transformers (quantizers/quantizer_eetq.py) asks for a CUDA device, which ROCm's are too.
  eetq: { from: 7, vendors: ['NVIDIA', 'AMD'], source: 'NetEase-FuXi/EETQ: setup.py (TORCH_CUDA_ARCH_LIST)' },
  hqq: { platform: 'pytorch-fast-4-bit', source: 'mobiusml/hqq: README.md' },
  torchao: { refusedBelow: 7.5, platform: 'pytorch', source: 'vllm-project/vllm: model_executor/layers/quantization/torchao.py' },
  // quark/schemes: w4a16_int4.
  'quark-integers': { refusedBelow: 7, platform: 'pytorch', source: 'vllm-project/vllm: model_executor/layers/quantization/quark' },
  // mlx-lm 0.32: Metal, or CUDA and the processor as extras.
  mlx: { vendors: ['Apple', 'NVIDIA'], platform: 'metal-and-cuda', source: 'ml-explore/mlx-lm: setup.py' },
  'onnx-runtime': { platform: 'onnx-runtime', source: 'microsoft/onnxruntime' },
  openvino: { vendors: ['Intel'], platform: 'openvino', source: 'openvinotoolkit/nncf' },
  exllamav2: { platform: 'cuda-and-rocm', source: 'turboderp-org/exllamav2: .github/workflows' },
  // Instructions that come with a generation: copies past the registers (cp.async) and mma.m16n8k16 with Ampere, wmma with Volta.
  exllamav3: { from: 8, source: 'turboderp-org/exllamav3: exllamav3_ext/ptx.cuh (cp.async)' },
  aqlm: { refusedBelow: 6, source: 'vllm-project/vllm: model_executor/layers/quantization/aqlm.py' },
  vptq: { from: 7, source: 'microsoft/VPTQ: .github/workflows/scripts/build.sh (TORCH_CUDA_ARCH_LIST)' },
  quip: { from: 7, source: 'Cornell-RelaxML/quip-sharp: quiptools/quiptools.cu (wmma)' },
  qtip: { from: 8, source: 'Cornell-RelaxML/qtip: qtip-kernels/src/inference.cu (mma.m16n8k16)' },
  spqr: { from: 8, source: 'Vahe1994/SpQR: inference_kernels/spqr_cuda_kernel.cu (cp.async)' },
  bitnet: { platform: 'bitnet-cpp', source: 'microsoft/BitNet: README.md' },
  'llama-cpp': { platform: 'llama-cpp', source: 'ggml-org/llama.cpp: README.md' },
} as const satisfies Readonly<Record<string, FormatHardware>>;

export type HardwareNeed = keyof typeof formatHardware;

/** By how the scheme's name begins (a preset's, or `Checkpoint.scheme`); the first that fits. */
const bySchemes: readonly (readonly [RegExp, HardwareNeed])[] = [
  [/^bf16$/, 'bf16-units'],
  [/^tf32$/, 'tf32-units'],
  // llama.cpp's file types, which alone of all names begin with a capital.
  [/^[A-Z]/, 'llama-cpp'],
  [/^mlx/, 'mlx'],
  [/^w8a8-int8/, 'int8-units'],
  [/^(fp8|quark-fp8)-e5m2/, 'fp8-e5m2'],
  [/^fp8-tensor$/, 'fp8-modelopt'],
  [/^fp8/, 'fp8-units'],
  [/^(quark-fp8|torchao-float8)/, 'fp8-units-alone'],
  [/^nvfp4(-w4)?a16/, 'fp4-weight-only'],
  [/^(autoround-|fp-quant-)?nvfp4/, 'fp4-units'],
  [/^quark-mx/, 'mx-quark'],
  [/^(autoround-|fp-quant-)?mxfp4/, 'mxfp4-kernels'],
  [/^mxfp6/, 'mxfp6-units'],
  [/^mxfp8/, 'mxfp8-units'],
  [/^(gptq|autoround)/, 'gptq-kernels'],
  [/^awq/, 'awq-kernels'],
  [/^modelopt-int4-awq/, 'awq-modelopt'],
  [/^w4a8-fp8/, 'w4a8-fp8-kernels'],
  [/^(modelopt-)?w4a8-awq/, 'w4a8-modelopt'],
  [/^w\d+a16|^w4a8/, 'weight-only-kernels'],
  [/^sparse24/, 'sparse-units'],
  [/^bnb-int8/, 'bitsandbytes-int8'],
  [/^bnb/, 'bitsandbytes'],
  [/^eetq/, 'eetq'],
  [/^hqq/, 'hqq'],
  [/^torchao/, 'torchao'],
  [/^quark/, 'quark-integers'],
  [/^onnx/, 'onnx-runtime'],
  [/^openvino/, 'openvino'],
  [/^exl2/, 'exllamav2'],
  [/^exl3/, 'exllamav3'],
  [/^aqlm/, 'aqlm'],
  [/^vptq/, 'vptq'],
  [/^quip/, 'quip'],
  [/^qtip/, 'qtip'],
  [/^spqr/, 'spqr'],
  [/^bitnet/, 'bitnet'],
];

/** What a scheme asks of hardware; `undefined` where nothing is known, and for plain 16 and 32 bits that run anywhere. */
export const hardwareNeedOf = (scheme: string): HardwareNeed | undefined => bySchemes.find(([name]) => name.test(scheme))?.[1];

export const hardwareOf = (need: HardwareNeed): FormatHardware => formatHardware[need];

export const isHardwareNeed = (code: string): code is HardwareNeed => Object.hasOwn(formatHardware, code);
