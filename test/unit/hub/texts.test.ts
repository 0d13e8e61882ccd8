import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchProblemText, referenceProblemText } from '../../../src/features/hub/texts';
import { parseEndpoint } from '../../../src/hub/endpoint';
import type { HubProblem } from '../../../src/hub/problem';
import type { ReferenceProblem } from '../../../src/hub/reference';
import { english, translator } from '../../../src/shared/text/translate';

const endpoint = parseEndpoint('https://mirror.example')!;
const model = { id: 'org/model', revision: 'v1' };
const bundle = join(import.meta.dirname, '..', '..', '..', 'l10n', 'bundle.l10n.zh-cn.json');
const chinese = translator(JSON.parse(readFileSync(bundle, 'utf8')) as Record<string, string>);

/** One of each, so that a code without a text does not compile. */
const problems: { readonly [Code in HubProblem['code']]: Extract<HubProblem, { code: Code }> } = {
  'model-not-found': { code: 'model-not-found', withToken: false },
  'revision-not-found': { code: 'revision-not-found' },
  'file-not-found': { code: 'file-not-found' },
  'not-found': { code: 'not-found' },
  gated: { code: 'gated', withToken: true },
  'token-rejected': { code: 'token-rejected' },
  forbidden: { code: 'forbidden', withToken: true },
  'rate-limited': { code: 'rate-limited', seconds: 52 },
  'proxy-authentication': { code: 'proxy-authentication' },
  'server-error': { code: 'server-error', status: 503 },
  'unexpected-status': { code: 'unexpected-status', status: 418 },
  'bad-redirect': { code: 'bad-redirect' },
  certificate: { code: 'certificate', detail: 'SELF_SIGNED_CERT_IN_CHAIN' },
  unreachable: { code: 'unreachable', detail: 'ENOTFOUND' },
  timeout: { code: 'timeout' },
  'too-large': { code: 'too-large', limit: 32 * 1024 * 1024 },
  'web-page': { code: 'web-page' },
  cancelled: { code: 'cancelled' },
};
const references: readonly ReferenceProblem[] = ['empty', 'other-host', 'not-a-model', 'in-folder', 'bad-id', 'bad-revision'];

describe('what is said when a model cannot be fetched', () => {
  const place = { model, endpoint, inBrowser: false };

  it('names what and where, and what to do', () => {
    const said = (problem: HubProblem, inBrowser = false): string => fetchProblemText(problem, { ...place, inBrowser }, english);
    assert.equal(
      said(problems['rate-limited']),
      'mirror.example takes no more requests for now. Try again in 52 s; the limit is higher with a token.',
    );
    assert.equal(
      said(problems.gated),
      'org/model@v1 is gated, and your token may not read it. Ask for access on its page, and let the token read gated repositories.',
    );
    assert.equal(said(problems['revision-not-found']), 'org/model has no revision v1. Its page lists branches and tags.');
    assert.match(
      said(problems.unreachable),
      /cannot be reached \(ENOTFOUND\).* http\.proxy, or name a mirror in vramLens\.hub\.endpoint\.$/,
    );
    assert.match(said(problems.unreachable, true), /CORS/);
    assert.match(said(problems['too-large']), /larger than 32(?:\.00)? MiB/);
  });

  it('is one sentence or more for every problem, in both languages, and no link', () => {
    for (const t of [english, chinese]) {
      const texts = [
        ...Object.values(problems).map((problem) => fetchProblemText(problem, place, t)),
        ...references.map((problem) => referenceProblemText(problem, endpoint, t)),
      ];
      assert.equal(new Set(texts).size, texts.length);
      for (const text of texts) assert.match(text, /^[^[\]<>]+[.。]$/, text);
    }
    for (const problem of Object.values(problems)) assert.match(fetchProblemText(problem, place, chinese), /\p{Script=Han}/u);
  });
});
