import { isObject, type JsonObject } from '../../config/json';
import { textSections } from '../../config/textSections';
import { conv2d, layerNorm, linear } from '../../modules/blocks';
import { module, repeat, type Module } from '../../modules/tree';
import { depthOf, realOf, sizeOf } from './read';

const visionSections = ['vision_config', 'vit_config', 'visual', 'vision_encoder_config'] as const;

/** The section with the language model, unless the dimensions stand at the top level. */
export function textSectionOf(root: JsonObject): string | undefined {
  return textSections.find((key) => isObject(root[key]));
}

/** The key of the section with the vision tower. */
export const visionSectionOf = (root: JsonObject): string | undefined => visionSections.find((key) => isObject(root[key]));

/** Sections of further parts, which an estimate does not count. */
export const otherSections = (root: JsonObject): readonly string[] =>
  Object.keys(root).filter(
    (key) => /^(audio|speech|talker|code2wav|vq|gen_vision|sam|q_?former|perceiver)\w*_config$/.test(key) && isObject(root[key]),
  );

/**
 * A plain vision transformer (Dosovitskiy et al. 2021) of the stated width and depth, and two linear layers from its width
 * to the language model's; `undefined` where the section does not state them.
 */
export function visionOf(section: JsonObject, hidden: number): Module | undefined {
  const width = sizeOf(section, ['hidden_size', 'width', 'embed_dim', 'd_model', 'vt_hidden_size']);
  const depth = depthOf(section, ['num_hidden_layers', 'depth', 'layers', 'n_layers', 'vt_num_hidden_layers']);
  if (width === undefined || depth === undefined) return undefined;
  const ratio = realOf(section, ['mlp_ratio']) ?? 4;
  const inner = sizeOf(section, ['intermediate_size', 'mlp_dim', 'vt_intermediate_size']) ?? Math.floor(width * ratio);
  const patch = sizeOf(section, ['patch_size']) ?? 14;
  const merged = (sizeOf(section, ['spatial_merge_size']) ?? 1) ** 2 * width;
  return module(
    {
      patch_embed: conv2d(3, width, Math.min(patch, 1024)),
      blocks: repeat(depth, () => ({
        norm1: layerNorm(width),
        attn: { qkv: linear(width, 3 * width, true), proj: linear(width, width, true) },
        norm2: layerNorm(width),
        mlp: { fc1: linear(width, inner, true), fc2: linear(inner, width, true) },
      })),
      merger: { norm: layerNorm(width), fc1: linear(merged, merged, true), fc2: linear(merged, hidden, true) },
    },
    { component: 'vision' },
  );
}
