import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  analyze,
  insightsFor,
  overview,
  toJson,
  withValue,
  type InsightSettings,
  type JsonObject,
  type JsonValue,
} from '../../../src/engine/index';
import { recognisedKeys } from '../../../src/engine/insights/sections';
import { changeTo } from '../../../src/engine/insights/changes';
import { viewOf } from '../../../src/engine/insights/view';
import { analysisOf, models, settings, type Config } from './models';

const anySettings: fc.Arbitrary<InsightSettings> = fc.record({
  context: fc.integer({ min: 1, max: 2 ** 20 }),
  batch: fc.integer({ min: 1, max: 64 }),
  kvDtype: fc.constantFrom('auto', 'fp32', 'bf16', 'fp8', 'int8'),
});

/** A value that somebody may type, sensible or not. */
const anyValue: fc.Arbitrary<JsonValue | undefined> = fc.oneof(
  fc.integer({ min: 1, max: 4096 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.string(),
  fc.constantFrom(null, undefined, 0, 1e308, 'float16', 2 ** 31 - 1),
  fc.array(fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom('full_attention', 'sliding_attention', 'mamba')), { maxLength: 40 }),
  fc.constant(toJson({ factor: 2, type: 'yarn', original_max_position_embeddings: 4 })),
);

function keysOf(config: Config, path: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(config).flatMap(([key, value]) => {
    const inside = typeof value === 'object' && value !== null && !Array.isArray(value) ? keysOf(value as Config, [...path, key]) : [];
    return [[...path, key], ...inside];
  });
}

/** One of the models with up to four of its keys, or keys of another, set to something else. */
const anyEdited: fc.Arbitrary<JsonObject> = fc
  .tuple(fc.constantFrom(...models), fc.constantFrom(...models))
  .chain(([model, other]) =>
    fc
      .array(fc.tuple(fc.constantFrom(...keysOf(model), ...keysOf(other)), anyValue), { maxLength: 4 })
      .map((edits) => edits.reduce((config, [path, value]) => withValue(config, path, value), toJson(model) as JsonObject)),
  );

describe('insights, whatever a file says', () => {
  it('never throw, and their formulas add up', () => {
    fc.assert(
      fc.property(anyEdited, anySettings, (config, at) => {
        const analysis = analyze(config);
        if (analysis.kind !== 'model') return;
        for (const insight of insightsFor(analysis, at))
          for (const { value, terms } of insight.explain().formulas) {
            const sum = terms.reduce((total, term) => total + term.value, 0);
            assert.ok(Math.abs(sum - value) <= 1e-12 * value, `${insight.path.join('.')}: ${sum} is not ${value}`);
            for (const term of terms) {
              const product = term.factors.reduce((all, factor) => all * factor.value, 1);
              assert.ok(Math.abs(product - term.value) <= 1e-12 * Math.abs(term.value), insight.path.join('.'));
            }
          }
      }),
      { numRuns: 150 },
    );
  });
  it('never offer a change that breaks the model, and four changes at most', () => {
    fc.assert(
      fc.property(anyEdited, (config) => {
        const analysis = analyze(config);
        if (analysis.kind !== 'model') return;
        const errors = new Set(analysis.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code));
        for (const insight of insightsFor(analysis, settings)) {
          const changes = insight.changes();
          assert.ok(changes.length <= 4);
          for (const { edits } of changes) {
            const changed = analyze(edits.reduce((root, { path, value }) => withValue(root, path, value), config));
            assert.ok(changed.kind === 'model');
            for (const { code, severity } of changed.findings)
              if (severity === 'error') assert.ok(errors.has(code), `${insight.path.join('.')}: ${code}`);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
  it('have shares of components that sum to 1', () => {
    fc.assert(
      fc.property(anyEdited, (config) => {
        const analysis = analyze(config);
        if (analysis.kind !== 'model' || analysis.parameters.total === 0) return;
        const { components } = overview(analysis, settings);
        assert.ok(Math.abs(components.reduce((sum, { share }) => sum + share.ratio, 0) - 1) < 1e-9);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a what-if', () => {
  it('of the value that stands there differs by nothing', () => {
    for (const model of models) {
      const analysis = analysisOf(model);
      const view = viewOf(analysis, settings);
      for (const key of recognisedKeys(analysis)) {
        const same = changeTo(key, { value: key.value }, view);
        assert.ok(same, key.path.join('.'));
        for (const { delta } of [same.parameters, same.active, same.weightBytes, same.cache]) assert.equal(delta, 0, key.path.join('.'));
      }
    }
  });
});

describe('hints of parameters', () => {
  it('are part of the model, and hold every model here', () => {
    for (const model of models) {
      const { total } = analysisOf(model).parameters;
      for (const { hint, path } of insightsFor(analysisOf(model), settings)) {
        if (!hint || !('share' in hint)) continue;
        assert.ok(hint.share.parameters > 0 && hint.share.parameters <= total, path.join('.'));
        assert.equal(hint.share.ratio, hint.share.parameters / total);
      }
    }
  });
});
