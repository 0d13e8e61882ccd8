import { defaultStyle, formatBytes } from '../../engine/index';
import type { HubEndpoint } from '../../hub/endpoint';
import type { HubProblem } from '../../hub/problem';
import { formatReference, type ModelReference, type ReferenceProblem } from '../../hub/reference';
import type { Translate } from '../../shared/text/translate';

/** What is wrong with a name that was typed. Does not repeat it: pick lists read links and icons in their texts. */
export function referenceProblemText(problem: ReferenceProblem, { host }: HubEndpoint, t: Translate): string {
  switch (problem) {
    case 'empty':
      return t('The name of a model is needed, such as org/model.');
    case 'other-host':
      return t(
        'This address is not on {0}, where models are fetched from. The setting {1} names the place.',
        host,
        'vramLens.hub.endpoint',
      );
    case 'not-a-model':
      return t('This address is of something else than a model.');
    case 'in-folder':
      return t('Only the config.json at the top of a repository can be opened.');
    case 'bad-id':
      return t('A model is called org/model, in letters, digits, "-", "_" and ".".');
    case 'bad-revision':
      return t('A revision is a branch, a tag or a commit, without spaces or "..".');
  }
}

export interface ProblemPlace {
  readonly model: ModelReference;
  readonly endpoint: HubEndpoint;
  /** Requests are a browser's. */
  readonly inBrowser: boolean;
}

/** What went wrong and what to do about it. Nothing that the server wrote is in it. */
export function fetchProblemText(problem: HubProblem, { model, endpoint, inBrowser }: ProblemPlace, t: Translate): string {
  const { host } = endpoint;
  const name = formatReference(model);
  switch (problem.code) {
    case 'model-not-found':
      return problem.withToken
        ? t('{0} is not on {1}, or your token may not read it. Check the spelling and the token.', name, host)
        : t('{0} is not on {1}, or it is private. Check the spelling; a private model needs a token.', name, host);
    case 'not-found':
      return t('{0} with a config.json is not on {1}. Check the spelling and the revision.', name, host);
    case 'revision-not-found':
      return t('{0} has no revision {1}. Its page lists branches and tags.', model.id, model.revision ?? 'main');
    case 'file-not-found':
      return t('{0} has no config.json. Repositories of GGUF files, adapters and pipelines often have none.', name);
    case 'gated':
      return problem.withToken
        ? t('{0} is gated, and your token may not read it. Ask for access on its page, and let the token read gated repositories.', name)
        : t('{0} is gated. Accept its terms on its page, then set a token of your account.', name);
    case 'token-rejected':
      return t('{0} does not accept the token. Set another, or delete it: public models need none.', host);
    case 'forbidden':
      return problem.withToken
        ? t('{0} refuses {1}. The token lacks the permission to read it.', host, name)
        : t('{0} refuses {1}. It may need a token.', host, name);
    case 'rate-limited':
      return problem.seconds === undefined
        ? t('{0} takes no more requests for now. Try again in some minutes; the limit is higher with a token.', host)
        : t('{0} takes no more requests for now. Try again in {1} s; the limit is higher with a token.', host, problem.seconds);
    case 'proxy-authentication':
      return t(
        'The proxy asks for a name and a password (407). The settings {0} and {1} hold them.',
        'http.proxy',
        'http.proxyAuthorization',
      );
    case 'server-error':
      return t('{0} has a problem of its own ({1}). Try again later.', host, problem.status);
    case 'unexpected-status':
      return t('{0} answered {1}, as no hub does. The setting {2} names the place.', host, problem.status, 'vramLens.hub.endpoint');
    case 'bad-redirect':
      return t('{0} redirects to an address that is not followed.', host);
    case 'certificate':
      return t(
        'The certificate of {0} is not trusted ({1}). Behind a company proxy its own must be in the system, and the setting {2} on.',
        host,
        problem.detail,
        'http.systemCertificates',
      );
    case 'unreachable':
      return inBrowser
        ? t('{0} cannot be reached. Check the connection. A mirror must allow requests from a browser (CORS).', host)
        : t(
            '{0} cannot be reached ({1}). Check the connection and the setting {2}, or name a mirror in {3}.',
            host,
            problem.detail,
            'http.proxy',
            'vramLens.hub.endpoint',
          );
    case 'timeout':
      return t('{0} did not answer in time. Check the connection and try again, or name a mirror in {1}.', host, 'vramLens.hub.endpoint');
    case 'too-large':
      return t('The config.json of {0} is larger than {1}, as no config of a model is.', name, formatBytes(problem.limit, defaultStyle));
    case 'web-page':
      return t('{0} answered with a web page instead of a file. The network may ask you to sign in first, or the address is no hub.', host);
    case 'cancelled':
      return t('Cancelled.');
  }
}
