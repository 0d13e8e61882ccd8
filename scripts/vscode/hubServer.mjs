import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { root } from '../support/paths.mjs';

const commit = '0e9e39f249a16976918f6564b8830bc894c89659';
const llama = fs.readFileSync(path.join(root, 'samples', 'Llama-3.1-8B', 'config.json'), 'utf8');
const index = JSON.stringify({ metadata: { total_size: 16_060_522_496 }, weight_map: {} });

const notFound = (code) => ({ status: 404, headers: { 'x-error-code': code } });

/** What there is, as the Hub answers it: small files through a redirect to its cache, repositories that are missing with 401. */
function answer(pathname, elsewhere) {
  const [, id, revision, name] = /^\/(.+)\/resolve\/([^/]+)\/([^/]+)$/.exec(pathname) ?? [];
  if (pathname === '/cache/config.json')
    return { body: llama, headers: { 'content-type': 'text/plain; charset=utf-8', 'x-repo-commit': commit } };
  if (id === 'org/elsewhere') return { status: 302, headers: { location: `${elsewhere()}/org/llama/resolve/main/${name}` } };
  if (id === 'org/limited') return { status: 429, headers: { 'retry-after': '600' } };
  if (id === 'org/gated') return { status: 401, headers: { 'x-error-code': 'GatedRepo' } };
  if (id !== 'org/llama' && id !== 'org/again') return { status: 401, headers: { 'x-error-code': 'RepoNotFound' } };
  if (revision === 'half' && name === 'config.json') return { body: llama.replace('"num_hidden_layers": 32', '"num_hidden_layers": 16') };
  if (!['main', 'half', commit].includes(revision)) return notFound('RevisionNotFound');
  if (name === 'config.json') return { status: 307, headers: { location: '/cache/config.json', 'x-repo-commit': commit } };
  return name === 'model.safetensors.index.json' && revision !== 'half' ? { body: index } : notFound('EntryNotFound');
}

/**
 * A hub of this machine for the integration suite, on two origins, which is also a proxy to itself: what is asked of it with
 * a whole address, it answers as that host would. GET /seen lists what an origin was asked for.
 *
 * @returns {Promise<{ endpoint: string, close(): Promise<void> }>}
 */
export async function startHubServer() {
  const second = await listen((pathname) => answer(pathname, () => ''));
  const first = await listen((pathname) => (pathname === '/elsewhere' ? { body: second.origin } : answer(pathname, () => second.origin)));
  return {
    endpoint: first.origin,
    close: async () => {
      await first.close();
      await second.close();
    },
  };
}

async function listen(reply) {
  const seen = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    response.shouldKeepAlive = false; // else a connection may be used again in the moment in which it is closed
    const cors = {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization',
      'access-control-expose-headers': 'x-error-code,x-repo-commit,retry-after',
    };
    if (request.method === 'OPTIONS') return response.writeHead(204, cors).end();
    if (url.pathname === '/seen') return response.writeHead(200, cors).end(JSON.stringify(seen));
    const { status = 200, headers, body = '' } = reply(url.pathname);
    if (url.pathname !== '/elsewhere') seen.push({ host: request.headers.host, path: url.pathname, token: request.headers.authorization });
    return response.writeHead(status, { ...cors, ...headers }).end(body);
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
