import assert from 'node:assert/strict';
import type { TrainingAsked, TrainingTable } from '../../../src/shared/panel/runs';
import { contentFor, sample, type Asked } from './models';

const usual: TrainingAsked = { batch: 1, tokens: 2048, precision: 'bf16', devices: 8 };

function tableOf(name: string, training: TrainingAsked = usual, asked: Asked = {}): TrainingTable {
  const { shown } = contentFor(sample(name), { training, ...asked }).training;
  assert.ok(shown, 'a table');
  return shown;
}
const bytesOf = (table: TrainingTable, id: string): number => {
  const row = table.groups.flatMap(({ rows }) => rows).find((each) => each.id === id);
  assert.ok(row, id);
  return row.parts.reduce((sum, { bytes }) => sum + bytes, 0);
};

describe('training in the panel', () => {
  it('is computed only while it is shown', () => {
    const { shown, start } = contentFor(sample('Llama-3.1-8B')).training;
    assert.equal(shown, null);
    assert.deepEqual(start, { batch: 1, tokens: 4096, precision: 'bf16', devices: 8 });
  });

  it('leaves what takes too long for the next time, and gets on each time', () => {
    const analysis = sample('Llama-3.1-8B');
    const ways = 21;
    const rows = (): number => {
      const shown = contentFor(analysis, { training: { ...usual, tokens: 1536 }, patience: 0 }).training.shown;
      assert.ok(shown);
      const there = shown.groups.reduce((sum, { rows: each }) => sum + each.length, 0);
      assert.equal(there + shown.pending, ways);
      return there;
    };
    let before = rows();
    assert.ok(before < ways);
    for (let turn = 0; turn < ways && before < ways; turn++) {
      const now = rows();
      assert.ok(now > before, `${now} after ${before}`);
      before = now;
    }
    assert.equal(before, ways);
  });

  it('shows what each way saves against the first', () => {
    const table = tableOf('Llama-3.1-8B');
    const full = bytesOf(table, 'full');
    for (const id of ['checkpointing', 'adamw-8bit', 'adafactor', 'lion', 'sgd', 'lora-checkpointing', 'zero-1', 'zero-3'])
      assert.ok(bytesOf(table, id) < full, id);
    assert.ok(bytesOf(table, 'qlora') < bytesOf(table, 'lora-checkpointing'), 'four bits');
    assert.ok(bytesOf(table, 'zero-3') <= bytesOf(table, 'zero-2') && bytesOf(table, 'zero-2') <= bytesOf(table, 'zero-1'), 'stages');
    const [first, ...others] = table.groups.flatMap(({ rows }) => rows);
    assert.equal(first?.saved, '');
    for (const { id, saved } of others) assert.match(saved, /^[−+]\d/, id);
  });

  it('marks what fits the device by its own memory', () => {
    const rows = tableOf('Llama-3.1-8B').groups.flatMap(({ rows: each }) => each);
    const verdicts = Object.fromEntries(rows.map(({ id, verdict }) => [id, verdict]));
    assert.equal(verdicts['full'], 'over');
    assert.equal(verdicts['qlora'], 'fits');
    assert.ok(
      tableOf('Llama-3.1-8B', usual, { targets: [] }).groups.every(({ rows: each }) => each.every(({ verdict }) => verdict === 'unknown')),
    );
  });

  it('follows batch, tokens, precision and devices', () => {
    const base = tableOf('Llama-3.1-8B');
    assert.ok(bytesOf(tableOf('Llama-3.1-8B', { ...usual, batch: 2 }), 'full') > bytesOf(base, 'full'));
    assert.ok(bytesOf(tableOf('Llama-3.1-8B', { ...usual, tokens: 1024 }), 'full') < bytesOf(base, 'full'));
    assert.ok(bytesOf(tableOf('Llama-3.1-8B', { ...usual, precision: 'mixed' }), 'full') > bytesOf(base, 'full'));
    assert.ok(bytesOf(tableOf('Llama-3.1-8B', { ...usual, devices: 64 }), 'zero-3') < bytesOf(base, 'zero-3'));
  });

  it('says how QLoRA keeps its weights', () => {
    const row = tableOf('Llama-3.1-8B')
      .groups.flatMap(({ rows }) => rows)
      .find(({ id }) => id === 'qlora');
    assert.ok(row, 'a row');
    assert.ok(row.total.how.notes.some((note) => note.includes('unpacked matrix by matrix')));
  });

  it('shares the model itself as far as its heads, layers and experts allow', () => {
    const labels = (name: string, asked = usual): readonly string[] =>
      tableOf(name, asked)
        .groups.flatMap(({ rows }) => rows)
        .filter(({ id }) => ['tensor', 'sequence', 'pipeline', 'context', 'expert'].includes(id))
        .map(({ label }) => label);
    const dense = ['tensor parallel 8', 'tensor parallel 8, with sequence parallel', '8 pipeline stages, checkpointing'];
    assert.deepEqual(labels('Llama-3.1-8B'), [...dense, 'context parallel 8, stage 3']);
    assert.ok(labels('Llama-3.1-8B', { ...usual, devices: 24 }).includes('24 pipeline stages, checkpointing'));
    assert.deepEqual(labels('Llama-3.1-8B', { ...usual, devices: 1 }), []);
    const table = tableOf('Llama-3.1-8B');
    assert.ok(bytesOf(table, 'sequence') < bytesOf(table, 'tensor') && bytesOf(table, 'tensor') < bytesOf(table, 'full'));
  });

  it('says so where what a step allocates is not known', () => {
    const { problem, groups } = tableOf('whisper-large-v3');
    assert.match(problem, /not known/);
    assert.deepEqual(groups, []);
  });
});
