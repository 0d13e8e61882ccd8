import { matMulNBits, type MatMulNBits } from '../schemes/onnx';
import type { GroupRule } from '../groups';
import { regrouped, schemePreset, type Preset } from './preset';

const powers: GroupRule = {
  powersFrom: 16,
  source: 'microsoft/onnxruntime: onnxruntime/core/graph/contrib_ops/contrib_defs.cc (MatMulNBits)',
};

const preset = (layout: MatMulNBits): Preset => {
  const made = schemePreset(matMulNBits(layout), {
    format: 'ONNX',
    evidence: { source: 'microsoft/onnxruntime 1.32: onnxruntime/python/tools/quantization/matmul_nbits_quantizer.py', kind: 'writer' },
  });
  return regrouped(made, powers, (name, blockSize) => preset({ ...layout, name, blockSize }));
};

export const onnxPresets = [
  preset({ name: 'onnx-int8-g128', bits: 8, blockSize: 128 }),
  preset({ name: 'onnx-int4-g32', bits: 4, blockSize: 32 }),
  preset({ name: 'onnx-int4-g128', bits: 4, blockSize: 128 }),
];
