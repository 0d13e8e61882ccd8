import { fp8Block, fp8Channel, fp8Tensor } from '../schemes/fp8';
import { schemePreset, type SchemeFacts } from './preset';

const facts = (source: string, kind: SchemeFacts['evidence']['kind']): SchemeFacts => ({
  format: 'FP8',
  computeDtype: 'fp8',
  evidence: { source, kind },
});

export const fp8Presets = [
  schemePreset(
    // NVIDIA ModelOpt: F32 scales of weights and, measured beforehand, of activations.
    fp8Tensor({
      name: 'fp8-tensor',
      scalars: ['weight_scale', 'input_scale'],
      scale: 'F32',
      basis: { kind: 'rule', reasons: ['static-activations'] },
    }),
    facts('NVIDIA/Model-Optimizer: modelopt/torch/export', 'source'),
  ),
  schemePreset(fp8Channel('fp8-channel'), facts('vllm-project/llm-compressor: FP8_DYNAMIC', 'checkpoint')),
  schemePreset(fp8Block({ name: 'fp8-block128' }), facts('deepseek-ai/DeepSeek-V3: README_WEIGHTS.md', 'checkpoint')),
];
