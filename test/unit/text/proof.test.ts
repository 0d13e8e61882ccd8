import assert from 'node:assert/strict';
import {
  defaultStyle,
  type DifferenceKind,
  type Problem,
  type Proof,
  type ProofNote,
  type TensorDifference,
} from '../../../src/engine/index';
import { problemText } from '../../../src/shared/text/problems';
import { countText, differenceText, proofLine, proofNoteText } from '../../../src/shared/text/proof';
import { gptqWriters } from '../../../src/engine/quantization/schemes/gptq';
import { packingWriters } from '../../../src/engine/quantization/schemes/compressedTensors';
import { english } from '../../../src/shared/text/translate';
import { membersOf } from './engineCodes';

const writers = [...gptqWriters, ...packingWriters];
const facts = { dtype: 'BF16', shape: [4, 8], bytes: 64 };
/** A text is whole: no placeholder is left, and nothing in it was missing. */
const assertWhole = (text: string): void => assert.doesNotMatch(text, /\{\d\}|undefined|NaN|^$/, text);

const proof: Proof = {
  status: 'verified',
  container: 'safetensors',
  files: ['model.safetensors'],
  basis: 'headers',
  bytesExpected: 2 ** 30,
  bytesFound: 2 ** 30,
  off: 0,
  tensorsExpected: 291,
  tensorsFound: 291,
  tensorsCompared: 291,
  counts: {},
  differences: [],
  notes: [],
  types: {},
};

describe('the words of a comparison', () => {
  it('say how it ended in one line', () => {
    const line = (changes: Partial<Proof>): string => proofLine({ ...proof, ...changes }, english, defaultStyle);
    assert.equal(line({}), 'Verified, 0 bytes off: 291 tensors (1.00 GiB), name by name with type and shape');
    assert.equal(line({ basis: 'index' }), 'Verified, 0 bytes off: 291 names and the sum of bytes (1.00 GiB), from the index alone');
    assert.equal(
      line({ status: 'differs', off: -4096, counts: { missing: 2, dtype: 1 } }),
      'Differs by −4,096 bytes: 2 missing, 1 of another type',
    );
    assert.equal(line({ status: 'differs', off: null, counts: { 'missing-file': 1 } }), 'Differs: 1 file missing');
    assert.equal(
      line({ status: 'differs', off: 0, counts: { 'missing-file': 2, shape: 1 } }),
      'Differs: 2 files missing, 1 of another shape',
    );
    assert.equal(
      line({ status: 'unreadable', problem: { code: 'not-gguf', values: { file: 'a.gguf' } } }),
      'a.gguf: This is no GGUF file.',
    );
  });

  it('have a sentence for every kind of difference', () => {
    const kinds = membersOf('DifferenceKind') as DifferenceKind[];
    assert.ok(kinds.length > 10);
    for (const kind of kinds) {
      const difference: TensorDifference = { kind, name: 'a.weight', file: 'f', expected: facts, found: facts, bytes: -1, tiedTo: 'b' };
      assertWhole(differenceText(difference, english));
      assert.ok(kind === 'total-size' || differenceText(difference, english).includes('a.weight'), kind);
      assertWhole(countText(kind, 3, english));
      assertWhole(countText(kind, 1, english));
      assert.doesNotMatch(countText(kind, 1, english), /\b1 files/);
    }
    const extra = (why: 'recomputed' | 'unloaded'): string =>
      differenceText({ kind: 'extra', name: 'a', found: facts, bytes: 64, why }, english);
    assert.notEqual(extra('recomputed'), extra('unloaded'));
  });

  it('have a sentence for every problem, with the file before it where it names none', () => {
    const codes = membersOf('ProblemCode') as Problem['code'][];
    assert.ok(codes.length > 25);
    const values = Object.fromEntries(
      ['name', 'dtype', 'message', 'key', 'version', 'alignment']
        .map((key) => [key, `the ${key}`])
        .concat(['bytes', 'limit', 'at', 'expected', 'found', 'missing', 'extra', 'length'].map((key) => [key, 1234567] as never)),
    ) as Problem['values'];
    for (const code of codes) {
      const text = problemText({ code, values: { ...values, file: 'shard.one' } }, english, defaultStyle);
      assertWhole(text);
      assert.equal(text.split('shard.one').length, 2, text);
    }
  });

  it('have a sentence for every note', () => {
    const notes: ProofNote[] = [
      { code: 'prefix', expected: 'model.', found: '' },
      { code: 'prefix', expected: '', found: 'model.' },
      { code: 'renamed-parts' },
      { code: 'other-forms' },
      { code: 'legacy-names', tensors: 8 },
      { code: 'tied-alias', name: 'a', found: 'b' },
      { code: 'index-total', written: 5, found: 6 },
      { code: 'index-beside', index: 'model.safetensors.index.json', files: 2, first: 'model-00001-of-00002.safetensors' },
      { code: 'index-beside', index: 'model.safetensors.index.json', files: 1, first: 'other.safetensors' },
      { code: 'lfs-pointers', files: 2, bytes: 1e9 },
      { code: 'lfs-pointers', files: 1, bytes: 1e9 },
      { code: 'text', tensors: 14, bytes: 1400, estimated: 1390 },
      { code: 'unloaded-absent', bytes: 1e9 },
      { code: 'gguf-rules', fileType: 'Q4_K_M', imatrix: true, day: '2024-05-01' },
      { code: 'gguf-rules', fileType: 'Q4_K_M', imatrix: undefined, day: undefined },
      { code: 'approximate', reasons: ['unknown-model-type'] },
      ...writers.map((writer): ProofNote => ({ code: 'writer', writer })),
    ];
    const texts = notes.map((note) => proofNoteText(note, english, defaultStyle));
    texts.forEach(assertWhole);
    assert.equal(new Set(texts).size, texts.length);
  });
});
