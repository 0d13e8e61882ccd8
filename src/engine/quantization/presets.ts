import { awqPresets } from './presets/awq';
import { bitnetPresets } from './presets/bitnet';
import { bitsandbytesPresets } from './presets/bitsandbytes';
import { codebookPresets } from './presets/codebooks';
import { compressedTensorsPresets } from './presets/compressedTensors';
import { exllamaPresets } from './presets/exllama';
import { fp8Presets } from './presets/fp8';
import { gptqPresets } from './presets/gptq';
import { int8Presets } from './presets/int8';
import { microscalingPresets } from './presets/microscaling';
import { mlxPresets } from './presets/mlx';
import { plainPresets } from './presets/plain';
import type { Preset } from './presets/preset';

/** Every preset, from wide to narrow formats. */
export const presets: readonly Preset[] = [
  ...plainPresets,
  ...fp8Presets,
  ...int8Presets,
  ...bitsandbytesPresets,
  ...gptqPresets,
  ...awqPresets,
  ...compressedTensorsPresets,
  ...microscalingPresets,
  ...mlxPresets,
  ...exllamaPresets,
  ...codebookPresets,
  ...bitnetPresets,
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
