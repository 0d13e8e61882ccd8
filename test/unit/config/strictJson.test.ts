import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseConfig } from '../../../src/engine/index';
import { strictObject } from '../../../src/engine/config/strictJson';
import { maxDepth } from '../../../src/engine/limits';

/** A comment makes a text one that only the tolerant reader takes, and moves everything by its length. */
const comment = '/**/';
const tolerant = (text: string) => parseConfig(comment + text);

const key = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', '', '0', 'a"b:', '\\', 'a\\":'));
const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small' }, tie('leaf'), fc.array(tie('any')), fc.dictionary(key, tie('any'), { noNullPrototype: false })),
  leaf: fc.oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
})).any;
const text = fc
  .tuple(fc.dictionary(key, value, { noNullPrototype: false }), fc.constantFrom('', '  ', '\t'))
  .map(([object, indent]) => JSON.stringify(object, null, indent));

describe('reading JSON without liberties', () => {
  it('gives what the tolerant reader gives', () => {
    fc.assert(
      fc.property(text, (json) => {
        assert.notEqual(strictObject(json), undefined);
        assert.deepEqual(parseConfig(json).root, tolerant(json).root);
      }),
    );
  });

  it('knows the same places', () => {
    const json = '{"a": {"b": [1, {"c": "x"}]}, "d": true}';
    for (const path of [['a'], ['a', 'b', 1, 'c'], ['d'], ['nope']]) {
      const moved = tolerant(json).valueRange(path);
      assert.deepEqual(parseConfig(json).valueRange(path), moved && { ...moved, offset: moved.offset - comment.length });
    }
  });

  it('leaves every other text to the tolerant reader', () => {
    const others = {
      'a comment': '{"a": 1 /* one */}',
      'a trailing comma': '{"a": 1,}',
      'a number that Python writes': '{"a": NaN}',
      'an unfinished text': '{"a": 1',
      'no object': '[1]',
      nothing: '',
      'a key twice': '{"a": 1, "a": 2}',
      'a key twice, once escaped': '{"a": 1, "\\u0061": 2}',
      'a key twice further in': '{"a": [{"b": 1, "b": ":"}]}',
    };
    for (const [what, json] of Object.entries(others)) assert.equal(strictObject(json), undefined, what);
  });

  it('refuses what is nested deeper than the bound, at once', () => {
    const nested = (levels: number) => `{"a": ${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    assert.notEqual(strictObject(nested(maxDepth)), undefined);
    assert.equal(strictObject(nested(maxDepth + 1)), undefined);
    assert.equal(strictObject(nested(1_000_000)), undefined);
    const codes = (levels: number) => parseConfig(nested(levels)).findings.map(({ code }) => code);
    assert.deepEqual([codes(maxDepth), codes(maxDepth + 1)], [[], ['nested-too-deep']]);
  });
});
