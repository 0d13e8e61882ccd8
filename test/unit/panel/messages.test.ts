import assert from 'node:assert/strict';
import fc from 'fast-check';
import { documentOfState, readKeptChoices, readToHost, type ToHost } from '../../../src/shared/panel/messages';

const good: readonly ToHost[] = [
  { type: 'ready' },
  { type: 'select', uri: 'file:///a/config.json' },
  { type: 'pin', pinned: true },
  { type: 'change', changes: { device: 'RTX 4090', count: 16 }, commit: true },
  { type: 'change', changes: { context: 1, batch: 2 ** 40, kvDtype: 'auto', precision: 'bf16' }, commit: false },
  { type: 'change', changes: { listing: null, trial: null }, commit: true },
  { type: 'change', changes: { listing: { search: '', format: 'GGUF', bits: 4, fits: true, rows: 25 } }, commit: false },
  { type: 'change', changes: { trial: { preset: 'nvfp4', edits: {} } }, commit: true },
  {
    type: 'change',
    changes: { trial: { preset: 'nvfp4', edits: { keep: ['head'], quantize: [], firstLayers: 0, lastLayers: 3 } } },
    commit: true,
  },
  { type: 'change', changes: { engine: 'llama.cpp', comparing: false }, commit: true },
  { type: 'change', changes: { training: null }, commit: true },
  { type: 'change', changes: { training: { batch: 1, tokens: 4096, precision: 'mixed', devices: 8 } }, commit: true },
  { type: 'command', command: 'chooseEngine' },
  { type: 'fixTarget', index: 0, device: 'RTX 4090' },
  { type: 'reveal', index: 3 },
  { type: 'command', command: 'openSample' },
  { type: 'command', command: 'whatIfReport' },
];

const bad: readonly unknown[] = [
  null,
  'ready',
  [],
  {},
  { type: 'nothing' },
  { type: 'select' },
  { type: 'select', uri: '' },
  { type: 'select', uri: 'x'.repeat(5000) },
  { type: 'pin', pinned: 'yes' },
  { type: 'change', changes: {}, commit: true },
  { type: 'change', changes: { context: 0 }, commit: true },
  { type: 'change', changes: { context: 1.5 }, commit: true },
  { type: 'change', changes: { context: Number.NaN }, commit: true },
  { type: 'change', changes: { context: 2 ** 41 }, commit: true },
  { type: 'change', changes: { count: 17 }, commit: true },
  { type: 'change', changes: { kvDtype: 'fp4' }, commit: true },
  { type: 'change', changes: { context: 8, other: 1 }, commit: true },
  { type: 'change', changes: JSON.parse('{"__proto__":{"context":8}}') as unknown, commit: true },
  { type: 'change', changes: { constructor: 8 }, commit: true },
  { type: 'change', changes: { context: 8 } },
  { type: 'change', changes: { listing: { search: '' } }, commit: true },
  { type: 'change', changes: { listing: { search: '', format: '', bits: 0, fits: false, rows: 1e9 } }, commit: true },
  { type: 'change', changes: { listing: { search: 'x'.repeat(5000), format: '', bits: 0, fits: false, rows: 1 } }, commit: true },
  { type: 'change', changes: { listing: { search: '', format: '', bits: 0, fits: false, rows: 1, more: 1 } }, commit: true },
  { type: 'change', changes: { trial: { preset: '', edits: {} } }, commit: true },
  { type: 'change', changes: { trial: { preset: 'nvfp4' } }, commit: true },
  { type: 'change', changes: { trial: { preset: 'nvfp4', edits: { keep: ['everything'] } } }, commit: true },
  { type: 'change', changes: { trial: { preset: 'nvfp4', edits: { keep: Array<string>(50).fill('head') } } }, commit: true },
  { type: 'change', changes: { trial: { preset: 'nvfp4', edits: { firstLayers: -1 } } }, commit: true },
  { type: 'change', changes: { trial: { preset: 'nvfp4', edits: { imatrix: true } } }, commit: true },
  { type: 'change', changes: JSON.parse('{"trial":{"preset":"nvfp4","edits":{"__proto__":{}}}}') as unknown, commit: true },
  { type: 'change', changes: { engine: 'another' }, commit: true },
  { type: 'change', changes: { comparing: 'yes' }, commit: true },
  { type: 'change', changes: { training: { batch: 0, tokens: 4096, precision: 'bf16', devices: 8 } }, commit: true },
  { type: 'change', changes: { training: { batch: 1, tokens: 4096, precision: 'fp8', devices: 8 } }, commit: true },
  { type: 'change', changes: { training: { batch: 1, tokens: 4096, precision: 'bf16' } }, commit: true },
  { type: 'fixTarget', index: -1, device: 'x' },
  { type: 'fixTarget', index: 0 },
  { type: 'reveal', index: 1e300 },
  { type: 'command', command: 'workbench.action.terminal.new' },
];

describe('messages from the panel', () => {
  it('lets through what is known and in bounds', () => {
    for (const message of good) assert.deepEqual(readToHost(message), message);
  });

  it('ignores everything else', () => {
    for (const message of bad) assert.equal(readToHost(message), undefined, JSON.stringify(message));
  });

  it('bears any value', () => {
    const types = fc.constantFrom(...good.map(({ type }) => type));
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.record({ type: types, changes: fc.anything(), uri: fc.anything(), index: fc.anything() })),
        (value) => {
          const message = readToHost(value);
          if (message) assert.ok(good.some(({ type }) => type === message.type));
        },
      ),
    );
  });
});

describe('the state that a page leaves behind', () => {
  it('names the document that it showed, if it is a text at all', () => {
    assert.equal(documentOfState({ open: [], scroll: 0, document: 'file:///a/config.json' }), 'file:///a/config.json');
    for (const state of [undefined, null, 'file:///a', [], {}, { document: 7 }, { document: '' }, { document: 'x'.repeat(5000) }])
      assert.equal(documentOfState(state), undefined, JSON.stringify(state));
  });
});

describe('choices that a workspace keeps', () => {
  it('are what was written, and forgotten where they are not', () => {
    const listing = { search: 'q4', format: '', bits: 0, fits: false, rows: 25 };
    const trial = { preset: 'nvfp4', edits: { firstLayers: 2 } };
    const training = { batch: 2, tokens: 2048, precision: 'bf16', devices: 4 };
    const kept = { listing, trial, comparing: false, training };
    const none = { listing: null, trial: null, comparing: true, training: null };
    assert.deepEqual(readKeptChoices(kept), kept);
    assert.deepEqual(readKeptChoices({ ...kept, trial: { preset: 7 } }), { ...kept, trial: null });
    assert.deepEqual(readKeptChoices({ ...kept, training: { batch: 2 } }), { ...kept, training: null });
    for (const value of [undefined, null, 'x', [], {}, { listing: 1 }]) assert.deepEqual(readKeptChoices(value), none);
  });
});
