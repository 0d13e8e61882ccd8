import assert from 'node:assert/strict';
import { standInText } from '../../../scripts/support/later.mjs';

describe('what stands for a module of the later bundle', () => {
  let loads = 0;
  const real = { twice: (n) => 2 * n, list: ['a', 'b'], usual: { tensor: 1, nested: { by: 2 } } };
  const text = standInText(Object.keys(real)).replaceAll('export const', 'const');
  const standIn = new Function('require', `${text}; return { ${Object.keys(real).join(', ')} };`)(() => (loads++, real));

  it('loads nothing before it is used', () => assert.equal(loads, 0));
  it('is called like the function', () => assert.equal(standIn.twice(21), 42));
  it('is read like the list', () => {
    assert.deepEqual([...standIn.list], ['a', 'b']);
    assert.deepEqual(
      standIn.list.map((each) => each.toUpperCase()),
      ['A', 'B'],
    );
  });
  it('is spread and looked into like the object', () => {
    assert.deepEqual({ ...standIn.usual }, real.usual);
    assert.deepEqual(Object.keys(standIn.usual), ['tensor', 'nested']);
    assert.equal(standIn.usual.nested.by, 2);
    assert.equal('tensor' in standIn.usual, true);
  });
});
