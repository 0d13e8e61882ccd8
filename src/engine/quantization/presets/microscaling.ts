import { exact } from '../../basis';
import type { Inventory } from '../../weights/inventory';
import { fp4 } from '../schemes/compressedTensors';
import { mxfp8 } from '../schemes/mxfp8';
import { expertsInMxfp4, linearsInMxfp4 } from '../schemes/mxfp4';
import { int4Awq } from '../schemes/modelopt';
import { schemePreset, type SchemeFacts } from './preset';

const hasExperts = ({ entries }: Inventory): boolean => entries.some(({ component, role }) => component === 'experts' && role === 'linear');

const compressedTensors = (format: string, folder: string): SchemeFacts => ({
  format,
  evidence: { source: `vllm-project/compressed-tensors 0.20: src/compressed_tensors/compressors/${folder}`, kind: 'writer' },
});

const modelOpt = (format: string, kind: SchemeFacts['evidence']['kind']): SchemeFacts => ({
  format,
  evidence: {
    source: `NVIDIA/Model-Optimizer${kind === 'writer' ? ' 0.47' : ''}: modelopt/torch/export/quant_utils.py, unified_export_hf.py`,
    kind,
  },
});

const nv = { groupSize: 16, scale: 'F8_E4M3' } as const;
const mx = { groupSize: 32, scale: 'U8', scalars: [] } as const;

export const microscalingPresets = [
  schemePreset(fp4({ name: 'nvfp4', ...nv, scalars: ['weight_scale_2', 'input_scale'], suffix: 'weight' }), {
    ...modelOpt('NVFP4', 'checkpoint'),
    computeDtype: 'fp4',
  }),
  schemePreset(fp4({ name: 'nvfp4-w4a16', ...nv, scalars: ['weight_scale_2'], suffix: 'weight' }), modelOpt('NVFP4', 'writer')),
  // llm-compressor's schemes NVFP4 and NVFP4A16.
  schemePreset(fp4({ name: 'nvfp4-ct', ...nv, scalars: ['weight_global_scale', 'input_global_scale'] }), {
    ...compressedTensors('NVFP4', 'nvfp4'),
    computeDtype: 'fp4',
  }),
  schemePreset(fp4({ name: 'nvfp4a16-ct', ...nv, scalars: ['weight_global_scale'] }), compressedTensors('NVFP4', 'nvfp4')),
  schemePreset(
    expertsInMxfp4,
    { format: 'MXFP4', evidence: { source: 'openai/gpt-oss: model card, section 2.1', kind: 'checkpoint' } },
    (inventory) => (hasExperts(inventory) ? expertsInMxfp4 : linearsInMxfp4),
  ),
  // llm-compressor's schemes MXFP4, MXFP6A16 and MXFP8: every linear layer.
  schemePreset(fp4({ name: 'mxfp4-ct', ...mx }), { ...compressedTensors('MXFP4', 'mxfp4'), computeDtype: 'fp4' }),
  schemePreset(fp4({ name: 'mxfp6', bits: 6, ...mx }), compressedTensors('MXFP6', 'mxfp6')),
  schemePreset(mxfp8('mxfp8', exact), { ...compressedTensors('MXFP8', 'mxfp8'), computeDtype: 'fp8' }),
  schemePreset(int4Awq({ name: 'modelopt-int4-awq-g128', groupSize: 128, fp8Activations: false }), modelOpt('ModelOpt', 'writer')),
  schemePreset(int4Awq({ name: 'modelopt-w4a8-awq-g128', groupSize: 128, fp8Activations: true }), {
    ...modelOpt('ModelOpt', 'writer'),
    computeDtype: 'fp8',
  }),
];
