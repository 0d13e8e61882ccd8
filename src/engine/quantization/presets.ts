import { groupNameOf, takesGroup, type RefusedGroup } from './groups';
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

/** The preset that somebody means, as written or in other case; with groups of one's own where the writer takes them. */
export function findPreset(name: string): Preset | undefined {
  const known = byName.get(name) ?? byLowerName.get(name.toLowerCase());
  if (known) return known;
  const asked = askGroup(name.toLowerCase());
  return asked?.kind === 'preset' ? asked.preset : undefined;
}

/** Presets with groups of a person's own, made once; beyond these they are made anew. */
const made = new Map<string, Preset>();
const mostMade = 500;

/** Presets by their name without its groups, those whose groups can be chosen alone. */
let byGroupless: ReadonlyMap<string, Preset> | undefined;

/** Whatever a name with groups in it asks for: a preset, or a size that the writer of its format does not take. */
export function askGroup(
  name: string,
): { readonly kind: 'preset'; readonly preset: Preset } | { readonly kind: 'refused'; readonly refused: RefusedGroup } | undefined {
  const known = byName.get(name) ?? made.get(name);
  if (known) return { kind: 'preset', preset: known };
  const asked = groupNameOf(name);
  byGroupless ??= new Map(presets.flatMap((preset) => (preset.groups ? [[grouplessName(preset.name), preset] as const] : [])));
  const preset = asked && byGroupless.get(asked.head + asked.tail);
  if (!asked || !preset?.groups || asked.letter !== letterOf(preset)) return undefined;
  const { size } = asked;
  if (!preset.withGroup || !takesGroup(preset.groups, size)) return { kind: 'refused', refused: { preset, size, rule: preset.groups } };
  const own = preset.withGroup(name, size);
  if (made.size >= mostMade) made.clear();
  made.set(name, own);
  return { kind: 'preset', preset: own };
}

function grouplessName(name: string): string {
  const { head, tail } = groupNameOf(name) ?? splitName(name);
  return head + tail;
}

const letterOf = ({ format }: Preset): string => (format === 'bitsandbytes' ? 'b' : 'g');

/** The name of a preset with other groups; `undefined` where they cannot be chosen. */
export function nameWithGroup(preset: Preset, size: number): string | undefined {
  if (!preset.groups) return undefined;
  const { head, tail } = groupNameOf(preset.name) ?? splitName(preset.name);
  return `${head}-${letterOf(preset)}${size}${tail}`;
}

/** Where the group goes in a name that has none: in the place of "channel", or at its end. */
function splitName(name: string): { readonly head: string; readonly tail: string } {
  const at = name.indexOf('-channel');
  return at < 0 ? { head: name, tail: '' } : { head: name.slice(0, at), tail: name.slice(at + '-channel'.length) };
}

/** Names of all presets. */
export const presetNames: readonly string[] = [...byName.keys()];

export const isPresetName = (name: string): boolean => askGroup(name)?.kind === 'preset';

/** @throws RangeError for a name that no preset has. */
export function presetOf(name: string): Preset {
  const asked = askGroup(name);
  if (asked?.kind !== 'preset') throw new RangeError(`no preset ${name}`);
  return asked.preset;
}
