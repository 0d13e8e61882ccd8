import assert from 'node:assert/strict';
import { analyzeText, isObject, parseConfig, valueAt } from '../../../src/engine/index';
import { maxDepth, maxTextLength, maxTolerantLength } from '../../../src/engine/limits';

const codes = (text: string): string[] => parseConfig(text).findings.map(({ code }) => code);
const slice = (text: string, range: { offset: number; length: number } | undefined): string | undefined =>
  range && text.slice(range.offset, range.offset + range.length);

describe('reading a config', () => {
  it('gives values and where they stand', () => {
    const text = '{\r\n  "a": {"b": [1, {"c": "x"}]},\r\n  "d": true\r\n}';
    const document = parseConfig(text);
    assert.deepEqual(valueAt(document.root, ['a', 'b', 1, 'c']), 'x');
    assert.equal(slice(text, document.valueRange(['a', 'b', 1, 'c'])), '"x"');
    assert.equal(slice(text, document.keyRange(['d'])), '"d"');
    assert.equal(document.valueRange(['nope']), undefined);
    assert.equal(document.complete, true);
    assert.deepEqual(document.findings, []);
  });

  it('keeps offsets right behind a byte-order mark', () => {
    const text = '\ufeff{"hidden_size": 4096}';
    const document = parseConfig(text);
    assert.equal(document.complete, true);
    assert.equal(slice(text, document.valueRange(['hidden_size'])), '4096');
    assert.deepEqual(document.pathAt(text.indexOf('4096') + 1), ['hidden_size']);
  });

  it('reads comments and trailing commas, and says that Python will not', () => {
    const text = '{ // width\n "hidden_size": 8, }';
    const document = parseConfig(text);
    assert.equal(document.root?.['hidden_size'], 8);
    assert.equal(document.complete, true);
    assert.deepEqual(codes(text), ['comment-in-json', 'trailing-comma']);
    assert.equal(slice(text, document.findings[1]?.range), ',');
  });

  it('reads what it can of a text that is broken mid-edit', () => {
    const text = '{"hidden_size": 8, "vocab_size": , "num_hidden_layers": 2';
    const document = parseConfig(text);
    assert.equal(document.complete, false);
    assert.equal(document.root?.['hidden_size'], 8);
    assert.ok(document.findings.every(({ code, range }) => code === 'syntax-error' && range !== undefined));
  });

  it('lets the last of several equal keys count, and points at it', () => {
    const text = '{"a": 1, "a": 2}';
    const document = parseConfig(text);
    assert.equal(document.root?.['a'], 2);
    assert.equal(slice(text, document.valueRange(['a'])), '2');
    assert.deepEqual(codes(text), ['duplicate-key']);
  });

  it('treats __proto__ and constructor as mere keys', () => {
    const { root } = parseConfig('{"__proto__": {"hidden_size": 1}, "constructor": 3}');
    assert.ok(root);
    assert.equal(Object.getPrototypeOf(root), null);
    assert.equal(root['hidden_size'], undefined);
    assert.equal(root['constructor'], 3);
    assert.ok(isObject(root['__proto__']));
    assert.equal(({} as Record<string, unknown>)['hidden_size'], undefined);
  });

  for (const [name, text] of [
    ['an empty file', ''],
    ['white space', ' \r\n\t'],
    ['a lone comment', '// nothing'],
  ] as const)
    it(`says that there is nothing in ${name}`, () => assert.deepEqual(codes(text).slice(0, 1), ['empty-text']));

  for (const [name, text] of [
    ['a list', '[1, 2]'],
    ['a number', '12'],
    ['text', '"llama"'],
  ] as const)
    it(`says that ${name} is not a config`, () => {
      assert.deepEqual(codes(text), ['not-an-object']);
      assert.equal(analyzeText(text).result.kind, 'unreadable');
    });

  it('reads NaN and the infinities as Python does, and says that they are not JSON', () => {
    const text = '{"hidden_size": NaN, "time_step_limit": [0.0, Infinity], "low": -Infinity, "vocab_size": 100}';
    const document = parseConfig(text);
    assert.equal(document.complete, true);
    assert.ok(Number.isNaN(document.root?.['hidden_size']));
    assert.deepEqual(document.root?.['time_step_limit'], [0, Infinity]);
    assert.equal(document.root?.['low'], -Infinity);
    assert.equal(slice(text, document.valueRange(['vocab_size'])), '100');
    assert.deepEqual(
      document.findings.map(({ code, range }) => [code, slice(text, range)]),
      [
        ['non-finite-number', 'NaN'],
        ['non-finite-number', 'Infinity'],
        ['non-finite-number', '-Infinity'],
      ],
    );
  });

  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const)
    it(`refuses ${open} nested 10,000 deep, closed or not`, () => {
      for (const text of [`{"x": ${open.repeat(10_000)}1${close.repeat(10_000)}}`, `{"x": ${open.repeat(10_000)}`]) {
        const document = parseConfig(text);
        assert.equal(document.root, undefined);
        assert.deepEqual(
          document.findings.map(({ code, values }) => [code, values['limit']]),
          [['nested-too-deep', maxDepth]],
        );
      }
    });

  it('refuses a text of more characters than the limit without reading it', () => {
    const text = `{"model_type": "llama", "x": "${'y'.repeat(maxTextLength)}"}`;
    const { document, result } = analyzeText(text);
    assert.equal(result.kind, 'unreadable');
    assert.deepEqual(
      document.findings.map(({ code }) => code),
      ['text-too-large'],
    );
  });

  it('mends texts up to a limit of their own, and says where a longer one first goes wrong', () => {
    const padding = 'y'.repeat(maxTolerantLength);
    const plain = `{"model_type": "llama", "x": "${padding}"}`;
    assert.equal(parseConfig(plain).root?.['model_type'], 'llama');
    for (const [mark, text] of [
      ['model_type', `{"x": "${padding}" "model_type": "llama"}`],
      [undefined, `{"x": "${padding}", "x": 1, "model_type": "llama"}`],
    ] as const) {
      const { root, findings } = parseConfig(text);
      assert.equal(root, undefined);
      const [finding] = findings;
      assert.equal(finding?.code, 'text-too-large-to-mend');
      assert.equal(finding.range && text.slice(finding.range.offset + 1, finding.range.offset + finding.range.length - 1), mark);
    }
  });
});
