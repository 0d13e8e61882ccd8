import { awqPresets } from './presets/awq';
import { bitnetPresets } from './presets/bitnet';
import { bitsandbytesPresets } from './presets/bitsandbytes';
import { codebookPresets } from './presets/codebooks';
import { compressedTensorsPresets } from './presets/compressedTensors';
import { eetqPresets } from './presets/eetq';
import { exllamaPresets } from './presets/exllama';
import { fp8Presets } from './presets/fp8';
import { ggufPresets } from './presets/gguf';
import { autoRoundPresets, gptqPresets } from './presets/gptq';
import { hqqPresets } from './presets/hqq';
import { int8Presets } from './presets/int8';
import { microscalingPresets } from './presets/microscaling';
import { mlxPresets } from './presets/mlx';
import { onnxPresets } from './presets/onnx';
import { openVinoPresets } from './presets/openvino';
import { plainPresets } from './presets/plain';
import type { Preset } from './presets/preset';
import { quarkPresets } from './presets/quark';
import { sparse24Presets } from './presets/sparse24';
import { torchaoPresets } from './presets/torchao';

/** Every preset, from wide to narrow formats. */
export const presets: readonly Preset[] = [
  ...plainPresets,
  ...fp8Presets,
  ...int8Presets,
  ...bitsandbytesPresets,
  ...eetqPresets,
  ...gptqPresets,
  ...autoRoundPresets,
  ...awqPresets,
  ...hqqPresets,
  ...compressedTensorsPresets,
  ...microscalingPresets,
  ...sparse24Presets,
  ...quarkPresets,
  ...torchaoPresets,
  ...mlxPresets,
  ...onnxPresets,
  ...openVinoPresets,
  ...exllamaPresets,
  ...codebookPresets,
  ...bitnetPresets,
  ...ggufPresets,
];

const byName: ReadonlyMap<string, Preset> = new Map(presets.map((preset) => [preset.name, preset]));
// Of two names that differ in case alone, the first is meant.
const byLowerName: ReadonlyMap<string, Preset> = new Map([...presets].reverse().map((preset) => [preset.name.toLowerCase(), preset]));

/** The preset that somebody means, as written or in other case. */
export const findPreset = (name: string): Preset | undefined => byName.get(name) ?? byLowerName.get(name.toLowerCase());

/** Names of all presets. */
export const presetNames: readonly string[] = [...byName.keys()];

export const isPresetName = (name: string): boolean => byName.has(name);

/** @throws RangeError for a name that no preset has. */
export function presetOf(name: string): Preset {
  const preset = byName.get(name);
  if (!preset) throw new RangeError(`no preset ${name}`);
  return preset;
}
