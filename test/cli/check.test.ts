import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { llamaLines, vllmLines } from '../unit/memory/logLines';
import { run } from './program';

const config = join(import.meta.dirname, '..', '..', 'samples', 'Llama-3.1-8B', 'config.json');
const given = ['--config', config, '--device', 'H100 SXM 80GB'];

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the JSON holds is what is tested
type Report = Record<string, any>;

describe('vram-lens check', function () {
  let root: string;
  before(() => (root = mkdtempSync(join(tmpdir(), 'vram-lens-check-'))));
  after(() => rmSync(root, { recursive: true, force: true }));

  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(root, name);
    writeFileSync(path, content);
    return path;
  };
  const check = async (...args: readonly string[]): Promise<{ code: number | null; report: Report; err: string }> => {
    const { code, out, err } = await run(['check', '--json', ...args]);
    return { code, report: JSON.parse(out) as Report, err };
  };

  it('ends with 0 where every printed figure lies in its band, and 1 where one does not', async () => {
    const fits = await check(write('fits.log', vllmLines.join('\n')), ...given);
    assert.deepEqual([fits.code, fits.report['verdict'], fits.report['engine'], fits.report['version']], [0, 'within', 'vllm', '0.11.0']);
    const { code, report } = await check(write('off.log', vllmLines.join('\n').replace('14.9889', '17.0000')), ...given);
    assert.deepEqual([code, report['verdict'], report['worst'].name], [1, 'differs', 'model-weights']);
    const weights = (report['terms'] as Report[]).find(({ name }) => name === 'model-weights');
    assert.equal(weights?.['difference'], weights?.['predicted'] - weights?.['printed']);
    assert.ok(Math.abs(weights?.['share'] - weights?.['difference'] / weights?.['printed']) < 1e-9);
    assert.ok((report['worst'].reasons as Report[]).every(({ message }) => typeof message === 'string' && message !== ''));
  });
  it('prints a table and, in words, what is furthest off', async () => {
    const path = write('words.log', vllmLines.join('\n').replace('14.9889', '17.0000'));
    const { code, out } = await run(['check', path, ...given]);
    assert.equal(code, 1);
    assert.match(out, /^term +predicted +band +printed +difference +in its band$/m);
    assert.match(out, /Furthest off is model-weights: 14\.99 GiB predicted, 17\.00 GiB printed\./);
    assert.match(out, /--max-num-seqs 256/);
    assert.doesNotMatch(out, /s3cret|undefined|NaN/);
  });
  it('takes the model of a GGUF file from the log, UTF-16 and standard input too', async () => {
    const text = llamaLines.join('\r\n');
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    const { code, report } = await check(write('llama.log', bytes));
    assert.deepEqual(
      [code, report['model'].config, report['weights'], report['model'].parameters],
      [0, 'the log', 'Q4_K_M', 8_030_261_248],
    );
    const piped = await run(['check', '--json', '-'], text);
    const unnamed = (of: Report): Report => ({ ...of, log: '', profile: { ...(of['profile'] as Report), log: '' } });
    assert.deepEqual(unnamed(JSON.parse(piped.out) as Report), unnamed(report));
    assert.deepEqual([report['profile'].log, /^\d{4}-\d\d-\d\d$/.test(report['profile'].date)], ['llama.log', true]);
  });
  it('takes the config beside the log where none is named, and asks for it where there is none', async () => {
    mkdirSync(join(root, 'beside'));
    writeFileSync(join(root, 'beside', 'config.json'), readFileSync(config));
    const { code, report } = await check(write('beside/a.log', vllmLines.join('\n')));
    assert.deepEqual([code, report['model'].type], [0, 'llama']);
    const alone = await check(write('alone.log', vllmLines.join('\n')));
    assert.deepEqual([alone.code, alone.report['error'].code], [1, 'config-needed']);
    assert.match(alone.err, /org\/m.*--config FILE/);
  });
  it('compares the last start of several, or the one that is named', async () => {
    const path = write('two.log', [...vllmLines, ...vllmLines].join('\n').replace('14.9889', '17.0000'));
    const last = await check(path, ...given);
    assert.deepEqual([last.code, last.report['start'], last.report['starts']], [0, 2, 2]);
    assert.equal((await check(path, ...given, '--start', '1')).code, 1);
    assert.equal((await check(path, ...given, '--start', '3')).report['error'].code, 'no-start');
  });
  it('keeps the profile of the machine, which labels later estimates', async () => {
    const profile = join(root, 'profile.json');
    assert.equal((await check(write('p.log', vllmLines.join('\n')), ...given, '--save-profile', profile)).code, 0);
    const asked = [config, '--json', '--engine', 'vllm', '--engine-version', '0.11.0', '--profile', profile];
    const { code, out } = await run([...asked, '--device', 'H100 SXM 80GB']);
    assert.equal(code, 0);
    const { terms, notes } = (JSON.parse(out) as Report)['memory'] as Report;
    const own = (terms as Report[]).filter(({ basis }) => basis.reasons.includes('measured-here')).map(({ name }) => name as string);
    assert.deepEqual(own, ['non-torch', 'cuda-graphs']);
    assert.ok((notes as Report[]).some(({ code: note }) => note === 'profile-applied'));
    const other = await run([...asked, '--device', 'L4']);
    assert.deepEqual([other.code, other.out], [2, '']);
    assert.match(other.err, /is of H100 SXM 80GB, not L4/);
    const none = await run([config, '--engine', 'vllm', '--memory', '1000000000000', '--profile', config]);
    assert.deepEqual([none.code, /no profile/.test(none.err)], [2, true]);
  });
  it('reads a long log in little memory', async () => {
    const line = `${'x'.repeat(200)} GPU KV cache usage: 12.3%\n`;
    const path = write('long.log', `${vllmLines.join('\n')}\n${line.repeat(40_000)}${'y'.repeat(10_000_000)}\n`);
    assert.equal((await check(path, ...given)).code, 0);
  });
  it('says in one line what cannot be compared, with exit code 1', async () => {
    for (const [path, code] of [
      [join(root, 'nowhere.log'), 'enoent'],
      [write('nothing.log', 'GET / 200\n'), 'no-start'],
      [write('empty.log', ''), 'no-start'],
    ] as const) {
      const { code: exit, report, err } = await check(path, ...given);
      assert.deepEqual([exit, report['error'].code, err.trim().split('\n').length], [1, code, 1], path);
    }
  });
  for (const [args, message] of [
    [['check'], /check takes one log/],
    [['check', 'a', 'b'], /check takes one log/],
    [['check', 'a', '--tensors'], /check takes no --tensors/],
    [['check', 'a', '--device', 'H1000'], /not known/],
    [['check', 'a', '--start', '0'], /--start takes/],
    [['a', '--save-profile', 'p'], /belongs to "check LOG"/],
    [['a', '--profile', 'p'], /--engine is missing/],
  ] as const)
    it(`refuses ${args.join(' ')} with exit code 2`, async () => {
      const { code, out, err } = await run(args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, message);
    });
});
