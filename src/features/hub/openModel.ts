import * as vscode from 'vscode';
import { log } from '../../host/log';
import type { HubEndpoint } from '../../hub/endpoint';
import { companionNames, fetchModel, pageUrl, type FetchResult } from '../../hub/fetchModel';
import type { HubProblem } from '../../hub/problem';
import { formatReference, parseReference, type ModelReference } from '../../hub/reference';
import { chooseModel } from './chooseModel';
import type { HubDocuments } from './documents';
import { rememberModel } from './recentModels';
import { needEndpoint, openSetting } from './settings';
import { fetchProblemText, referenceProblemText } from './texts';
import { deleteToken, setToken, tokenFor } from './tokens';
import { hostTransport, inBrowser } from './transport';

/** Opens a model by its name; without one, or with one that names none, it asks. Every request is this command's. */
export type OpenModel = (name?: unknown) => Promise<void>;

export function createOpenModel(context: vscode.ExtensionContext, documents: HubDocuments): OpenModel {
  /** What is being fetched, by document: a second click joins the first. */
  const underWay = new Map<string, Promise<FetchResult>>();
  /** Until when an origin has asked to be left alone, in milliseconds of the clock. */
  const heldUntil = new Map<string, number>();

  async function fetchOnce(model: ModelReference, endpoint: HubEndpoint): Promise<FetchResult> {
    const held = (heldUntil.get(endpoint.origin) ?? 0) - Date.now();
    if (held > 0) return { kind: 'problem', problem: { code: 'rate-limited', seconds: Math.ceil(held / 1000) } };
    const key = `${endpoint.url} ${formatReference(model)}`;
    let fetching = underWay.get(key);
    if (!fetching) underWay.set(key, (fetching = fetchWithProgress(context, model, endpoint)));
    try {
      const result = await fetching;
      if (result.kind === 'problem' && result.problem.code === 'rate-limited')
        heldUntil.set(endpoint.origin, Date.now() + (result.problem.seconds ?? 0) * 1000);
      return result;
    } finally {
      underWay.delete(key);
    }
  }

  async function open(model: ModelReference, endpoint: HubEndpoint): Promise<void> {
    const result = await fetchOnce(model, endpoint);
    if (result.kind === 'problem') return explain(result.problem, model, endpoint);
    const uri = documents.keep(model, result.model);
    await rememberModel(context, endpoint, formatReference(model));
    await vscode.window.showTextDocument(uri, { preview: false });
  }

  async function explain(problem: HubProblem, model: ModelReference, endpoint: HubEndpoint): Promise<void> {
    if (problem.code === 'cancelled') return;
    const name = formatReference(model);
    log().warn(`hub: ${name} from ${endpoint.url}: ${problem.code}${'detail' in problem ? ` (${problem.detail})` : ''}`);
    const text = fetchProblemText(problem, { model, endpoint, inBrowser: inBrowser() }, vscode.l10n.t);
    const actions = actionsFor(problem, model, endpoint, () => open(model, endpoint));
    const chosen = await vscode.window.showErrorMessage(text, ...actions.map(({ title }) => title));
    await actions.find(({ title }) => title === chosen)?.run();
  }

  function actionsFor(problem: HubProblem, model: ModelReference, endpoint: HubEndpoint, again: () => Promise<void>): readonly Action[] {
    const { t } = vscode.l10n;
    const page: Action = {
      title: t('Open Its Page'),
      run: () => vscode.env.openExternal(vscode.Uri.parse(pageUrl({ endpoint }, model), true)),
    };
    const retry: Action = { title: t('Try Again'), run: again };
    const token: Action = { title: t('Set a Token…'), run: async () => ((await setToken(context)) ? again() : undefined) };
    const withoutToken: Action = { title: t('Delete the Token'), run: () => deleteToken(context) };
    const setting = (id: string): Action => ({ title: t('Open the Setting'), run: () => openSetting(id) });
    switch (problem.code) {
      case 'model-not-found':
      case 'forbidden':
        return [token];
      case 'gated':
        return [page, token];
      case 'revision-not-found':
      case 'file-not-found':
        return [page];
      case 'token-rejected':
        return [token, withoutToken];
      case 'rate-limited':
        return [retry, token];
      case 'unreachable':
      case 'timeout':
        return [retry, setting(inBrowser() ? 'vramLens.hub.endpoint' : 'http.proxy')];
      case 'server-error':
        return [retry];
      case 'certificate':
        return [setting('http.systemCertificates')];
      case 'proxy-authentication':
        return [setting('http.proxy')];
      case 'unexpected-status':
      case 'web-page':
      case 'bad-redirect':
        return [setting('vramLens.hub.endpoint')];
      default:
        return [];
    }
  }

  return async (name) => {
    const endpoint = await needEndpoint();
    if (!endpoint) return;
    if (typeof name !== 'string') {
      const model = await chooseModel(context, endpoint);
      if (model) await open(model, endpoint);
      return;
    }
    const parsed = parseReference(name, endpoint);
    if (parsed.kind === 'model') await open(parsed.model, endpoint);
    else await vscode.window.showErrorMessage(referenceProblemText(parsed.problem, endpoint, vscode.l10n.t));
  };
}

interface Action {
  readonly title: string;
  readonly run: () => Thenable<unknown>;
}

/** Fetches under a notification that says from where, and that cancels. */
async function fetchWithProgress(context: vscode.ExtensionContext, model: ModelReference, endpoint: HubEndpoint): Promise<FetchResult> {
  const token = await tokenFor(context, endpoint);
  const title = vscode.l10n.t('Fetching {0} from {1}', formatReference(model), endpoint.host);
  const options = { location: vscode.ProgressLocation.Notification, cancellable: true, title };
  return vscode.window.withProgress(options, async (_progress, cancellation) => {
    const controller = new AbortController();
    const listener = cancellation.onCancellationRequested(() => controller.abort());
    try {
      const result = await fetchModel({ transport: hostTransport(), endpoint, token }, model, controller.signal);
      if (result.kind === 'model') logCompanions(model, result);
      return result;
    } finally {
      listener.dispose();
    }
  });
}

/** A companion that could not be had is no reason to hold the config back, but it is one to say so. */
function logCompanions(model: ModelReference, { model: { companions } }: Extract<FetchResult, { kind: 'model' }>): void {
  for (const name of companionNames) {
    const companion = companions[name];
    if (companion?.kind === 'unknown') log().warn(`hub: ${formatReference(model)}: ${name}: ${companion.problem.code}`);
  }
}
