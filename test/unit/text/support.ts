import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  analyzeText,
  devices,
  estimate,
  insightsFor,
  isPrecision,
  type Analysis,
  type Estimate,
  type KeyInsight,
  type NumberStyle,
} from '../../../src/engine/index';
import { english, translator, type Translate } from '../../../src/shared/text/translate';

const root = join(import.meta.dirname, '..', '..', '..');
const truth = join(root, '..', 'shared', 'truth', 'configs');

export interface Language {
  readonly name: string;
  readonly t: Translate;
  readonly style: NumberStyle;
}

const bundle = JSON.parse(readFileSync(join(root, 'l10n', 'bundle.l10n.zh-cn.json'), 'utf8')) as Record<string, string>;

/** The languages that the extension speaks, with their digits. */
export const languages: readonly Language[] = [
  { name: 'en', t: english, style: { locale: 'en', memory: 'binary' } },
  { name: 'zh-cn', t: translator(bundle), style: { locale: 'zh-cn', memory: 'binary' } },
];
export const [inEnglish, inChinese] = languages as [Language, Language];

export const samples = JSON.parse(readFileSync(join(root, 'samples', 'samples.json'), 'utf8')) as readonly string[];

export function analysisOf(text: string): Analysis {
  const { result } = analyzeText(text);
  assert.equal(result.kind, 'model');
  return result as Analysis;
}

export const sample = (name: string): Analysis => analysisOf(readFileSync(join(root, 'samples', name, 'config.json'), 'utf8'));

/** A model of a type that is not known, in the shape of a decoder. */
export const stranger = analysisOf(
  JSON.stringify({
    model_type: 'zzz',
    hidden_size: 1024,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    vocab_size: 32000,
    intermediate_size: 4096,
  }),
);

/** Every published config beside the project that is a model, or `undefined` where the folder is missing. */
export function publishedConfigs(): readonly { readonly file: string; readonly analysis: Analysis }[] | undefined {
  if (!existsSync(truth)) return undefined;
  return readdirSync(truth)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const { result } = analyzeText(readFileSync(join(truth, file), 'utf8'));
      return result.kind === 'model' ? [{ file, analysis: result }] : [];
    });
}

/** An estimate under the settings that the extension starts with. */
export function estimateOf(analysis: Analysis): Estimate {
  return estimate(analysis, {
    context: 8192,
    batch: 1,
    kvDtype: 'auto',
    precisions: ['checkpoint', 'bf16', 'fp8-channel', 'w8a8-int8', 'awq-int4-g128'].filter(isPrecision),
    targets: ['RTX 4090', 'H100 SXM 80GB'].map((wanted) => {
      const device = devices.find(({ name }) => name === wanted);
      assert.ok(device, wanted);
      return { device, count: 1 };
    }),
  });
}

export const insightsOf = (analysis: Analysis): readonly KeyInsight[] =>
  insightsFor(analysis, { context: 8192, batch: 1, kvDtype: 'auto' });

/**
 * Compares a text with the file of that name in `golden/`. To take over what is written now, run the tests with
 * UPDATE_GOLDENS=1 and read the difference.
 */
export function matchesGolden(name: string, text: string): void {
  const file = join(import.meta.dirname, 'golden', name);
  if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(file, text);
  assert.equal(text, existsSync(file) ? readFileSync(file, 'utf8').replaceAll('\r\n', '\n') : '');
}
