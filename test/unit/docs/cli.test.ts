import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { membersOf } from '../text/engineCodes';

describe('docs/cli.md', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'cli.md'), 'utf8');
  const table = page.slice(page.indexOf('### What speaks against a precision'), page.indexOf('## Images, clips and audio'));

  it('names every reason for which a precision is refused, and no other', () => {
    const named = [...table.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, cell = '']) => cell.split(/`(?:, `)?/).filter(Boolean));
    assert.deepEqual(named.filter((name) => name !== 'reason').sort(), [...membersOf('RefusalCode'), 'width-kept'].sort());
  });
});
