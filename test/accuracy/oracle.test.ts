import { ok } from 'node:assert/strict';
import { knownModelTypes } from '../../src/engine/index';
import { compare } from './compare';
import { oracleRows, type OracleRow } from './oracle';
import { oracleTypes, requiredTypes } from './requiredTypes';

const models = oracleRows('models');
const variants = oracleRows('variants');

const nameOf = (row: OracleRow): string =>
  row.variant === undefined ? 'default' : `variant ${row.variant}${row.sparse === true ? ' (keys left out)' : ''}`;

describe('the reference implementation', function () {
  if (!models || !variants) {
    it('need ../shared/oracle', function () {
      console.log('  ../shared/oracle: skipped (not beside this project)');
      this.skip();
    });
    return;
  }
  for (const type of oracleTypes) {
    it(`${type}: parameters, tensors, cache and every class as in transformers`, () => {
      const rows = [...models, ...variants].filter((row) => row.model_type === type && row.params !== undefined);
      ok(rows.length > 1, 'the oracle has the default config and variants of it');
      const wrong = rows.flatMap((row) => compare(row).map((line) => `${nameOf(row)}: ${line}`));
      ok(wrong.length === 0, wrong.slice(0, 20).join('\n'));
    });
  }
});

describe('the model types that must be exact', () => {
  it('are all known', () => {
    const known = new Set(knownModelTypes());
    const unknown = requiredTypes.filter((type) => !known.has(type));
    ok(unknown.length === 0, unknown.join(', '));
  });
});
