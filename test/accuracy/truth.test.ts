import { equal, notEqual, ok } from 'node:assert/strict';
import { analyze, type Analysis, type JsonObject } from '../../src/engine/index';
import { requiredTypes } from './requiredTypes';
import { truthRows, type TruthRow } from './truth';
import { differences, type Difference } from './truthDifferences';

const all = truthRows();

/** Bytes of all tensors at the published type, `elementSize` bytes wide; those that stay at float32 do so there too. */
const bytesAt = ({ inventory }: Analysis, elementSize: number): number =>
  inventory.entries
    .filter(({ tiedTo }) => tiedTo === undefined)
    .reduce((sum, { elements, copies, dtype }) => sum + elements * copies * (dtype === 'float32' ? 4 : elementSize), 0);

function analyzeConfig(config: JsonObject): Analysis {
  const result = analyze(config);
  if (result.kind !== 'model') throw new Error(`${result.kind}: ${JSON.stringify(result.findings)}`);
  return result;
}

/** Bytes of one element of the published files; `undefined` where weights are packed or their bytes are not known. */
function elementSizeOf({ bytes, elements }: TruthRow): number | undefined {
  const each = bytes === undefined || elements === undefined ? undefined : bytes / elements;
  return Number.isInteger(each) ? each : undefined;
}

/** Published size less ours, with the row's difference taken into account: in bytes, or in elements where only those are known. */
function remaining(row: TruthRow, { extraBytes, keys }: Partial<Difference>): number {
  const analysis = analyzeConfig({ ...row.config, ...keys });
  equal(analysis.basis.kind, 'exact', analysis.basis.reasons.join(', '));
  const each = elementSizeOf(row);
  if (row.bytes === undefined || each === undefined) return (row.elements ?? 0) - analysis.parameters.stored;
  const extra = extraBytes?.(row.config) ?? 0;
  if (row.bufferElements !== undefined && extra > 0) equal(extra / each, row.bufferElements, 'buffers that the manifest counts');
  return row.bytes - bytesAt(analysis, each) - extra;
}

describe('published checkpoints', () => {
  if (!all) {
    it('need ../shared/truth/configs', function () {
      console.log('  ../shared/truth/configs: skipped (not beside this project)');
      this.skip();
    });
    return;
  }
  const rows = all.filter(({ modelType, kind }) => (requiredTypes as readonly string[]).includes(modelType) && kind.startsWith('exact'));

  it('are there', () => ok(rows.length > 0));

  for (const row of rows) {
    const difference = differences[row.file];
    it(`${row.file.replace('.json', '')}: total size to the byte${difference ? ` (${difference.reason})` : ''}`, () => {
      equal(remaining(row, difference ?? {}), 0, 'bytes');
      if (difference?.extraBytes ?? difference?.keys) notEqual(remaining(row, {}), 0, 'this difference is none: take it from the table');
      if (row.bytes === undefined || elementSizeOf(row) === undefined || difference?.keys) return;
      const { checkpoint } = analyzeConfig(row.config);
      const stated = row.bytes - (difference?.extraBytes?.(row.config) ?? 0);
      if (difference?.otherDtype) notEqual(checkpoint.bytes, stated, 'the type is the stated one: take it from the table');
      else equal(checkpoint.bytes, stated, 'bytes of the checkpoint as the config states it');
    });
  }

  it('that differ are all among them', () => {
    const stray = Object.keys(differences).filter((file) => !rows.some((row) => row.file === file));
    ok(stray.length === 0, stray.join(', '));
  });
});
