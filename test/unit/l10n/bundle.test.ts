import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectTexts, placeholders, textsOf } from './texts';

const root = join(import.meta.dirname, '..', '..', '..');
const readTable = (name: string): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(join(root, name), 'utf8')) as Record<string, string>;

describe('Chinese texts', () => {
  const { uses, notLiteral } = collectTexts(['src', 'media']);
  const bundle = readTable('l10n/bundle.l10n.zh-cn.json');
  const used = new Set(uses.map(({ text }) => text));

  it('are looked up by literals alone', () => {
    assert.deepEqual(notLiteral, []);
  });

  it('exist for every text of the sources', () => {
    const missing = uses.filter(({ text }) => !Object.hasOwn(bundle, text)).map(({ text, place }) => `${place} ${text}`);
    assert.deepEqual(missing, []);
  });

  it('exist for no text that nothing uses', () => {
    assert.deepEqual(
      Object.keys(bundle).filter((text) => !used.has(text)),
      [],
    );
  });

  it('have the placeholders of their originals', () => {
    const different = Object.entries(bundle).filter(([text, translated]) => placeholders(text).join() !== placeholders(translated).join());
    assert.deepEqual(different, []);
  });

  it('are given an argument for every placeholder', () => {
    const short = uses.filter(({ text, arguments: count }) => {
      const needed = Math.max(0, ...placeholders(text).map((name) => Number(name.slice(1, -1)) + 1));
      return count !== undefined && count !== needed;
    });
    assert.deepEqual(
      short.map(({ text, place }) => `${place} ${text}`),
      [],
    );
  });

  it('are sorted, so that two people add lines in different places', () => {
    const keys = Object.keys(bundle);
    assert.deepEqual(keys, [...keys].sort());
  });

  it('use the punctuation of Chinese between Chinese characters', () => {
    const wrong = Object.values(bundle).filter((text) => /\p{Script=Han}[,;:!?]|[,;!?]\s?\p{Script=Han}/u.test(text));
    assert.deepEqual(wrong, []);
  });
});

describe('texts of the manifest', () => {
  const english = readTable('package.nls.json');
  const chinese = readTable('package.nls.zh-cn.json');
  const manifest = readFileSync(join(root, 'package.json'), 'utf8');
  const referenced = new Set([...manifest.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key));

  it('exist in English for every %key% and for nothing else', () => {
    assert.deepEqual(Object.keys(english).sort(), [...referenced].sort());
  });

  it('exist in Chinese for the same keys', () => {
    assert.deepEqual(Object.keys(chinese).sort(), Object.keys(english).sort());
  });

  it('name the same settings and values in both languages', () => {
    const code = (text: string | undefined): readonly string[] => (text?.match(/`[^`]+`/g) ?? []).sort();
    for (const [key, text] of Object.entries(english)) assert.deepEqual(code(chinese[key]), code(text), key);
  });
});

describe('the collector of texts', () => {
  it('sees every form of call, both branches of a condition, and what is no literal', () => {
    const source = [
      "const { t } = vscode.l10n; t('one {0}', 1);",
      'vscode.l10n.t("two");',
      'view.t(`three`, ...rest);',
      "t(many ? 'four' : (none ? 'five' : 'six'));",
      'start(`t(${name})`); t(name); t(`seven ${name}`);',
      "// t('no call')\nconst text = \"t('no call')\"; set('no');",
    ].join('\n');
    const { uses, notLiteral } = textsOf(source, 'a.ts');
    assert.deepEqual(
      uses.map(({ text, place, arguments: count }) => [text, place, count]),
      [
        ['one {0}', 'a.ts:1', 1],
        ['two', 'a.ts:2', 0],
        ['three', 'a.ts:3', undefined],
        ['four', 'a.ts:4', 0],
        ['five', 'a.ts:4', 0],
        ['six', 'a.ts:4', 0],
      ],
    );
    assert.deepEqual(notLiteral, ['a.ts:5 t(name)', 'a.ts:5 t(`seven ${name}`)']);
  });
});
