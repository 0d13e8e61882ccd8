import type { Family } from './family';
import { dbrx } from './decoder/dbrx';
import { deepseekV2 } from './decoder/deepseekV2';
import { deepseekV3 } from './decoder/deepseekV3';
import { glm4Moe } from './decoder/glm4Moe';
import { gptOss } from './decoder/gptOss';
import { graniteMoe } from './decoder/graniteMoe';
import { llama } from './decoder/llama';
import { mixtral } from './decoder/mixtral';
import { qwen2Moe } from './decoder/qwen2Moe';
import { qwen3Moe } from './decoder/qwen3Moe';

const families: readonly Family[] = [dbrx, deepseekV2, deepseekV3, glm4Moe, gptOss, graniteMoe, llama, mixtral, qwen2Moe, qwen3Moe];

const byType = new Map<string, Family>();
for (const family of families) for (const type of family.types) byType.set(type, family);

/** The family that reads a `model_type`, if any. */
export const findFamily = (modelType: string): Family | undefined => byType.get(modelType);

/** Every `model_type` that is read, sorted. */
export const knownModelTypes = (): readonly string[] => [...byType.keys()].sort();

const squeeze = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The model type that a class name belongs to, for files without `model_type`: the longest one that the name starts with. */
export function typeOfClass(className: string): string | undefined {
  const name = squeeze(className);
  return knownModelTypes()
    .filter((type) => name.startsWith(squeeze(type)))
    .sort((a, b) => b.length - a.length)[0];
}
