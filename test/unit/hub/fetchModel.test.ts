import assert from 'node:assert/strict';
import { fetchModel } from '../../../src/hub/fetchModel';
import type { HubProblem } from '../../../src/hub/problem';
import { requestText, type HubClient } from '../../../src/hub/requestText';
import { clientOf, serve, transports, type LocalServer, type Reply } from './server';

const commit = '0e9e39f249a16976918f6564b8830bc894c89659';
const model = { id: 'org/model', revision: undefined };
const never = new AbortController().signal;
const entryNotFound: Reply = { status: 404, headers: { 'x-error-code': 'EntryNotFound' } };

describe('fetching a model', () => {
  const servers: LocalServer[] = [];
  async function start(answer: (path: string) => Reply | undefined): Promise<LocalServer> {
    const server = await serve(answer);
    servers.push(server);
    return server;
  }
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });
  const problemOf = async (client: HubClient, signal = never): Promise<HubProblem | string> => {
    const answer = await requestText(client, `${client.endpoint.url}/org/model/resolve/main/config.json`, 1000, signal);
    return answer.kind === 'problem' ? answer.problem : answer.text;
  };

  for (const [name, transport] of Object.entries(transports))
    describe(`over ${name}`, () => {
      const connect = (server: LocalServer, more: Partial<HubClient> = {}): HubClient => clientOf(server.url, { transport, ...more });

      it('brings the config, and the files beside it from the same commit', async () => {
        const server = await start((path) => {
          if (path === '/org/model/resolve/main/config.json')
            return { status: 307, headers: { location: '/cache/config.json', 'x-repo-commit': commit } };
          if (path === '/cache/config.json') return { headers: { 'x-repo-commit': commit }, body: ['{"model_type":', '"ll', 'ama"}'] };
          if (path === `/org/model/resolve/${commit}/model.safetensors.index.json`) return { body: '{"metadata":{"total_size":1}}' };
          return entryNotFound;
        });
        assert.deepEqual(await fetchModel(connect(server), model, never), {
          kind: 'model',
          model: {
            config: '{"model_type":"llama"}',
            commit,
            companions: {
              'model.safetensors.index.json': { kind: 'text', text: '{"metadata":{"total_size":1}}' },
              'hf_quant_config.json': { kind: 'absent' },
              'quantize_config.json': { kind: 'absent' },
              'quant_config.json': { kind: 'absent' },
              'quantization_config.json': { kind: 'absent' },
            },
          },
        });
        assert.equal(server.seen.length, 7, 'no request but these');
      });

      const asked = async (config: string): Promise<readonly string[]> => {
        const server = await start((path) => (path.endsWith('/config.json') ? { body: config } : entryNotFound));
        const result = await fetchModel(connect(server), model, never);
        assert.ok(result.kind === 'model');
        const names = server.seen.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)).slice(1);
        assert.deepEqual(Object.keys(result.model.companions).sort(), [...names].sort());
        return names.sort();
      };
      const usual = ['hf_quant_config.json', 'model.safetensors.index.json'];
      const others = ['quant_config.json', 'quantization_config.json', 'quantize_config.json'];
      for (const [what, config, names] of [
        ['that says how it is quantized', { quantization_config: { quant_method: 'gptq', bits: 4 } }, usual],
        ['whose text model says it', { text_config: { quantization_config: { quant_method: 'fp8' } } }, usual],
        [
          'of ExLlamaV3, which has its tensors beside it',
          { quantization_config: { quant_method: 'exl3', bits: 3 } },
          [...usual, others[1]],
        ],
        ['that says nothing of it', { model_type: 'llama' }, [...usual, ...others]],
        ['with an empty block', { quantization_config: {} }, [...usual, ...others]],
      ] as const)
        it(`asks for ${names.length} files beside a config ${what}`, async () => {
          assert.deepEqual(await asked(JSON.stringify(config)), [...names].sort());
        });
      it('asks for no other than the usual two where the config is none', async () => assert.deepEqual(await asked('[1, 2]'), usual));

      it('brings what AutoGPTQ wrote beside a config without a block', async () => {
        const block = '{"bits":4,"group_size":128,"desc_act":false}';
        const server = await start((path) => {
          if (path.endsWith('/config.json')) return { body: '{"model_type":"llama"}' };
          return path.endsWith('/quantize_config.json') ? { body: block } : entryNotFound;
        });
        const result = await fetchModel(connect(server), model, never);
        assert.ok(result.kind === 'model');
        assert.deepEqual(result.model.companions['quantize_config.json'], { kind: 'text', text: block });
      });

      it('asks for the revision as one part of the path, and for nothing more once the config is refused', async () => {
        const server = await start(() => ({ status: 404, headers: { 'x-error-code': 'RevisionNotFound' } }));
        const result = await fetchModel(connect(server), { id: 'org/model', revision: 'refs/pr/1' }, never);
        assert.deepEqual(result, { kind: 'problem', problem: { code: 'revision-not-found' } });
        assert.deepEqual(
          server.seen.map(({ path }) => path),
          ['/org/model/resolve/refs%2Fpr%2F1/config.json'],
        );
      });

      it('says of a file beside the config that it is not known, where it could not be had', async () => {
        const server = await start((path) => (path.endsWith('/config.json') ? { body: '{}' } : { status: 503 }));
        const result = await fetchModel(connect(server), model, never);
        assert.ok(result.kind === 'model');
        assert.deepEqual(result.model.companions['hf_quant_config.json'], {
          kind: 'unknown',
          problem: { code: 'server-error', status: 503 },
        });
      });

      it('sends the token to the endpoint, through its own redirects, and not to another origin', async () => {
        const elsewhere = await start(() => ({ body: 'from elsewhere' }));
        const server = await start((path) =>
          path.startsWith('/org')
            ? { status: 302, headers: { location: '/next' } }
            : { status: 302, headers: { location: `${elsewhere.url}/file` } },
        );
        assert.equal(await problemOf(connect(server, { token: 'hf_secret' })), 'from elsewhere');
        assert.deepEqual(
          server.seen.map(({ headers }) => headers.authorization),
          ['Bearer hf_secret', 'Bearer hf_secret'],
        );
        assert.deepEqual(
          elsewhere.seen.map(({ headers }) => headers.authorization),
          [undefined],
        );
      });

      it('reads no more of a body than it may, said beforehand or not', async () => {
        let written = 0;
        function* endless(): Iterable<string> {
          for (;;) yield 'x'.repeat((written += 500) && 500);
        }
        const server = await start((path) =>
          path.includes('/said/') ? { headers: { 'content-length': '1001' }, body: 'x' } : { body: endless() },
        );
        const tooLarge = { code: 'too-large', limit: 1000 };
        assert.deepEqual(await problemOf(connect(server)), tooLarge);
        assert.deepEqual(await problemOf(clientOf(`${server.url}/said`, { transport })), tooLarge);
        assert.ok(written > 1000, `${written} bytes written`);
      });

      it('takes a body of exactly the limit', async () => {
        const server = await start(() => ({ body: 'x'.repeat(1000) }));
        assert.equal((await problemOf(connect(server))).toString().length, 1000);
      });

      it('ends when it is cancelled, before the answer and in its middle', async () => {
        for (const reply of [undefined, { body: '{', open: true }]) {
          const controller = new AbortController();
          const server = await start(() => {
            setTimeout(() => controller.abort(), 20);
            return reply;
          });
          assert.deepEqual(await problemOf(connect(server), controller.signal), { code: 'cancelled' });
        }
      });

      it('sends nothing when it was cancelled before', async () => {
        const server = await start(() => ({ body: '{}' }));
        assert.deepEqual(await problemOf(connect(server), AbortSignal.abort()), { code: 'cancelled' });
        assert.equal(server.seen.length, 0);
      });

      it('ends when nothing arrives, before the answer and in its middle, and when it takes too long in all', async () => {
        for (const reply of [undefined, { body: '{', open: true }]) {
          const server = await start(() => reply);
          assert.deepEqual(await problemOf(connect(server, { patience: { idle: 50, total: 60_000 } })), { code: 'timeout' });
          assert.deepEqual(await problemOf(connect(server, { patience: { idle: 60_000, total: 50 } })), { code: 'timeout' });
          assert.equal(server.seen.length, 2, 'asked once each time');
        }
      });

      it('says that nobody answers, and does not try again by itself', async () => {
        const server = await start(() => undefined);
        await server.close();
        assert.deepEqual(await problemOf(connect(server)), { code: 'unreachable', detail: 'ECONNREFUSED' });
      });

      const statuses: readonly (readonly [string, Reply, string | undefined, HubProblem])[] = [
        [
          'a model that is not there',
          { status: 401, headers: { 'x-error-code': 'RepoNotFound' } },
          undefined,
          { code: 'model-not-found', withToken: false },
        ],
        [
          'the same with a token',
          { status: 404, headers: { 'x-error-code': 'RepoNotFound' } },
          't',
          { code: 'model-not-found', withToken: true },
        ],
        ['401 without a reason', { status: 401 }, undefined, { code: 'model-not-found', withToken: false }],
        ['401 with a token', { status: 401 }, 't', { code: 'token-rejected' }],
        ['a gated model', { status: 401, headers: { 'x-error-code': 'GatedRepo' } }, undefined, { code: 'gated', withToken: false }],
        ['a gated model with a token', { status: 403, headers: { 'x-error-code': 'GatedRepo' } }, 't', { code: 'gated', withToken: true }],
        ['403 without a reason', { status: 403 }, 't', { code: 'forbidden', withToken: true }],
        ['no such file', entryNotFound, undefined, { code: 'file-not-found' }],
        ['404 of a mirror that says no reason', { status: 404 }, undefined, { code: 'not-found' }],
        ['too many requests', { status: 429, headers: { 'retry-after': '30' } }, undefined, { code: 'rate-limited', seconds: 30 }],
        [
          'too many, as the Hub says it',
          { status: 429, headers: { ratelimit: '"resolvers";r=0;t=52' } },
          undefined,
          { code: 'rate-limited', seconds: 52 },
        ],
        [
          'too many, until a date',
          { status: 429, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } },
          undefined,
          { code: 'rate-limited', seconds: undefined },
        ],
        [
          'too many, for years',
          { status: 429, headers: { 'retry-after': '999999999' } },
          undefined,
          { code: 'rate-limited', seconds: 86_400 },
        ],
        ['an error of the server', { status: 502 }, undefined, { code: 'server-error', status: 502 }],
        ['something else', { status: 418 }, undefined, { code: 'unexpected-status', status: 418 }],
        ['a web page', { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html>' }, undefined, { code: 'web-page' }],
      ];
      for (const [what, reply, token, expected] of statuses)
        it(`${what}: asked once`, async () => {
          const server = await start(() => reply);
          assert.deepEqual(await problemOf(connect(server, { token })), expected);
          assert.equal(server.seen.length, 1);
        });
    });

  describe('over Node’s http', () => {
    it('follows no circle of redirects, and none without an address or to another scheme', async () => {
      const circle = await start((path) => ({ status: 302, headers: { location: `${path}x` } }));
      assert.deepEqual(await problemOf(clientOf(circle.url)), { code: 'bad-redirect' });
      assert.equal(circle.seen.length, 6);
      for (const headers of [{}, { location: 'file:///etc/passwd' }, { location: 'data:text/plain,x' }, { location: 'http://' }]) {
        const server = await start(() => ({ status: 302, headers: headers as Record<string, string> }));
        assert.deepEqual(await problemOf(clientOf(server.url)), { code: 'bad-redirect' }, JSON.stringify(headers));
      }
    });

    it('keeps the token from an endpoint that is not encrypted', async () => {
      const sent: Record<string, string>[] = [];
      const transport: HubClient['transport'] = {
        seesRedirects: true,
        get: async (_url, { headers }) => {
          sent.push(headers as Record<string, string>);
          return {
            status: 404,
            header: () => undefined,
            chunks: () => {
              throw new Error('not read');
            },
            cancel: () => undefined,
          };
        },
      };
      await problemOf(clientOf('http://mirror.example', { transport, token: 'hf_secret' }));
      await problemOf(clientOf('https://mirror.example', { transport, token: 'hf_secret' }));
      assert.deepEqual(
        sent.map((headers) => headers['authorization']),
        [undefined, 'Bearer hf_secret'],
      );
    });

    it('does not leave encryption behind in a redirect', async () => {
      const asked: string[] = [];
      const transport: HubClient['transport'] = {
        seesRedirects: true,
        get: async (url) => {
          asked.push(url);
          const header = (name: string): string | undefined => (name === 'location' ? 'http://mirror.example/file' : undefined);
          return {
            status: 302,
            header,
            chunks: () => {
              throw new Error('not read');
            },
            cancel: () => undefined,
          };
        },
      };
      assert.deepEqual(await problemOf(clientOf('https://mirror.example', { transport })), { code: 'bad-redirect' });
      assert.equal(asked.length, 1);
    });

    it('tells that a proxy asks for credentials, which a browser sees to itself', async () => {
      const server = await start(() => ({ status: 407 }));
      assert.deepEqual(await problemOf(clientOf(server.url)), { code: 'proxy-authentication' });
    });

    it('names itself and asks for text that is not packed', async () => {
      const server = await start(() => ({ body: '{}' }));
      await problemOf(clientOf(server.url));
      const { headers } = server.seen[0]!;
      assert.deepEqual([headers['user-agent'], headers['accept-encoding'], headers.authorization], ['vram-lens', 'identity', undefined]);
    });

    it('tells a certificate that is not trusted from a place that cannot be reached', async () => {
      const failing = (error: unknown): HubClient['transport'] => ({ seesRedirects: true, get: () => Promise.reject(error) });
      const coded = (code: string): Error => Object.assign(new Error('hf_secret'), { code });
      for (const code of [
        'SELF_SIGNED_CERT_IN_CHAIN',
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        'CERT_HAS_EXPIRED',
        'ERR_TLS_CERT_ALTNAME_INVALID',
      ])
        assert.deepEqual(await problemOf(clientOf('https://a', { transport: failing(coded(code)) })), {
          code: 'certificate',
          detail: code,
        });
      const bare = clientOf('https://a', { transport: failing(new TypeError('[a link](command:x) from a server')) });
      assert.deepEqual(await problemOf(bare), { code: 'unreachable', detail: 'TypeError' });
      for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'ETIMEDOUT'])
        assert.deepEqual(await problemOf(clientOf('https://a', { transport: failing(coded(code)) })), {
          code: 'unreachable',
          detail: code,
        });
    });
  });

  it('keeps characters whole that are split between pieces', async () => {
    const bytes = new TextEncoder().encode('"模型"');
    const transport: HubClient['transport'] = {
      seesRedirects: true,
      get: async () => ({
        status: 200,
        header: () => undefined,
        async *chunks() {
          for (const byte of bytes) yield Uint8Array.of(byte);
        },
        cancel: () => undefined,
      }),
    };
    assert.equal(await problemOf(clientOf('https://a', { transport })), '"模型"');
  });
});
