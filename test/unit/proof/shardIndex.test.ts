import assert from 'node:assert/strict';
import { textPieces } from '../../../src/checkpointFiles/textPieces';
import { maxTensors, readShardIndex, type ByteRange } from '../../../src/engine/index';
import { maxIndexBytes } from '../../../src/engine/proof/limits';
import { refusalOf, serve } from '../../support/readings';

const read = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  return serve({ bytes }, readShardIndex(bytes.length, textPieces()));
};
const index = (weight_map: unknown, metadata: unknown = { total_size: 12 }): string => JSON.stringify({ metadata, weight_map });

describe('an index of shards', () => {
  it('says which file holds which tensor, and the sum of bytes', () => {
    const found = read(index({ a: 'one.safetensors', b: 'two.safetensors', c: 'one.safetensors' }));
    assert.ok(found.kind === 'index');
    assert.deepEqual(found.files, ['one.safetensors', 'two.safetensors']);
    assert.deepEqual([...found.fileOf], [['a', 0], ['b', 1], ['c', 0]]); // prettier-ignore
    assert.equal(found.totalSize, 12);
  });
  it('is read whatever stands around it', () => {
    const text = `\ufeff{ "x": [{"weight_map": {}}, "]}"], "weight_map" : {"a":"f"},\r\n"metadata":{"n":{"total_size":1},"total_size":7.0,"m":null}, "y": 1e5 }`;
    const found = read(text);
    assert.ok(found.kind === 'index', refusalOf(found));
    assert.deepEqual([[...found.fileOf.keys()], found.totalSize], [['a'], 7]);
  });
  it('without a sum, or with one that is no count, has none', () => {
    for (const metadata of [undefined, {}, { total_size: -1 }, { total_size: 'much' }, { total_size: 1e300 }, 5]) {
      const found = read(JSON.stringify({ metadata, weight_map: { a: 'f' } }));
      assert.ok(found.kind === 'index');
      assert.equal(found.totalSize, undefined);
    }
  });
  it('keeps names that mean something to JavaScript', () => {
    const found = read('{"weight_map":{"__proto__":"f","hasOwnProperty":"f"}}');
    assert.ok(found.kind === 'index');
    assert.deepEqual([...found.fileOf.keys()], ['__proto__', 'hasOwnProperty']);
  });
  for (const [what, text, code] of [
    ['no JSON', 'x', 'not-json'],
    ['an empty file', '', 'not-json'],
    ['no weight map', '{"metadata":{"total_size":1}}', 'no-weight-map'],
    ['an empty weight map', index({}), 'no-weight-map'],
    ['a weight map that is a list', index(['a']), 'no-weight-map'],
    ['a tensor in no file', index({ a: null }), 'bad-tensor'],
    ['a tensor twice', '{"weight_map":{"a":"f","a":"g"}}', 'duplicate-tensor'],
    ['a path', index({ a: 'folder/f' }), 'bad-file-name'],
    ['a way out of the folder', index({ a: '..' }), 'bad-file-name'],
    ['an absolute path', index({ a: '/etc/passwd' }), 'bad-file-name'],
    ['a path of Windows', index({ a: 'C:\\f' }), 'bad-file-name'],
    ['a stream of Windows', index({ a: 'f:x' }), 'bad-file-name'],
    ['an empty name', index({ a: '' }), 'bad-file-name'],
    ['a control character', index({ a: 'f\u0000' }), 'bad-file-name'],
    ['more files than any', index(Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [`t${at}`, `f${at}`]))), 'too-many-files'],
  ] as const)
    it(`is refused with ${what}`, () => assert.equal(refusalOf(read(text)), code));
  it('larger than any is not read at all', () => {
    const asked: ByteRange[] = [];
    assert.equal(
      refusalOf(serve({ bytes: new Uint8Array(), size: maxIndexBytes + 1 }, readShardIndex(maxIndexBytes + 1, textPieces()), asked)),
      'header-too-large',
    );
    assert.deepEqual(asked, []);
  });
  it('with more tensors than any checkpoint is given up on at the limit', () => {
    const text = `{"weight_map":{${Array.from({ length: maxTensors + 1000 }, (_, at) => `"${at}":"f"`).join(',')}}}`;
    assert.equal(refusalOf(read(text)), 'too-many-tensors');
  });
});
