import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { toJson, type JsonObject } from '../../../src/engine/config/json';
import { mediaRuleOf } from '../../../src/engine/media/registry';
import { samplingRate, type MediaAnswer, type MediaTokens } from '../../../src/engine/media/rule';
import { settingsOf, type ProcessorSettings } from '../../../src/engine/media/settings';

type Row = readonly (number | string | null)[];
interface Case {
  readonly name: string;
  readonly config: JsonObject & { readonly model_type: string };
  readonly files: { readonly preprocessor?: JsonObject; readonly processor?: JsonObject; readonly video?: JsonObject };
  readonly images?: readonly Row[];
  readonly audio?: readonly Row[];
  readonly videos?: readonly Row[];
}

// Written by scripts/mediaTokens.py.
const { cases } = JSON.parse(readFileSync('test/fixtures/mediaTokens.json', 'utf8')) as { readonly cases: readonly Case[] };

function settingsFor({ config, files }: Case): ProcessorSettings {
  const { preprocessor, processor, video } = files;
  return settingsOf(
    toJson(config) as JsonObject,
    {
      ...(preprocessor && { preprocessorConfig: toJson(preprocessor) as JsonObject }),
      ...(processor && { processorConfig: toJson(processor) as JsonObject }),
      ...(video && { videoPreprocessorConfig: toJson(video) as JsonObject }),
    },
    1,
  ).settings;
}

/** Tokens and features, or that the processor refuses; of what stands in words beside them the features alone. */
function same(answer: MediaAnswer | undefined, [tokens, features]: Row, at: string): void {
  assert.ok(answer, `${at}: no rule`);
  if (typeof tokens !== 'number') return;
  assert.ok(!('refused' in answer), `${at}: refused`);
  const found = answer as MediaTokens;
  assert.equal(found.features, features, `${at}: features`);
  if (!found.wordsLeftOut) assert.equal(found.tokens, tokens, `${at}: tokens`);
}

describe('tokens of images, clips and audio', () => {
  it('has many cases', () => assert.ok(cases.length > 60));

  for (const each of cases)
    it(`counts as the processor of ${each.name} does`, () => {
      const settings = settingsFor(each);
      const rule = mediaRuleOf(each.config.model_type, settings);
      for (const [width, height, ...counts] of each.images ?? []) {
        const found = rule?.image?.({ width: Number(width), height: Number(height) }, settings);
        // Of cross-attention the fixture has tiles.
        if (each.config.model_type === 'mllama')
          assert.deepEqual([found, 'tiles' in (found ?? {})], [{ ...found, tiles: counts[1] }, true]);
        else same(found, counts, `${width}x${height}`);
      }
      for (const [seconds, ...counts] of each.audio ?? [])
        same(rule?.audio?.(Math.round(Number(seconds) * samplingRate), settings), counts, `${seconds} s`);
      for (const [width, height, frames, ...counts] of each.videos ?? [])
        same(
          rule?.video?.({ width: Number(width), height: Number(height), frames: Number(frames) }, settings),
          counts,
          `${width}x${height}x${frames}`,
        );
    });
});
