import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mayCarryToken, parseEndpoint } from '../../../src/hub/endpoint';
import { fileUrl } from '../../../src/hub/fetchModel';
import { formatReference, parseReference } from '../../../src/hub/reference';

const hub = parseEndpoint('https://huggingface.co')!;
const mirror = parseEndpoint('https://mirror.example:8443/repository/hf/')!;

/** As `formatReference` writes it, or the problem. */
const read = (text: string, endpoint = hub): string => {
  const parsed = parseReference(text, endpoint);
  return parsed.kind === 'model' ? formatReference(parsed.model) : `! ${parsed.problem}`;
};

describe('the name of a model', () => {
  const readings: Readonly<Record<string, string>> = {
    'meta-llama/Llama-3.1-8B': 'meta-llama/Llama-3.1-8B',
    gpt2: 'gpt2',
    '  Qwen/Qwen2.5-7B-Instruct-AWQ \n': 'Qwen/Qwen2.5-7B-Instruct-AWQ',
    'org/model@v1.0': 'org/model@v1.0',
    'org/model@refs/pr/12': 'org/model@refs/pr/12',
    'org/model@main': 'org/model',
    '_org_/model_': '_org_/model_',
    'https://huggingface.co/org/model': 'org/model',
    'http://hf.co/org/model/': 'org/model',
    'huggingface.co/gpt2': 'gpt2',
    'https://huggingface.co/gpt2/blob/main/config.json': 'gpt2',
    'https://huggingface.co/org/model/blob/main/config.json?download=true#L1': 'org/model',
    'https://huggingface.co/org/model/tree/v2': 'org/model@v2',
    'https://huggingface.co/org/model/tree': 'org/model',
    'https://huggingface.co/org/model/resolve/refs%2Fpr%2F3/model.safetensors': 'org/model@refs/pr/3',
    'https://huggingface.co/org/model/blob/refs/pr/3/config.json': 'org/model@refs/pr/3',
    'https://huggingface.co/org/model/commit/0e9e39f249a16976918f6564b8830bc894c89659':
      'org/model@0e9e39f249a16976918f6564b8830bc894c89659',
    'https://huggingface.co/org/model/discussions/4': 'org/model',
    'https://hf-mirror.com/org/model/blob/main/config.json': 'org/model',
    'https://huggingface.co/org/model/blob/main/onnx/model.onnx': 'org/model',
    '': '! empty',
    '   ': '! empty',
    'https://example.com/org/model': '! other-host',
    'https://huggingface.co.example.com/org/model': '! other-host',
    'ftp://huggingface.co/org/model': '! other-host',
    'file:///etc/passwd': '! other-host',
    'https://huggingface.co/datasets/org/data': '! not-a-model',
    'https://huggingface.co/spaces/org/space': '! not-a-model',
    'https://huggingface.co/org/model/blob/main/text_encoder/config.json': '! in-folder',
    'https://huggingface.co/': '! bad-id',
    'https://huggingface.co/%ff/model': '! bad-id',
    'a/b/c': '! bad-id',
    'org/': '! bad-id',
    '/model': '! bad-id',
    '../model': '! bad-id',
    'org/..': '! bad-id',
    '..': '! bad-id',
    'org/.model': '! bad-id',
    'org/model-': '! bad-id',
    'org/mo--del': '! bad-id',
    'org/mo..del': '! bad-id',
    'org/model.git': '! bad-id',
    'org/mo del': '! bad-id',
    'org/model%2f..': '! bad-id',
    'org\\model': '! bad-id',
    'org/model?x=1': '! bad-id',
    'org/model\r\nX-Evil: 1': '! bad-id',
    'org/模型': '! bad-id',
    [`org/${'m'.repeat(97)}`]: '! bad-id',
    'org/model@': '! bad-revision',
    'org/model@..': '! bad-revision',
    'org/model@a/../b': '! bad-revision',
    'org/model@/main': '! bad-revision',
    'org/model@v1 x': '! bad-revision',
    'org/model@v1\r\nHost: x': '! bad-revision',
    [`org/model@${'r'.repeat(201)}`]: '! bad-revision',
  };
  for (const [text, expected] of Object.entries(readings))
    it(`${JSON.stringify(text.length > 80 ? `${text.slice(0, 30)}…` : text)} is ${expected.slice(0, 60)}`, () =>
      assert.equal(read(text), expected));

  it('is read from addresses of the endpoint, below its own path', () => {
    assert.equal(read('https://mirror.example:8443/repository/hf/org/model/tree/v1', mirror), 'org/model@v1');
    assert.equal(read('mirror.example:8443/repository/hf/org/model', mirror), 'org/model');
    assert.equal(read('https://mirror.example:8443/other/org/model', mirror), '! other-host');
    assert.equal(read('https://mirror.example:8443/repository/hfx/org/model', mirror), '! other-host');
    assert.equal(read('https://mirror.example/repository/hf/org/model', mirror), '! other-host');
    assert.equal(read('https://huggingface.co/org/model', mirror), 'org/model');
  });

  it('reads back what it writes', () => {
    for (const text of Object.values(readings)) if (!text.startsWith('!')) assert.equal(read(text), text);
  });

  it('never leads a request out of the endpoint’s path, whatever is typed', () => {
    const nasty = fc.stringMatching(/^[a-zA-Z0-9._\-/@%?#\\:\s\u0000-\u001f模]{0,40}$/);
    let models = 0;
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string()), (text) => {
        const parsed = parseReference(text, mirror);
        if (parsed.kind !== 'model') return;
        models++;
        const url = new URL(fileUrl({ endpoint: mirror }, parsed.model, 'config.json'));
        assert.equal(url.origin, mirror.origin);
        assert.equal(url.search + url.hash, '');
        const [, id, revision] = /^\/repository\/hf\/(.+)\/resolve\/([^/]+)\/config\.json$/.exec(url.pathname) ?? [];
        assert.equal(id, parsed.model.id);
        assert.equal(decodeURIComponent(revision ?? ''), parsed.model.revision ?? 'main');
      }),
      { numRuns: 2000, seed: 5 },
    );
    assert.ok(models > 20, `${models} of the texts named a model`);
  });
});

describe('the endpoint', () => {
  it('is an http(s) address without a slash at its end, with a path where a mirror has one', () => {
    assert.equal(parseEndpoint(' https://huggingface.co/ ')?.url, 'https://huggingface.co');
    assert.equal(mirror.url, 'https://mirror.example:8443/repository/hf');
    assert.equal(mirror.host, 'mirror.example:8443');
  });

  it('is nothing else', () => {
    const wrong = [
      '',
      'huggingface.co',
      'ftp://a',
      'file:///a',
      'javascript:alert(1)',
      'https://me:secret@a',
      'https://a?b',
      'https://a#b',
    ];
    for (const text of wrong) assert.equal(parseEndpoint(text), undefined, text);
  });

  it('carries a token where nobody on the way can read it', () => {
    const carrying = ['https://a', 'http://127.0.0.1:80', 'http://localhost', 'http://[::1]:1'].map((url) =>
      mayCarryToken(parseEndpoint(url)!),
    );
    assert.deepEqual(carrying, [true, true, true, true]);
    for (const url of ['http://huggingface.co', 'http://10.0.0.1', 'http://localhost.example'])
      assert.equal(mayCarryToken(parseEndpoint(url)!), false, url);
  });
});
