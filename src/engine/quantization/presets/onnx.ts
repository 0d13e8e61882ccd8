import { matMulNBits, type MatMulNBits } from '../schemes/onnx';
import { schemePreset } from './preset';

const preset = (layout: MatMulNBits) =>
  schemePreset(matMulNBits(layout), {
    format: 'ONNX',
    evidence: { source: 'microsoft/onnxruntime 1.32: onnxruntime/python/tools/quantization/matmul_nbits_quantizer.py', kind: 'writer' },
  });

export const onnxPresets = [
  preset({ name: 'onnx-int8-g128', bits: 8, blockSize: 128 }),
  preset({ name: 'onnx-int4-g32', bits: 4, blockSize: 32 }),
  preset({ name: 'onnx-int4-g128', bits: 4, blockSize: 128 }),
];
