import { isList, isObject, valueAt, type JsonObject, type JsonValue } from '../config/json';

/** What the files beside a config say of its processors. */
export interface ProcessorFiles {
  /** `preprocessor_config.json`: of images, of audio, or of both. */
  readonly preprocessorConfig?: JsonObject;
  /** `processor_config.json`: of what joins them with the text; from transformers 5 on with the others inside. */
  readonly processorConfig?: JsonObject;
  /** `video_preprocessor_config.json`. */
  readonly videoPreprocessorConfig?: JsonObject;
}

/** The processors' settings for one question. Values that no file gives are noted as they are taken. */
export interface ProcessorSettings {
  readonly config: JsonObject;
  readonly vision: JsonObject;
  readonly audio: JsonObject;
  readonly image: Source;
  readonly video: Source;
  readonly sound: Source;
  readonly processor: Source;
  /** Images of the same prompt, this one among them. */
  readonly images: number;
  /** The class's own value, which published files may override. */
  assume<V extends number | boolean>(key: string, value: V): V;
}

/** Keys of one file, or of none. The first path that holds a value of the kind counts. */
export interface Source {
  readonly there: boolean;
  number(...paths: readonly (readonly string[] | string)[]): number | undefined;
  flag(key: string): boolean | undefined;
  text(key: string): string | undefined;
  value(key: string): JsonValue | undefined;
}

/** What a size or a ratio of sizes may be; anything else in a file counts as not there. */
const isSize = (value: unknown): value is number => typeof value === 'number' && value >= 1e-3 && value < 2 ** 53;

export function sourceOf(file: JsonObject | undefined): Source {
  const at = (path: readonly string[] | string): JsonValue | undefined => file && valueAt(file, typeof path === 'string' ? [path] : path);
  return {
    there: file !== undefined,
    number: (...paths) => paths.map(at).find(isSize),
    flag(key) {
      const value = at(key);
      return typeof value === 'boolean' ? value : undefined;
    },
    text(key) {
      const value = at(key);
      return typeof value === 'string' ? value : undefined;
    },
    value: at,
  };
}

/** A number of a config, where it may be a pair of equal ones. */
export function sizeOf(part: JsonObject, ...keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = part[key];
    if (isSize(value)) return value;
    if (isList(value) && isSize(value[0])) return value[0];
  }
  return undefined;
}

const none: JsonObject = Object.create(null);
const partOf = (whole: JsonObject | undefined, ...keys: readonly string[]): JsonObject | undefined =>
  keys.map((key) => whole?.[key]).find(isObject);

/**
 * Settings of a config and of the files beside it. What stands inside of `processor_config.json` comes before the files of its own
 * (transformers, image_processing_base.py, get_image_processor_dict).
 */
export function settingsOf(
  root: JsonObject,
  files: ProcessorFiles,
  images: number,
): { readonly settings: ProcessorSettings; readonly assumed: ReadonlyMap<string, number | boolean> } {
  const assumed = new Map<string, number | boolean>();
  const { preprocessorConfig, processorConfig, videoPreprocessorConfig } = files;
  // Omni models keep what listens and reads in a part of its own.
  const config = partOf(root, 'thinker_config') ?? root;
  const image = partOf(processorConfig, 'image_processor') ?? preprocessorConfig;
  return {
    assumed,
    settings: {
      config,
      vision: partOf(config, 'vision_config', 'visual', 'vit_config', 'vision') ?? none,
      audio: partOf(config, 'audio_config', 'encoder_config') ?? none,
      image: sourceOf(image),
      video: sourceOf(partOf(processorConfig, 'video_processor') ?? videoPreprocessorConfig),
      sound: sourceOf(partOf(processorConfig, 'feature_extractor', 'audio_processor') ?? preprocessorConfig),
      processor: sourceOf(processorConfig),
      images,
      assume(key, value) {
        assumed.set(key, value);
        return value;
      },
    },
  };
}
