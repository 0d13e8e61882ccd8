import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './program';

const root = join(import.meta.dirname, '..', '..');
const llama = join(root, 'samples', 'Llama-3.1-8B', 'config.json');
const folder = mkdtempSync(join(tmpdir(), 'vram-lens-media-'));
const config = { model_type: 'qwen2_5_vl', torch_dtype: 'bfloat16', vision_config: { patch_size: 14 } };
const file = join(folder, 'config.json');
writeFileSync(file, JSON.stringify(config));
writeFileSync(join(folder, 'preprocessor_config.json'), '{"min_pixels": 3136, "max_pixels": 12845056}');

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the JSON holds is what is tested
type Report = Record<string, any>;
const json = async (...args: readonly string[]): Promise<Report> => JSON.parse((await run(['--json', ...args])).out) as Report;
const line = async (request: object): Promise<Report> => JSON.parse((await run(['--jsonl'], JSON.stringify(request))).out) as Report;

describe('images on the command line', function () {
  it('are counted by the file beside the config', async () => {
    const { media } = await json(file, '--image', '2000x2000:2,28x28');
    assert.deepEqual([media.tokens, media.items.length, media.items[0].tokens, media.basis.kind], [2 * 5041 + 4, 2, 5041, 'exact']);
    assert.match((await run([file, '--image', '2000x2000'])).out, /image of 2,000 × 2,000: 5,041 tokens, cache/);
  });
  it('are a request with the files in it', async () => {
    const { media } = await line({
      config,
      images: ['2000x2000'],
      files: { 'preprocessor_config.json': { max_pixels: 501_760, min_pixels: 3136 } },
    });
    assert.equal(media.tokens, 625);
    const { error } = await line({ config, images: ['2000'], files: {} });
    assert.deepEqual([error.code, error.path], ['request-value', 'images']);
    assert.equal((await line({ config, images: [], files: { 'x.json': {} } }))['error'].path, 'files.x.json');
  });
  it('are refused where the model takes none, or they are none', async () => {
    assert.match((await run([llama, '--image', '9x9'])).err, /No rule is known .* llama counts images. \[media-unknown\]/);
    const { code, err } = await run([llama, '--image', 'big']);
    assert.deepEqual([code, /--image takes WIDTHxHEIGHT/.test(err)], [2, true]);
  });
});

describe('sequences of different lengths on the command line', function () {
  it('take the least alone, and their pages in an engine', async () => {
    const least = await json(llama, '--lengths', '1000,2000:2', '--shared-prefix', '500');
    assert.deepEqual([least['batch'].places, least['batch'].bytes], [4000, 4000 * 131_072]);
    const asked = [llama, '--engine', 'vllm', '--device', 'H100 SXM 80GB', '--lengths', '1000,2000:2', '--shared-prefix', '500'];
    const { batch } = await json(...asked);
    assert.deepEqual([batch.places, batch.fits], [1008 + 2 * 2000 - 2 * 496, true]);
    const model = JSON.parse(readFileSync(llama, 'utf8')) as object;
    const same = await line({ config: model, engine: 'vllm', device: 'H100 SXM 80GB', lengths: [1000, '2000:2'], sharedPrefix: 500 });
    assert.deepEqual(same['batch'], batch);
  });
  it('are refused where they make no batch', async () => {
    for (const args of [
      ['--lengths', '5,x'],
      ['--lengths', '5', '--shared-prefix', '6'],
      ['--shared-prefix', '6'],
    ])
      assert.equal((await run([llama, ...args])).code, 2, args.join(' '));
  });
});
