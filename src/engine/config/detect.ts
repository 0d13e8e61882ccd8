import { isList, isObject, type JsonObject, type JsonValue } from './json';
import { textSections } from './textSections';

/** What a JSON object is, judged by its content alone. */
export type Detected =
  /**
   * A config whose model type the engine may know. `inferred`: the type follows from the class name, since the file has none, or
   * one that is not known (`unknown`).
   */
  | { readonly kind: 'model'; readonly modelType: string; readonly inferred: boolean; readonly unknown?: string }
  /** No type, or one that means nothing here, but the dimensions of a transformer. */
  | { readonly kind: 'shape'; readonly modelType: string | undefined }
  /** Something else that happens to be JSON. */
  | { readonly kind: 'other' };

/** Names under which configs give their width and their depth. */
const widthKeys = ['hidden_size', 'n_embd', 'd_model', 'dim', 'model_dim', 'hidden_dim'] as const;
const depthKeys = ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers', 'encoder_layers', 'decoder_layers'] as const;

/** Marks of other files that also carry `model_type` or `architectures`. */
const foreignKeys = [
  '_class_name',
  'processor_class',
  'tokenizer_class_name',
  'peft_type',
  'feature_extractor_type',
  'image_processor_type',
] as const;

/**
 * Decides whether a JSON object is a model's config. `knows` tells whether the engine has a model type.
 * A type alone is not enough (other tools use the word): it must be known, or stand beside class names or dimensions.
 */
export function detect(
  root: JsonObject,
  knows: (modelType: string) => boolean,
  typeOfClass: (className: string, whole: boolean) => string | undefined,
): Detected {
  const modelType = text(root['model_type']);
  const classes = root['architectures'];
  const className = isList(classes) ? text(classes[0]) : undefined;
  if (modelType !== undefined && knows(modelType) && !isForeign(root)) return { kind: 'model', modelType, inferred: false };
  if (isForeign(root)) return { kind: 'other' };
  // A class of another type's name: its publishers built on that type (Kimi K2 on DeepSeek-V3).
  const inferred = className === undefined ? undefined : typeOfClass(className, modelType !== undefined);
  if (inferred !== undefined)
    return { kind: 'model', modelType: inferred, inferred: true, ...(modelType !== undefined && { unknown: modelType }) };
  const shaped = hasShape(root) || textSections.some((key) => isObject(root[key]) && hasShape(root[key] as JsonObject));
  if (shaped || className !== undefined) return { kind: 'shape', modelType };
  return { kind: 'other' };
}

const text = (value: JsonValue | undefined): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const isForeign = (root: JsonObject): boolean => foreignKeys.some((key) => root[key] !== undefined) && !hasShape(root);
const hasShape = (root: JsonObject): boolean => hasNumber(root, widthKeys) && hasNumber(root, depthKeys);
const hasNumber = (root: JsonObject, keys: readonly string[]): boolean => keys.some((key) => typeof root[key] === 'number');
