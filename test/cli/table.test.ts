import assert from 'node:assert/strict';
import fc from 'fast-check';
import { presetNames } from '../../src/engine/index';
import { schemeLines } from '../../src/cli/schemes';
import { deviceLines, table } from '../../src/cli/table';
import { run } from './program';

const columns = [
  { title: 'NAME', align: 'left' },
  { title: 'SIZE', align: 'right' },
  { title: 'WHERE', align: 'left' },
] as const;
const row = (nth: number): readonly string[] => [`name-${nth}`, `${nth} GiB`, `place ${nth}`];
const rowsOf = (count: number): readonly (readonly string[])[] => Array.from({ length: count }, (_, nth) => row(nth));
const plain = (width: number) => ({ colour: false, width });

describe('tables of the command line', () => {
  it('stand on one line a row where that fits', () => {
    const lines = table(columns, rowsOf(3), plain(40));
    assert.deepEqual(lines, ['NAME     SIZE  WHERE', 'name-0  0 GiB  place 0', 'name-1  1 GiB  place 1', 'name-2  2 GiB  place 2']);
  });
  it('go on below, with their names, where they are short', () => {
    assert.deepEqual(table(columns, rowsOf(2), plain(16)), [
      'NAME     SIZE',
      'name-0  0 GiB',
      'name-1  1 GiB',
      '',
      'NAME    WHERE',
      'name-0  place 0',
      'name-1  place 1',
    ]);
  });
  it('go on below each row where they are long, and leave out lines without anything', () => {
    const rows = [...rowsOf(30), ['name-30', '30 GiB', '']];
    const lines = table(columns, rows, plain(17));
    assert.deepEqual(lines.slice(0, 4), ['NAME       SIZE', '    WHERE', 'name-0    0 GiB', '    place 0']);
    assert.deepEqual(lines.slice(-2), ['    place 29', 'name-30  30 GiB']);
  });
  it('are never wider than the terminal, and lose no cell that fits', () => {
    const cell = fc.stringMatching(/^[a-z0-9.]{1,12}$/);
    const shape = fc.record({
      rows: fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 40 }),
      width: fc.integer({ min: 40, max: 120 }),
    });
    fc.assert(
      fc.property(shape, ({ rows, width }) => {
        const text = table(columns, rows, plain(width));
        for (const line of text) assert.ok(line.length <= width, line);
        for (const cells of rows)
          for (const each of cells)
            assert.ok(
              text.some((line) => line.split(/ +/).includes(each)),
              each,
            );
      }),
    );
  });
  for (const width of [60, 70, 80])
    it(`of presets and devices keep to ${width} columns`, () => {
      for (const lines of [schemeLines(plain(width)), deviceLines(plain(width))])
        for (const line of lines) assert.ok(line.length <= width, line);
      for (const name of presetNames)
        assert.ok(
          schemeLines(plain(width)).some((line) => line.split(' ')[0] === name),
          name,
        );
    });
  it('of presets are one line a preset where a program reads them', async () => {
    const { out } = await run(['schemes']);
    const [head = '', ...lines] = out.trimEnd().split('\n');
    assert.match(head, /^PRESET +FORMAT +BITS +GROUP +COMPUTE +LLAMA-3\.1-8B +BPW +LAYOUT$/);
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      presetNames,
    );
  });
});
