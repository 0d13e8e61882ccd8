import { ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyze, toJson, type JsonObject } from '../../../src/engine/index';
import { peakMemory } from '../../../src/engine/memory/trace/peak';
import { peakJobs, smallModels, type PeakFixture } from '../../support/peaks';

const fixture = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', 'peaks.json'), 'utf8')) as PeakFixture;

/** Shares of the traced figures that a small model may be off: its norms and positions weigh more than those of a published one. */
const allowed = { total: 0.005, activations: 0.03 };

describe('peaks of the transformers library, against the traced ones of small models', () => {
  for (const [name, config] of Object.entries(smallModels))
    it(name, () => {
      const result = analyze(toJson(config) as JsonObject);
      if (result.kind !== 'model') throw new Error(result.kind);
      const rows = Object.entries(fixture[name] ?? {});
      ok(rows.length > 0, 'traced');
      for (const [job, [peak, activations]] of rows) {
        const ours = peakMemory(result, peakJobs[job] as (typeof peakJobs)[string]);
        if (!ours) throw new Error(`${job}: no answer`);
        const off = { total: ours.total / peak - 1, activations: (ours.activations - activations) / Math.max(activations, peak / 100) };
        const figures = `${job}: total ${(off.total * 100).toFixed(2)} %, activations ${(off.activations * 100).toFixed(2)} %`;
        ok(Math.abs(off.total) <= allowed.total && Math.abs(off.activations) <= allowed.activations, figures);
      }
    });
});
