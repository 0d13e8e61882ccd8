import { matMulNBits, type MatMulNBits } from '../schemes/onnx';
import type { GroupRule } from '../groups';
import { regrouped, schemePreset, type Preset } from './preset';

/** The operator knows powers of two from 16 on; what quantizes for it stops at these (run with onnxruntime 1.32). */
const blocks: GroupRule = {
  sizes: [16, 32, 64, 128, 256],
  source: 'microsoft/onnxruntime 1.32: onnxruntime/core/mlas/lib/q4_dq.cpp (MlasQuantizeBlockwise)',
};

const preset = (layout: MatMulNBits): Preset => {
  const made = schemePreset(matMulNBits(layout), {
    format: 'ONNX',
    evidence: { source: 'microsoft/onnxruntime 1.32: onnxruntime/python/tools/quantization/matmul_nbits_quantizer.py', kind: 'writer' },
  });
  return regrouped(made, blocks, (name, blockSize) => preset({ ...layout, name, blockSize }));
};

export const onnxPresets = [
  preset({ name: 'onnx-int8-g128', bits: 8, blockSize: 128 }),
  preset({ name: 'onnx-int4-g32', bits: 4, blockSize: 32 }),
  preset({ name: 'onnx-int4-g128', bits: 4, blockSize: 128 }),
];
