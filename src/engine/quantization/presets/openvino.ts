import { openVino, type OpenVino } from '../schemes/openvino';
import { schemePreset } from './preset';

const preset = (layout: OpenVino) =>
  schemePreset(openVino(layout), {
    format: 'OpenVINO',
    evidence: {
      source: 'openvinotoolkit/nncf 3.4: src/nncf/quantization/algorithms/weight_compression/openvino_backend.py',
      kind: 'writer',
    },
  });

export const openVinoPresets = [
  preset({ name: 'openvino-int8', bits: 8, groupSize: null }),
  preset({ name: 'openvino-int4-g64', bits: 4, groupSize: 64 }),
  preset({ name: 'openvino-int4-g128', bits: 4, groupSize: 128 }),
  preset({ name: 'openvino-int4-g128-sym', bits: 4, groupSize: 128, symmetric: true }),
];
