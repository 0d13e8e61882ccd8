import type { Basis } from '../../basis';
import { bySource } from '../schemes/basis';
import { plain, withActivations } from '../schemes/compressedTensors';
import { fp8Block, fp8Channel, fp8Rows, fp8Tensor } from '../schemes/fp8';
import { stackedLinearLayers } from '../selection';
import { schemePreset, type SchemeFacts } from './preset';

const facts = (source: string, kind: SchemeFacts['evidence']['kind']): SchemeFacts => ({
  format: 'FP8',
  computeDtype: 'fp8',
  evidence: { source, kind },
});

const modelOpt = facts('NVIDIA/Model-Optimizer: modelopt/torch/export', 'source');
const compressedTensors =
  'vllm-project/compressed-tensors 0.20: src/compressed_tensors/quantization/quant_scheme.py, compressors/naive_quantized';
const transformers = facts('huggingface/transformers: src/transformers/integrations/finegrained_fp8.py', 'source');
// Multiplied at 16 bits: no kernel takes weights of E5M2.
const gptqModel: SchemeFacts = {
  format: 'FP8',
  evidence: { source: 'ModelCloud/GPTQModel: gptqmodel/nn_modules/qlinear/fp8.py', kind: 'source' },
};

const staticActivations: Basis = { kind: 'rule', reasons: ['static-activations'] };
const e5m2 = { dtype: 'F8_E5M2', basis: bySource, takes: stackedLinearLayers } as const;

export const fp8Presets = [
  schemePreset(
    // F32 scales of weights and, measured beforehand, of activations.
    fp8Tensor({ name: 'fp8-tensor', scalars: ['weight_scale', 'input_scale'], scale: 'F32', basis: staticActivations }),
    modelOpt,
  ),
  // llm-compressor's scheme FP8.
  schemePreset(
    withActivations(plain({ name: 'fp8-tensor-static', dtype: 'F8_E4M3', strategy: 'tensor', basis: staticActivations }), [
      { side: 'input', strategy: 'tensor', groupSize: 0, local: false },
    ]),
    facts(compressedTensors, 'writer'),
  ),
  // FineGrainedFP8Config without a block size.
  schemePreset(
    fp8Tensor({ name: 'fp8-tensor-dynamic', scalars: ['weight_scale_inv'], scale: 'F32', shape: [1, 1], basis: bySource }),
    transformers,
  ),
  schemePreset(fp8Channel('fp8-channel'), facts('vllm-project/llm-compressor: FP8_DYNAMIC', 'checkpoint')),
  schemePreset(fp8Block({ name: 'fp8-block128' }), facts('deepseek-ai/DeepSeek-V3: README_WEIGHTS.md', 'checkpoint')),
  // llm-compressor's scheme FP8_BLOCK: scales of the model's own type, as Qwen's FP8 files have them.
  schemePreset(plain({ name: 'fp8-block128-ct', dtype: 'F8_E4M3', strategy: 'block' }), facts(compressedTensors, 'writer')),
  // FineGrainedFP8Config(scale_fmt="ue8m0"): scales are powers of two in a byte.
  schemePreset(fp8Block({ name: 'fp8-block128-ue8m0', scale: 'F8_E8M0', basis: bySource }), transformers),
  schemePreset(fp8Rows({ name: 'fp8-e5m2-channel', suffix: 'weight_scale_inv', ...e5m2 }), gptqModel),
  schemePreset(fp8Tensor({ name: 'fp8-e5m2-tensor', scalars: ['weight_scale_inv'], scale: 'F32', ...e5m2 }), gptqModel),
];
