import type { Family } from './family';
import { llama } from './decoder/llama';

const families: readonly Family[] = [llama];

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
