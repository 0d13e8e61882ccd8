/** How tensors are called in files whose names are not the model's own, and are still recognised. */

/** A way of naming: from the model's name to the file's. */
export interface Naming {
  readonly code: 'own' | 'prefix' | 'renamed-parts';
  /** What begins the model's names, and what stands in its place in the files. */
  readonly expected: string;
  readonly found: string;
  toFile(name: string): string;
}

export const ownNames: Naming = { code: 'own', expected: '', found: '', toFile: (name) => name };

/**
 * Prefixes of base models in transformers (`base_model_prefix` of its classes): files of a base model lack it, and files of
 * a model with a head have it where a base model has not; from_pretrained adds or drops it (modeling_utils.py).
 */
const basePrefixes = [
  'model',
  'transformer',
  'bert',
  'roberta',
  'distilbert',
  'gpt_neox',
  'backbone',
  'encoder',
  'decoder',
  'language_model',
  'vision_model',
];

/**
 * Parts of composites that transformers 4.52 renamed: files have the old names or the new ones (`_checkpoint_conversion_mapping`
 * of LlavaForConditionalGeneration, Gemma3ForConditionalGeneration and Qwen2VLForConditionalGeneration).
 */
const renamings: readonly (readonly (readonly [old: string, renamed: string])[])[] = [
  [
    ['language_model.model.', 'model.language_model.'],
    ['language_model.lm_head.', 'lm_head.'],
    ['vision_tower.', 'model.vision_tower.'],
    ['multi_modal_projector.', 'model.multi_modal_projector.'],
  ],
  [
    ['visual.', 'model.visual.'],
    ['model.', 'model.language_model.'],
  ],
];

const renamed = (pairs: readonly (readonly [string, string])[]): Naming => ({
  code: 'renamed-parts',
  expected: '',
  found: '',
  toFile(name) {
    const pair = pairs.find(([from]) => name.startsWith(from));
    return pair ? pair[1] + name.slice(pair[0].length) : name;
  },
});

const namings: readonly Naming[] = [
  ...basePrefixes.flatMap((base): Naming[] => {
    const prefix = `${base}.`;
    return [
      {
        code: 'prefix',
        expected: prefix,
        found: '',
        toFile: (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name),
      },
      { code: 'prefix', expected: '', found: prefix, toFile: (name) => prefix + name },
    ];
  }),
  ...renamings.flatMap((pairs) => [renamed(pairs), renamed(pairs.map(([old, now]) => [now, old] as const))]),
];

/**
 * The naming under which the most of some names of the model stand in the files; the model's own where none is better.
 * @param sample names of the model, of every kind that it has
 */
export function namingOf(sample: readonly string[], has: (name: string) => boolean): Naming {
  const score = ({ toFile }: Naming): number => sample.reduce((sum, name) => (has(toFile(name)) ? sum + 1 : sum), 0);
  let best = ownNames;
  let most = score(ownNames);
  for (const naming of namings) {
    if (most === sample.length) break;
    const reached = score(naming);
    if (reached > most) [best, most] = [naming, reached];
  }
  return best;
}

/** The older name of a norm's weight or bias, which loading still takes (transformers conversion_mapping.py, "legacy"). */
export function legacyName(name: string): string | undefined {
  if (name.endsWith('LayerNorm.weight')) return `${name.slice(0, -'weight'.length)}gamma`;
  if (name.endsWith('LayerNorm.bias')) return `${name.slice(0, -'bias'.length)}beta`;
  return undefined;
}

/**
 * Buffers that older versions of transformers saved and newer ones compute: rotary frequencies, positions, causal masks
 * (`_keys_to_ignore_on_load_unexpected` of its classes).
 */
export const isRecomputed = (name: string): boolean =>
  /(^|\.)(rotary_emb\.inv_freq|position_ids|masked_bias|attn\.bias|attention\.bias|attn\.attention\.bias)$/.test(name);
