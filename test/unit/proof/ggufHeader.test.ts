import assert from 'node:assert/strict';
import { readGgufHeader, type ByteRange } from '../../../src/engine/index';
import { maxGgufHeader } from '../../../src/engine/proof/limits';
import { ggufBytes, type GgufFile } from '../../support/gguf';
import { refusalOf, serve } from '../../support/readings';

/** Reads a header before `data` bytes, counted from the next multiple of 32. */
function read(file: GgufFile, data = 0, asked?: ByteRange[]) {
  const bytes = ggufBytes(file);
  const size = Math.ceil(bytes.length / 32) * 32 + data;
  return serve({ bytes, size }, readGgufHeader(size), asked);
}

const metadata: GgufFile['metadata'] = [
  { key: 'general.architecture', type: 'text', value: 'llama' },
  { key: 'llama.block_count', type: 'u32', value: 2 },
  { key: 'llama.rope.freq_base', type: 'f32', value: 10000 },
  { key: 'general.size', type: 'u64', value: 2 ** 40 },
  { key: 'llama.attention.head_count_kv', type: 'u32s', value: [8, 0] },
  { key: 'tokenizer.ggml.add_bos_token', type: 'bool', value: 1 },
  { key: 'tokenizer.ggml.tokens', type: 'texts', value: ['<s>', '词', ''] },
];
const tensors: GgufFile['tensors'] = [
  { name: 'token_embd.weight', dimensions: [256, 10], type: 12, offset: 0 },
  { name: 'output_norm.weight', dimensions: [256], type: 0, offset: 1440 },
];

describe('a GGUF header', () => {
  for (const [version, bigEndian] of [
    [1, false],
    [2, false],
    [3, false],
    [3, true],
  ] as const)
    // prettier-ignore
    it(`of version ${version}${bigEndian ? ', big-endian,' : ''} gives metadata and tensors`, () => {
      const header = read({ version, bigEndian, metadata, tensors }, 1440 + 1024);
      assert.ok(header.kind === 'gguf', refusalOf(header));
      assert.equal(header.version, version);
      assert.deepEqual(Object.fromEntries(header.metadata), {
        'general.architecture': 'llama',
        'llama.block_count': 2,
        'llama.rope.freq_base': 10000,
        'general.size': 2 ** 40,
        'llama.attention.head_count_kv': [8, 0],
        'tokenizer.ggml.add_bos_token': true,
        'tokenizer.ggml.tokens': { length: 3 },
      });
      assert.deepEqual([...header.tensors.values()].map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes })), [
        { name: 'token_embd.weight', dtype: 'Q4_K', shape: [10, 256], bytes: 1440 },
        { name: 'output_norm.weight', dtype: 'F32', shape: [256], bytes: 1024 },
      ]);
      assert.deepEqual([header.dataBytes, header.problems], [2464, []]);
    });

  it('is read in ranges that grow, and skips what it does not need', () => {
    const large: GgufFile = {
      metadata: [
        { key: 'tokenizer.ggml.tokens', type: 'texts', value: Array.from({ length: 5000 }, (_, at) => `token ${at}`) },
        { key: 'tokenizer.ggml.scores', type: 'zeros', value: 1_500_000 },
        { key: 'tokenizer.chat_template', type: 'text', value: 'x'.repeat(3_000_000) },
        { key: 'llama.block_count', type: 'u32', value: 7 },
      ],
      tensors,
    };
    const asked: ByteRange[] = [];
    const header = read(large, 2464, asked);
    assert.ok(header.kind === 'gguf');
    assert.equal(header.metadata.get('llama.block_count'), 7);
    assert.deepEqual(header.metadata.get('tokenizer.ggml.scores'), { length: 1_500_000 });
    assert.equal(header.metadata.get('tokenizer.chat_template'), '');
    const bytes = ggufBytes(large).length;
    assert.ok(bytes > 9_000_000);
    assert.ok(asked.reduce((sum, { length }) => sum + length, 0) < bytes * 0.75, 'the long arrays were not read');
  });

  it('counts padding that its alignment asks for', () => {
    const aligned: GgufFile = {
      metadata: [{ key: 'general.alignment', type: 'u32', value: 64 }],
      tensors: [
        { name: 'a', dimensions: [3], type: 0, offset: 0 },
        { name: 'b', dimensions: [3], type: 0, offset: 64 },
      ],
    };
    const bytes = ggufBytes(aligned);
    const start = Math.ceil(bytes.length / 64) * 64;
    for (const end of [76, 128]) {
      const header = serve({ bytes, size: start + end }, readGgufHeader(start + end));
      assert.ok(header.kind === 'gguf');
      assert.deepEqual([header.headerBytes, header.dataBytes, header.problems], [start, 24, []]);
    }
  });

  it('says how much of its data is missing, or too much', () => {
    const cut = read({ metadata, tensors }, 2400);
    assert.ok(cut.kind === 'gguf');
    assert.deepEqual(cut.problems, [{ code: 'data-cut', values: { missing: 64 } }]);
    const long = read({ metadata, tensors }, 3000);
    assert.ok(long.kind === 'gguf');
    assert.deepEqual(long.problems, [{ code: 'data-beyond', values: { extra: 536 } }]);
  });

  const one = { name: 'a', dimensions: [4], type: 0, offset: 0 };
  for (const [what, file, code] of [
    ['version 0', { version: 0 }, 'gguf-version'],
    ['version 4', { version: 4 }, 'gguf-version'],
    ['ten million tensors', { tensorCount: 10_000_000 }, 'too-many-tensors'],
    ['2^62 tensors', { tensorCount: 2 ** 62 }, 'too-many-tensors'],
    ['2^62 entries', { entryCount: 2 ** 62 }, 'gguf-entries'],
    ['more entries than it has', { entryCount: 5 }, 'header-cut'],
    ['more tensors than it has', { tensorCount: 5 }, 'header-cut'],
    ['a key twice', { metadata: [...metadata.slice(0, 1), ...metadata.slice(0, 1)] }, 'gguf-metadata'],
    ['a tensor twice', { tensors: [one, { ...one, offset: 32 }] }, 'duplicate-tensor'],
    ['five dimensions', { tensors: [{ ...one, dimensions: [1, 1, 1, 1, 1] }] }, 'bad-tensor'],
    ['dimensions that overflow', { tensors: [{ ...one, dimensions: [2 ** 40, 2 ** 40] }] }, 'shape-too-large'],
    ['a row of less than a block', { tensors: [{ ...one, dimensions: [40, 8], type: 2 }] }, 'bad-tensor'],
    ['an unknown type', { tensors: [{ ...one, type: 99 }] }, 'unknown-dtype'],
    ['an offset inside the tensor before', { tensors: [one, { ...one, name: 'b', offset: 8 }] }, 'bad-offset'],
    ['an offset far behind', { tensors: [one, { ...one, name: 'b', offset: 2 ** 50 }] }, 'bad-offset'],
    ['an alignment of 3', { metadata: [{ key: 'general.alignment', type: 'u32', value: 3 }] }, 'gguf-alignment'],
    ['an alignment of 0', { metadata: [{ key: 'general.alignment', type: 'u32', value: 0 }] }, 'gguf-alignment'],
    ['a name of a megabyte', { tensors: [{ ...one, name: 'a'.repeat(1_000_000) }] }, 'gguf-name'],
  ] as readonly (readonly [string, GgufFile, string])[])
    it(`is refused with ${what}`, () => assert.equal(refusalOf(read(file)), code));

  it('is refused where it is something else', () => {
    for (const text of ['', 'GGU', 'GGUF', 'GGML\u0003\u0000\u0000\u0000', '{"model_type":"llama"}']) {
      const bytes = new TextEncoder().encode(text);
      const code = refusalOf(serve({ bytes }, readGgufHeader(bytes.length)));
      assert.equal(code, text.length < 8 ? 'header-cut' : 'not-gguf', text);
    }
  });

  describe('whose arrays lie about their length', () => {
    /** A header that ends with an array of `count` elements of a type, in a file of `size` bytes. */
    const claiming = (type: number, count: number, size: number) => {
      const start = ggufBytes({ entryCount: 1 });
      const key = ggufBytes({ metadata: [{ key: 'k', type: 'u32s', value: [] }] }).slice(start.length, -12);
      const tail = new Uint8Array(12);
      new DataView(tail.buffer).setUint32(0, type, true);
      new DataView(tail.buffer).setBigUint64(4, BigInt(count), true);
      return { bytes: new Uint8Array([...start, ...key, ...tail]), size };
    };
    for (const [what, type, count, size, code] of [
      ['a billion numbers in a small file', 4, 1e9, 1000, 'header-cut'],
      ['2^60 numbers', 12, 2 ** 60, 1000, 'header-cut'],
      ['a billion numbers in a large file', 4, 1e9, 2 ** 40, 'header-too-large'],
      ['a billion strings', 8, 1e9, 2 ** 40, 'gguf-array'],
      ['arrays of arrays', 9, 10, 1000, 'gguf-metadata'],
      ['an unknown type', 77, 10, 1000, 'gguf-metadata'],
      ['half a million empty strings that are not there', 8, 500_000, 1000, 'header-cut'],
      ['half a million empty strings, which are read to their end', 8, 500_000, 2 ** 40, 'gguf'],
    ] as const)
      it(what, () => {
        const asked: ByteRange[] = [];
        const found = refusalOf(serve(claiming(type, count, size), readGgufHeader(size), asked));
        assert.equal(found, code);
        assert.ok(asked.reduce((sum, { length }) => sum + length, 0) < 40_000_000);
      });
  });

  it('whose strings lead beyond its limit is refused', () => {
    const bytes = ggufBytes({ metadata: [{ key: 'a', type: 'text', value: 'x' }] });
    new DataView(bytes.buffer).setBigUint64(bytes.length - 9, BigInt(maxGgufHeader), true);
    const size = 2 ** 40;
    const more = ggufBytes({ metadata: [{ key: 'a', type: 'u32', value: 1 }] }).slice(24);
    const result = serve({ bytes: new Uint8Array([...bytes.slice(0, 16), 2, ...bytes.slice(17), ...more]), size }, readGgufHeader(size));
    assert.equal(refusalOf(result), 'header-too-large');
  });
});
