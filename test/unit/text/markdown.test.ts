import assert from 'node:assert/strict';
import { escapeMarkdown, markdownReport } from '../../../src/shared/text/report';
import { estimateOf, languages, matchesGolden, sample } from './support';

describe('Markdown', () => {
  it('shows the text of a file as it is', () => {
    const cases = [
      ['Llama-3.1-8B/config.json', 'Llama-3.1-8B/config.json'],
      ['a_b*c*`d`', 'a\\_b\\*c\\*\\`d\\`'],
      ['[x](command:y)', '\\[x\\](command:y)'],
      ['![x](y)', '!\\[x\\](y)'],
      ['a|b', 'a\\|b'],
      ['<img src=x>', '\\<img src=x\\>'],
      ['&lt;', '\\&lt;'],
      ['# title', '\\# title'],
      ['back\\slash', 'back\\\\slash'],
      ['two\n\n- lines', 'two - lines'],
    ] as const;
    for (const [text, escaped] of cases) assert.equal(escapeMarkdown(text), escaped);
  });

  it('makes no links of addresses', () => {
    assert.equal(escapeMarkdown('https://a.example'), 'https:\\/\\/a.example');
    assert.equal(escapeMarkdown('WWW.a.example and a@b.example'), 'WWW\\.a.example and a\\@b.example');
  });

  for (const { name, t, style } of languages)
    it(`reports the estimate of Llama 3.1 8B (${name})`, () => {
      matchesGolden(`report.${name}.txt`, markdownReport('Llama-3.1-8B/config.json', estimateOf(sample('Llama-3.1-8B')), t, style));
    });
});
