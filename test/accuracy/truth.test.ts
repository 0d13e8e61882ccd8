import { equal, notEqual, ok } from 'node:assert/strict';
import { analyze, findFamily, type Analysis, type NoModel } from '../../src/engine/index';
import { truthRows, type TruthRow } from './truth';
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

  it('that are quantized have the parameters of the model itself, as its unquantized files count them', () => {
    const counted: Readonly<Record<string, number>> = {
      'openai__gpt-oss-20b.json': 20_914_757_184,
      'openai__gpt-oss-120b.json': 116_829_156_672,
      'IrfanUruchi__Llama-2-13B-bnb.json': 13_015_864_320,
      'IrfanUruchi__Llama-3.1-8B-bnb.json': 8_030_261_248,
      'mlx-community__Qwen3-14B-4bit.json': 14_768_307_200,
      'Qwen__Qwen3-30B-A3B-FP8.json': 30_532_122_624,
      'Qwen__Qwen3-32B-FP8.json': 32_762_123_264,
      'Qwen__Qwen3-32B-FP8-Static-PerTensor.json': 32_762_123_264,
      'Qwen__Qwen3-235B-A22B-FP8.json': 235_093_634_560,
      'nvidia__Qwen3-235B-A22B-NVFP4.json': 235_093_634_560,
      'nvidia__Llama-3.1-70B-Instruct-FP8.json': 70_553_706_496,
      'deepseek-ai__DeepSeek-V3.json': 671_026_404_352,
      'nvidia__DeepSeek-V3.1-NVFP4.json': 671_026_404_352,
    };
    for (const [file, parameters] of Object.entries(counted)) {
      const row: TruthRow | undefined = all.find((each) => each.file === file);
      const result: Analysis | NoModel | undefined = row && analyze(row.config, row.sidecars);
      ok(result?.kind === 'model' && result.checkpoint.extras.quantizedParameters > 0, file);
      equal(result.checkpoint.parameters, parameters, file);
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
