import * as vscode from 'vscode';
import { mayCarryToken, type HubEndpoint } from '../../hub/endpoint';
import { needEndpoint } from './settings';

/** A token belongs to the origin that it was entered for; under another endpoint it is not found, and not sent. */
const keyOf = ({ origin }: HubEndpoint): string => `vramLens.hub.token ${origin}`;

/** What a header may hold, so that nothing can be added to a request through it. */
const isToken = (text: string): boolean => /^[\x21-\x7e]{1,1000}$/.test(text);

export async function tokenFor({ secrets }: vscode.ExtensionContext, endpoint: HubEndpoint): Promise<string | undefined> {
  if (!mayCarryToken(endpoint)) return undefined;
  const token = await secrets.get(keyOf(endpoint));
  return token !== undefined && isToken(token) ? token : undefined;
}

/** Asks for a token and keeps it in VS Code's secret storage. True when there is one now. */
export async function setToken({ secrets }: vscode.ExtensionContext): Promise<boolean> {
  const endpoint = await needEndpoint();
  if (!endpoint) return false;
  const { t } = vscode.l10n;
  if (!mayCarryToken(endpoint)) {
    await vscode.window.showErrorMessage(t('A token is sent over HTTPS only, and {0} is not.', endpoint.url));
    return false;
  }
  const entered = await vscode.window.showInputBox({
    title: t('Token for {0}', endpoint.host),
    prompt: t('Kept in the secret storage of VS Code, and sent to {0} alone when you open a model.', endpoint.origin),
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === '' || isToken(text.trim()) ? undefined : t('A token has no spaces, and plain characters only.'),
  });
  const token = entered?.trim() ?? '';
  if (!isToken(token)) return false;
  await secrets.store(keyOf(endpoint), token);
  vscode.window.setStatusBarMessage(t('The token for {0} is kept.', endpoint.host), 5_000);
  return true;
}

export async function deleteToken({ secrets }: vscode.ExtensionContext): Promise<void> {
  const endpoint = await needEndpoint();
  if (!endpoint) return;
  await secrets.delete(keyOf(endpoint));
  vscode.window.setStatusBarMessage(vscode.l10n.t('There is no token for {0} any more.', endpoint.host), 5_000);
}
