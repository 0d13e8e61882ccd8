import { deepEqual, equal } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyze, cacheSize, toJson, type Analysis, type JsonObject } from '../../src/engine/index';

/**
 * Bytes that the reference keeps after 64 tokens at 16 bits (oracle.py, `cache`) where a type's default config also has a
 * window of 40 tokens, chunks of 20, both, or both and a list that takes the three kinds of layer in turn.
 */
interface Row {
  readonly modelType: string;
  readonly class: string;
  readonly keys?: Readonly<Record<string, unknown>>;
  readonly layers?: number;
  readonly sliding?: number;
  readonly chunked?: number;
  readonly both?: number;
  readonly listed?: number;
}

const rows = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'fixtures', 'cacheWindows.json'), 'utf8')) as readonly Row[];
const window = { sliding_window: 40 };
const chunk = { attention_chunk_size: 20 };
const kinds = ['sliding_attention', 'full_attention', 'chunked_attention'];

function analyzed({ modelType, class: className, keys }: Row, more: Readonly<Record<string, unknown>>): Analysis {
  const result = analyze(toJson({ ...keys, ...more, model_type: modelType, architectures: [className] }) as JsonObject);
  if (result.kind !== 'model') throw new Error(result.kind);
  return result;
}

describe('windows that a class may not declare', () => {
  for (const row of rows)
    it(`${row.modelType}: bound the cache as in the reference`, () => {
      const layerTypes = Array.from({ length: row.layers ?? 0 }, (_, layer) => kinds[layer % 3]);
      const cases = [
        [row.sliding, window],
        [row.chunked, chunk],
        [row.both, { ...window, ...chunk }],
        [row.listed, { ...window, ...chunk, layer_types: layerTypes }],
      ] as const;
      const plain = analyzed(row, {});
      for (const [bytes, more] of cases) {
        if (bytes === undefined) continue;
        const { inventory, parameters } = analyzed(row, more);
        equal(cacheSize(inventory, 64, 1, 'bf16').bytes, bytes, JSON.stringify(more));
        deepEqual(parameters, plain.parameters);
      }
    });

  it('are named where they stand', () => {
    const { findings } = analyzed({ modelType: 'llama', class: 'LlamaForCausalLM' }, { ...window, layer_types: kinds });
    const named = findings.filter(({ code }) => code === 'undeclared-window').map(({ path }) => path.join('.'));
    deepEqual(named, ['layer_types', 'sliding_window']);
  });

  it('say nothing where the class declares them or settles its layers', () => {
    for (const [modelType, className] of [
      ['mistral', 'MistralForCausalLM'],
      ['jamba', 'JambaForCausalLM'],
    ] as const) {
      const { findings } = analyzed({ modelType, class: className }, window);
      equal(
        findings.some(({ code }) => code === 'undeclared-window'),
        false,
        modelType,
      );
    }
  });
});
