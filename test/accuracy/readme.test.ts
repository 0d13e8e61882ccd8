import { equal, ok } from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { knownModelTypes } from '../../src/engine/index';
import { requiredTypes, statedTypes } from './requiredTypes';

const text = (file: string) => fs.readFileSync(path.join(__dirname, '../..', file), 'utf8');

/** The number that stands before `words`. */
function countIn(file: string, words: RegExp): number {
  const found = new RegExp(`(\\d+) ${words.source}`).exec(text(file));
  ok(found, `${file} gives a number of "${words.source}"`);
  return Number(found[1]);
}

describe('the counts of model types in README and CHANGELOG', () => {
  it('are those that are read', () => {
    equal(countIn('README.md', /model types are read/), knownModelTypes().length);
    equal(countIn('CHANGELOG.md', /model types with their task heads/), knownModelTypes().length);
  });

  it('are those whose figures are held against the reference or the publisher’s code', () => {
    equal(countIn('README.md', /whole models equal/), new Set([...requiredTypes, ...statedTypes]).size);
  });
});
