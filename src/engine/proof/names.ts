/** How tensors are called in files whose names are not the model's own, and are still recognised. */

/** A way of naming: from the model's name to the file's. */
export interface Naming {
  /** What begins the model's names, and what stands in its place in the files. */
  readonly prefix?: { readonly expected: string; readonly found: string };
  /** Parts of the model have other names. */
  readonly renamed?: true;
  toFile(name: string): string;
}

export const ownNames: Naming = { toFile: (name) => name };

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

/**
 * What transformers renamed inside of a part (conversion_mapping.py of 5.23: `CLIPVisionModel` and those that share its rule,
 * `mixtral`, `granitemoe`, `GPTNeoXForCausalLM`), from the names of our models to the others. Files may have one of these and
 * not the next, whatever stands before them.
 */
const innerRenamings: readonly ((name: string) => string)[] = [
  (name) => name.replace(/(^|\.)vision_tower\.(?!vision_model\.)/, '$1vision_tower.vision_model.'),
  (name) =>
    name
      .replace('.block_sparse_moe.input_linear.weight', '.block_sparse_moe.experts.gate_up_proj')
      .replace('.block_sparse_moe.output_linear.weight', '.block_sparse_moe.experts.down_proj')
      .replace('.block_sparse_moe.router.layer.weight', '.block_sparse_moe.router.weight'),
  (name) => name.replace('.block_sparse_moe.', '.mlp.'),
  (name) => name.replace(/^embed_out\./, 'lm_head.'),
];

const renamed = (pairs: readonly (readonly [string, string])[]): Naming => ({
  renamed: true,
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
        prefix: { expected: prefix, found: '' },
        toFile: (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name),
      },
      { prefix: { expected: '', found: prefix }, toFile: (name) => prefix + name },
    ];
  }),
  ...renamings.flatMap((pairs) => [renamed(pairs), renamed(pairs.map(([old, now]) => [now, old] as const))]),
];

/**
 * The naming under which the most of some names of the model stand in the files; the model's own where none is better. What is
 * renamed inside of a part is settled part by part.
 * @param sample names of the model, of every kind that it has
 */
export function namingOf(sample: readonly string[], has: (name: string) => boolean): Naming {
  const variants = sample.map((name) => [name, ...innerRenamings.map((rename) => rename(name)).filter((other) => other !== name)]);
  const score = ({ toFile }: Naming): number =>
    variants.reduce((sum, names) => (names.some((name) => has(toFile(name))) ? sum + 1 : sum), 0);
  let best = ownNames;
  let most = score(ownNames);
  for (const naming of namings) {
    if (most === sample.length) break;
    const reached = score(naming);
    if (reached > most) [best, most] = [naming, reached];
  }
  const { toFile } = best;
  const inner = innerRenamings.filter((rename) => {
    const changed = sample.filter((name) => rename(name) !== name);
    const found = (name: string): number => (has(toFile(name)) ? 1 : 0);
    return changed.reduce((more, name) => more + found(rename(name)) - found(name), 0) > 0;
  });
  if (inner.length === 0) return best;
  return { ...best, renamed: true, toFile: (name) => toFile(inner.reduce((read, rename) => rename(read), name)) };
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
