import assert from 'node:assert/strict';
import fc from 'fast-check';
import { documentOfState, readToHost, type ToHost } from '../../../src/shared/panel/messages';

const good: readonly ToHost[] = [
  { type: 'ready' },
  { type: 'select', uri: 'file:///a/config.json' },
  { type: 'pin', pinned: true },
  { type: 'change', changes: { device: 'RTX 4090', count: 16 }, commit: true },
  { type: 'change', changes: { context: 1, batch: 2 ** 40, kvDtype: 'auto', precision: 'bf16' }, commit: false },
  { type: 'fixTarget', index: 0, device: 'RTX 4090' },
  { type: 'reveal', index: 3 },
  { type: 'command', command: 'openSample' },
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
