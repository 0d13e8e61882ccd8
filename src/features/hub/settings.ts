import * as vscode from 'vscode';
import { parseEndpoint, type HubEndpoint } from '../../hub/endpoint';

/**
 * Where models are fetched from; `undefined` where the setting is no address of that kind. Its scope in package.json is the
 * application, so that no workspace can send requests, or a token, elsewhere.
 */
export function readEndpoint(): HubEndpoint | undefined {
  const value = vscode.workspace.getConfiguration('vramLens').get<unknown>('hub.endpoint');
  return typeof value === 'string' ? parseEndpoint(value) : undefined;
}

/** The endpoint, or after saying what is wrong with it `undefined`. */
export async function needEndpoint(): Promise<HubEndpoint | undefined> {
  const endpoint = readEndpoint();
  if (endpoint) return endpoint;
  const open = vscode.l10n.t('Open the Setting');
  const text = vscode.l10n.t(
    'The setting {0} is no http(s) address of a hub, such as {1}.',
    'vramLens.hub.endpoint',
    'https://huggingface.co',
  );
  const chosen = await vscode.window.showErrorMessage(text, open);
  if (chosen === open) await openSetting('vramLens.hub.endpoint');
  return undefined;
}

export const openSetting = (id: string): Thenable<unknown> => vscode.commands.executeCommand('workbench.action.openSettings', id);
