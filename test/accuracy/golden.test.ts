import { deepEqual, equal, ok } from 'node:assert/strict';
import { analyze, cacheSize, listTensors, toJson, type Analysis, type JsonObject } from '../../src/engine/index';
import { goldens, hashTensors, type GoldenRow } from './golden';
import { goldenTypes } from './requiredTypes';

function analyzed(modelType: string, { keys }: GoldenRow, className: string): Analysis {
  const result = analyze(toJson({ ...keys, model_type: modelType, architectures: [className] }) as JsonObject);
  if (result.kind !== 'model') throw new Error(`${result.kind}: ${JSON.stringify(result.findings)}`);
  return result;
}

describe('golden figures of the reference implementation', () => {
  const files = goldens();

  it('are there for every type that it builds', () => {
    deepEqual(files.map(({ modelType }) => modelType).sort(), [...goldenTypes].sort());
  });

  for (const { modelType, rows } of files)
    for (const [at, row] of rows.entries())
      it(`${modelType}: ${at === 0 ? 'the default config' : `variant ${at}`}`, () => {
        const { parameters, inventory, basis } = analyzed(modelType, row, row.class);
        equal(parameters.total, row.parameters, 'parameters');
        equal(parameters.stored, row.stored, 'stored elements');
        equal(basis.kind, 'exact');
        if (row.tensors) {
          const own = hashTensors([...listTensors(inventory, 'parameters'), ...listTensors(inventory, 'buffers')]);
          ok(row.tensors.includes(own), 'names and shapes of the tensors');
        }
        for (const [tokens, bytes] of Object.entries(row.cache ?? {}))
          equal(cacheSize(inventory, Number(tokens), 1, 'bf16').bytes, bytes, `cache after ${tokens} tokens`);
        for (const [className, count] of Object.entries(row.classes ?? {}))
          equal(analyzed(modelType, row, className).parameters.total, count, className);
      });
});
