import { openVino, type OpenVino } from '../schemes/openvino';
import { regrouped, schemePreset, type Preset } from './preset';

const compression = 'openvinotoolkit/nncf 3.4: src/nncf/quantization/algorithms/weight_compression';

const preset = (layout: OpenVino): Preset => {
  const made = schemePreset(openVino(layout), {
    format: 'OpenVINO',
    evidence: { source: `${compression}/openvino_backend.py`, kind: 'writer' },
  });
  if (layout.groupSize === null) return made;
  // Any size that divides the channels (reshape_weight_for_grouped_quantization).
  return regrouped(made, { source: `${compression}/weight_lowering.py` }, (name, groupSize) => preset({ ...layout, name, groupSize }));
};

export const openVinoPresets = [
  preset({ name: 'openvino-int8', bits: 8, groupSize: null }),
  preset({ name: 'openvino-int4-g64', bits: 4, groupSize: 64 }),
  preset({ name: 'openvino-int4-g128', bits: 4, groupSize: 128 }),
  preset({ name: 'openvino-int4-g128-sym', bits: 4, groupSize: 128, symmetric: true }),
];
