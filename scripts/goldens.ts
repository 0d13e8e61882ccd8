/**
 * Writes the golden files of test/fixtures/golden from the oracle beside this project:
 *   npx tsx scripts/goldens.ts [ROWS.jsonl]
 * ROWS.jsonl: further rows of the same form, made by oracle.py's `report` for configs of which `changed` holds the keys that were
 * stated; of types in `statedTypes` there are no others, since the library cannot build their defaults. Files of types with such
 * rows are left as they are where none are given.
 * One file per model type: its default config and a few variants, as the keys that differ from what the configuration class
 * fills in, with the reference's figures and a hash of its tensor list.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { goldenFolder, goldens, hashTensors, type GoldenRow } from '../test/accuracy/golden';
import { oracleRows, parseRows, tensorsOf, tiedByClass, type OracleRow } from '../test/accuracy/oracle';
import { goldenTypes } from '../test/accuracy/requiredTypes';

const variantsPerType = 3;

/** Keys without which the reference cannot build a type's default model (REQUIRED in oracle.py), or builds another than its files hold. */
const needed: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  nemotron: { num_key_value_heads: 48 },
  ministral: { head_dim: 128 },
  hunyuan_v1_dense: { head_dim: 128 },
  hunyuan_v1_moe: { head_dim: 128 },
  ...Object.fromEntries([...tiedByClass].map((type) => [type, { tie_word_embeddings: true }])),
};

/** Keys of every configuration class that say nothing about the model. */
const irrelevant =
  /^(_name_or_path|architectures|model_type|dtype|chunk_size_feed_forward|initializer_\w+|init_std|output_\w+|problem_type|return_dict|use_cache|id2label|label2id|\w+_token_id|\w*dropout\w*|\w*_pdrop|rope_parameters|rms_norm_eps|layer_norm_ep\w+|norm_eps)$/;

function relevant(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = Object.entries(config).filter(([key]) => !irrelevant.test(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, isSection(value) ? { ...named(value), ...relevant(value) } : value]));
}
const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** A section's model type decides which class reads it. */
const named = ({ model_type: type }: Record<string, unknown>): Record<string, unknown> =>
  typeof type === 'string' ? { model_type: type } : {};

/** Rows with keys that were stated keep their tensors, as default ones do, and are told by both. */
const isStated = ({ keys, tensors }: GoldenRow): boolean =>
  tensors !== undefined && Object.keys(keys).some((key) => !(key in requiredKeys));
const requiredKeys = Object.assign({}, ...Object.values(needed)) as Readonly<Record<string, unknown>>;

function golden(row: OracleRow): GoldenRow {
  const isDefault = row.variant === undefined;
  const figures = { class: row.class, parameters: row.params ?? 0, stored: row.stored ?? row.params ?? 0 };
  const stated = tiedByClass.has(row.model_type) ? needed[row.model_type] : {};
  if (!isDefault && !row.changed) return { keys: { ...stated, ...relevant(row.config) }, ...figures };
  const cache = Object.entries(row.cache ?? {}).flatMap(([tokens, kept]) =>
    typeof kept === 'object' ? [[tokens, kept.bytes] as const] : [],
  );
  const classes = Object.entries(row.other_classes ?? {}).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  const held = tensorsOf(row);
  return {
    keys: row.changed ?? needed[row.model_type] ?? {},
    ...figures,
    tensors: [held, ...(row.saved ? [row.saved] : [])].map(hashTensors),
    ...(cache.length > 0 && { cache: Object.fromEntries(cache) }),
    ...(classes.length > 0 && { classes: Object.fromEntries(classes) }),
  };
}

async function write(type: string, rows: readonly OracleRow[]): Promise<void> {
  // Those with keys left out first: they are shorter, and nearer to what is published.
  const ordered = rows.filter(({ variant }) => variant !== undefined).sort((a, b) => Number(b.sparse ?? false) - Number(a.sparse ?? false));
  const plain = rows.filter(({ variant, changed }) => variant === undefined && !changed);
  const chosen = [...plain, ...ordered.slice(0, variantsPerType), ...rows.filter(({ changed }) => changed)];
  const path = join(goldenFolder, `${type}.json`);
  const text = JSON.stringify({ modelType: type, rows: chosen.map(golden) });
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
  console.log(`${type}: ${chosen.length} rows`);
}

async function main(): Promise<void> {
  const models = oracleRows('models');
  const variants = oracleRows('variants');
  if (!models || !variants) throw new Error('The oracle is not beside this project (../shared/oracle).');
  mkdirSync(goldenFolder, { recursive: true });
  const [further] = process.argv.slice(2);
  const stated = further ? parseRows(readFileSync(further, 'utf8')) : [];
  const withFurther = new Set(goldens().flatMap(({ modelType, rows }) => (rows.some(isStated) ? [modelType] : [])));
  for (const type of goldenTypes) {
    const rows = [...models, ...variants, ...stated].filter(({ model_type: of, params }) => of === type && params !== undefined);
    if (withFurther.has(type) && !rows.some(({ changed }) => changed)) console.log(`${type}: left as it is`);
    else await write(type, rows);
  }
}

void main();
