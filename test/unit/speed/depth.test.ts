import assert from 'node:assert/strict';
import { analyze, cacheOf, findFamily, knownModelTypes, toJson, weightsAt, type Analysis } from '../../../src/engine/index';
import type { JsonObject } from '../../../src/engine/config/json';
import { isKey, type Defaults } from '../../../src/engine/config/keys';
import { maxLayers } from '../../../src/engine/limits';
import { isStack, isTensor, layers, repeat, type Part } from '../../../src/engine/modules/tree';

/** Depths that hold every sort of layer: published patterns repeat after at most eight. */
const depths = [24, 120, maxLayers] as const;

/** A config of the type with every stack of it this deep, groups and parts of composites included. */
function configAt(type: string, depth: number): Record<string, unknown> {
  const keysAt = (defaults: Defaults): Record<string, unknown> => {
    const config: Record<string, unknown> = {};
    for (const [name, spec] of Object.entries(defaults)) {
      if (!isKey(spec)) continue;
      if (spec.kind === 'integer' && spec.max === maxLayers) config[name] = depth;
      if (spec.kind === 'group' && spec.keys) config[name] = keysAt(spec.keys);
      if (spec.kind === 'section' && spec.sectionType) config[name] = configAt(spec.sectionType, depth);
    }
    return config;
  };
  const family = findFamily(type);
  assert.ok(family, type);
  // Its layers are counted by the letters that name their kinds.
  const letters = 'hybrid_override_pattern' in family.defaults && { hybrid_override_pattern: 'ME*-'.repeat(depth).slice(0, depth) };
  return { ...keysAt(family.defaults), ...letters, model_type: type };
}

function analysisAt(type: string, depth: number): Analysis {
  const analysis = analyze(toJson(configAt(type, depth)) as JsonObject);
  assert.equal(analysis.kind, 'model', type);
  return analysis as Analysis;
}

/** Modules, stacks and tensors that were built, each once however often it stands in the model. */
function partsBuilt(tree: Part): number {
  const seen = new Set<Part>();
  const walk = (part: Part): void => {
    if (seen.has(part)) return;
    seen.add(part);
    if (isStack(part)) part.sorts.forEach((sort) => walk(sort.part));
    else if (!isTensor(part)) Object.values(part.children).forEach(walk);
  };
  walk(tree);
  return seen.size;
}

describe('what an analysis costs', () => {
  it('builds each sort of layer once', () => {
    let built = 0;
    const build = () => {
      built++;
      return {};
    };
    repeat(maxLayers, build);
    assert.equal(built, 1);
    const sorts = Array.from({ length: maxLayers }, (_, index) => index % 3);
    layers(sorts, build);
    assert.equal(built, 1 + 3);
  });

  for (const type of knownModelTypes())
    it(`does not grow with the depth of ${type}`, () => {
      const analyses = depths.map((depth) => analysisAt(type, depth));
      const counts = analyses.map(({ model, inventory }) => ({
        built: partsBuilt(model.tree),
        tensors: inventory.entries.length,
        states: inventory.states.length,
      }));
      for (const count of counts) assert.deepEqual(count, counts[0]);
      const [first, second] = analyses.map(({ parameters }) => parameters.total);
      assert.ok(first && second && second > first, 'more layers have more parameters');
    });

  it('still counts every layer', () => {
    const [few, many] = [120, 240].map((depth) => analysisAt('qwen3_next', depth));
    assert.ok(few && many);
    const layersOf = ({ inventory }: Analysis) => inventory.entries.find(({ name }) => name.endsWith('q_proj.weight'))?.copies;
    assert.deepEqual([layersOf(few), layersOf(many)], [30, 60]);
    const perLayer = (analysis: Analysis) => weightsAt(analysis, 'bf16').bytes - weightsAt(analysisAt('qwen3_next', 4), 'bf16').bytes;
    assert.equal(perLayer(many) / perLayer(few), 236 / 116);
    const cache = (analysis: Analysis) => cacheOf(analysis, 4096, 1, 'bf16').bytes;
    assert.equal(cache(many), 2 * cache(few));
  });
});
