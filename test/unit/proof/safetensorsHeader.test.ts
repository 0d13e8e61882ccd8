import assert from 'node:assert/strict';
import { maxTensors, readSafetensorsHeader, type ByteRange } from '../../../src/engine/index';
import { textPieces } from '../../../src/checkpointFiles/textPieces';
import { maxSafetensorsHeader } from '../../../src/engine/proof/limits';
import { refusalOf, serve } from '../../support/readings';
import { headerBytes, headerText } from '../../support/safetensors';

const a = { name: 'a.weight', dtype: 'BF16', shape: [4, 8], bytes: 64 };
const b = { name: 'b.bias', dtype: 'F32', shape: [3], bytes: 12 };

/** Reads a header of this text before `data` bytes. */
const read = (text: string, data: number) => {
  const bytes = headerBytes(text);
  const size = bytes.length + data;
  return serve({ bytes, size }, readSafetensorsHeader(size, textPieces()));
};
const entry = (name: string, dtype: string, shape: unknown, offsets: unknown): string =>
  `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`;

describe('a safetensors header', () => {
  it('gives every tensor with type, shape and bytes', () => {
    const text = headerText([a, b], { format: 'pt' });
    const header = read(text, 76);
    assert.ok(header.kind === 'safetensors');
    assert.deepEqual(
      [...header.tensors.values()].map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes })),
      [b, a],
    );
    assert.equal(header.headerBytes, headerBytes(text).length);
    assert.deepEqual([header.dataBytes, header.problems], [76, []]);
  });

  it('is read alone, in ranges, whatever the size of the file', () => {
    const tensors = Array.from({ length: 40_000 }, (_, at) => ({ ...a, name: `model.layers.${at}.weight`, bytes: 64 }));
    const bytes = headerBytes(headerText(tensors));
    const size = bytes.length + 40_000 * 64;
    const asked: ByteRange[] = [];
    const header = serve({ bytes, size }, readSafetensorsHeader(size, textPieces()), asked);
    assert.ok(header.kind === 'safetensors');
    assert.equal(header.tensors.size, 40_000);
    assert.ok(asked.length > 2, 'in more than one range');
    for (const { length } of asked) assert.ok(length <= 2 ** 21, `${length} at once`);
    const beyond = Math.max(...asked.map(({ offset, length }) => offset + length)) - bytes.length;
    assert.ok(beyond < 2 ** 21, `${beyond} bytes of data read`);
  });

  it('takes names of any script, escapes, spaces and any order of keys', () => {
    const text = ` {"模型.层" : {"shape":[2], "data_offsets":[0,4], "dtype":"F16"} ,\n"\\u0061\\"\\\\": {"data_offsets":[4,4],"dtype":"I8","shape":[0,9]}}`;
    const header = read(text, 4);
    assert.ok(header.kind === 'safetensors', refusalOf(header));
    assert.deepEqual(
      [...header.tensors.values()].map(({ name, bytes }) => [name, bytes]),
      [
        ['模型.层', 4],
        ['a"\\', 0],
      ],
    );
  });

  it('takes keys that mean something to JavaScript as plain names', () => {
    const header = read(`{${entry('__proto__', 'U8', [1], [0, 1])},${entry('constructor', 'U8', [1], [1, 2])}}`, 2);
    assert.ok(header.kind === 'safetensors');
    assert.deepEqual(
      [...header.tensors.values()].map(({ name }) => name),
      ['__proto__', 'constructor'],
    );
    assert.equal(({} as Record<string, unknown>)['dtype'], undefined);
  });

  it('passes over metadata of any length without holding it', () => {
    const header = read(headerText([a], { notes: '"}{'.repeat(2_000_000) }), 64);
    assert.ok(header.kind === 'safetensors');
    assert.equal(header.tensors.size, 1);
  });

  it('takes tensors in any order of their data', () => {
    const header = read(`{${entry('second', 'U8', [2], [3, 5])},${entry('first', 'U8', [3], [0, 3])}}`, 5);
    assert.ok(header.kind === 'safetensors');
  });

  it('counts types of less than a byte in bits', () => {
    assert.equal(read(`{${entry('a', 'F4', [3, 2], [0, 3])}}`, 3).kind, 'safetensors');
    assert.equal(refusalOf(read(`{${entry('a', 'F4', [4], [0, 3])}}`, 3)), 'size-mismatch');
  });

  it('says how much of its data is missing, or too much', () => {
    const cut = read(headerText([a, b]), 70);
    assert.ok(cut.kind === 'safetensors');
    assert.deepEqual(cut.problems, [{ code: 'data-cut', values: { missing: 6 } }]);
    const long = read(headerText([a, b]), 80);
    assert.ok(long.kind === 'safetensors');
    assert.deepEqual(long.problems, [{ code: 'data-beyond', values: { extra: 4 } }]);
  });

  const bad: readonly (readonly [what: string, text: string, data: number, code: string])[] = [
    ['no JSON', 'nonsense', 0, 'not-json'],
    ['JSON that ends early', '{"a":{"dtype":"U8"', 0, 'not-json'],
    ['something behind the object', '{}x', 0, 'not-json'],
    ['a list', '[]', 0, 'not-json'],
    ['two commas', `{${entry('a', 'U8', [1], [0, 1])},,}`, 1, 'not-json'],
    ['a comma before the end', `{${entry('a', 'U8', [1], [0, 1])},}`, 1, 'not-json'],
    ['a key without quotes', '{a:1}', 0, 'not-json'],
    ['an entry that is a number', '{"a":1}', 0, 'bad-tensor'],
    ['an entry of a megabyte', `{"a":{"dtype":"U8","shape":[${'1,'.repeat(500_000)}1],"data_offsets":[0,1]}}`, 1, 'text-too-long'],
    ['a name of a megabyte', `{"${'a'.repeat(1_000_000)}":1}`, 0, 'text-too-long'],
    ['an entry of lists in lists', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`, 0, 'text-too-long'],
    ['lists in lists that are short enough', `{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`, 0, 'bad-tensor'],
    ['an odd number of halves of bytes', `{${entry('a', 'F4', [3], [0, 2])}}`, 2, 'part-of-a-byte'],
    ['six bits that fill no bytes', `{${entry('a', 'F6_E2M3', [3], [0, 2])}}`, 2, 'part-of-a-byte'],
    ['a shape with a fraction', `{${entry('a', 'U8', [1.5], [0, 1])}}`, 1, 'bad-tensor'],
    ['a negative shape', `{${entry('a', 'U8', [-1, -1], [0, 1])}}`, 1, 'bad-tensor'],
    ['twenty dimensions', `{${entry('a', 'U8', Array(20).fill(1), [0, 1])}}`, 1, 'too-many-dimensions'],
    ['one offset', `{${entry('a', 'U8', [1], [0])}}`, 1, 'bad-tensor'],
    ['offsets the wrong way round', `{${entry('a', 'U8', [1], [1, 0])}}`, 1, 'bad-tensor'],
    ['offsets past 2^53', `{${entry('a', 'U8', [1], [0, 1e300])}}`, 1, 'bad-tensor'],
    ['shapes whose product overflows', `{${entry('a', 'F32', [2 ** 52, 2 ** 52], [0, 4])}}`, 4, 'shape-too-large'],
    ['an unknown type', `{${entry('a', 'F7', [1], [0, 1])}}`, 1, 'unknown-dtype'],
    ['more bytes than the shape has', `{${entry('a', 'U8', [1], [0, 2])}}`, 2, 'size-mismatch'],
    ['a gap', `{${entry('a', 'U8', [1], [0, 1])},${entry('b', 'U8', [1], [2, 3])}}`, 3, 'bad-offset'],
    ['an overlap', `{${entry('a', 'U8', [2], [0, 2])},${entry('b', 'U8', [2], [1, 3])}}`, 3, 'bad-offset'],
    ['data that does not begin at 0', `{${entry('a', 'U8', [1], [1, 2])}}`, 2, 'bad-offset'],
    ['a name twice', `{${entry('a', 'U8', [1], [0, 1])},${entry('a', 'U8', [1], [1, 2])}}`, 2, 'duplicate-tensor'],
  ];
  for (const [what, text, data, code] of bad) it(`is refused with ${what}`, () => assert.equal(refusalOf(read(text, data)), code));

  it('is refused where it is no UTF-8', () => {
    for (const wrong of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf8, 0x80, 0x80, 0x80]]) {
      const bytes = headerBytes(`{"${'x'.repeat(wrong.length)}":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}`);
      bytes.set(wrong, 10);
      assert.equal(
        refusalOf(serve({ bytes, size: bytes.length + 1 }, readSafetensorsHeader(bytes.length + 1, textPieces()))),
        'not-utf8',
        String(wrong),
      );
    }
  });

  describe('that lies about its length', () => {
    const claiming = (length: bigint, size: number) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, length, true);
      return { bytes: bytes.subarray(0, Math.min(8, size)), size };
    };
    for (const [what, length, size, code] of [
      ['an empty file', 0n, 0, 'header-cut'],
      ['seven bytes', 0n, 7, 'header-cut'],
      ['a length beyond the file', 1000n, 100, 'header-cut'],
      ['a length beyond the format', BigInt(maxSafetensorsHeader) + 1n, 2 ** 40, 'header-too-large'],
      ['the largest length there is', 2n ** 64n - 1n, 2 ** 40, 'header-too-large'],
      ['a length of nothing', 0n, 8, 'not-json'],
    ] as const)
      it(`${what} is refused after one small range`, () => {
        const asked: ByteRange[] = [];
        assert.equal(refusalOf(serve(claiming(length, size), readSafetensorsHeader(size, textPieces()), asked)), code);
        assert.ok(asked.length <= 1 && asked.every(({ length: bytes }) => bytes <= 2 ** 18));
      });
  });

  it('with more tensors than any checkpoint is given up on at the limit, not at its end', () => {
    const tensors = maxTensors + 60_000;
    const small = (at: number): string => `"${at}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`;
    const text = `{${Array.from({ length: tensors }, (_, at) => small(at)).join(',')}}`;
    const bytes = headerBytes(text);
    const asked: ByteRange[] = [];
    const result = serve({ bytes }, readSafetensorsHeader(bytes.length, textPieces()), asked);
    assert.equal(refusalOf(result), 'too-many-tensors');
    const readBytes = asked.reduce((sum, { length }) => sum + length, 0);
    assert.ok(readBytes < (bytes.length * (maxTensors + 40_000)) / tensors, `${readBytes} of ${bytes.length}`);
  });
});
