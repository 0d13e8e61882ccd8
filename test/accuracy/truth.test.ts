import { equal, notEqual, ok } from 'node:assert/strict';
import { analyze, findFamily } from '../../src/engine/index';
import { truthRows } from './truth';
import { differences } from './truthDifferences';
import { answerOf } from './truthManifest';

const all = truthRows();

describe('published checkpoints', () => {
  if (!all) {
    it('need ../shared/truth/configs', function () {
      console.log('  ../shared/truth/configs: skipped (not beside this project)');
      this.skip();
    });
    return;
  }
  const answers = all.flatMap((row) => answerOf(row) ?? []);
  const answered = answers.filter(({ off }) => off !== undefined);

  it('are there', () => ok(answered.length > 80));

  for (const { file, of, published, off, reason } of answered)
    it(`${file.replace('.json', '')}: ${published.toLocaleString('en')} ${of === 'elements' ? of : `bytes of ${of === 'files' ? of : 'tensors'}`}${reason ? ` (${reason})` : ''}`, () =>
      equal(off, 0));

  it('hold something else only where it shows', () => {
    for (const row of all.filter(({ file }) => differences[file])) {
      const { off, reason } = answerOf(row, {}) ?? {};
      equal(reason, undefined);
      notEqual(off, 0, `${row.file} agrees without its difference: take it from the table`);
    }
    const stray = Object.keys(differences).filter((file) => !answered.some((answer) => answer.file === file));
    ok(stray.length === 0, stray.join(', '));
  });

  it('have the parameters that their class loads, however their files pack them', () => {
    for (const { config, sidecars } of all) {
      const result = analyze(config, sidecars);
      if (result.kind === 'model') equal(result.checkpoint.parameters, result.parameters.total);
    }
  });

  it('are of unknown model types where they are not answered', () => {
    const typeOf = (file: string): string => String(all.find((row) => row.file === file)?.config['model_type'] ?? 'no type');
    const open = answers.filter(({ off }) => off === undefined);
    const known = open.map(({ file }) => typeOf(file)).filter((type) => findFamily(type));
    equal(known.join(', '), '');
    const count = (of: string, explained: boolean): number =>
      answered.filter((answer) => answer.of === of && (answer.reason !== undefined) === explained).length;
    for (const of of ['bytes', 'files', 'elements'] as const) {
      const types = [...new Set(open.filter((answer) => answer.of === of).map(({ file }) => typeOf(file)))].join(', ');
      console.log(`  ${of}: ${count(of, false)} matched, ${count(of, true)} explained; not known: ${types}`);
    }
  });
});
