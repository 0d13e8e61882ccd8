import * as vscode from 'vscode';
import { panelEditorType, type Contributions } from './contributions';
import { registerHubFileSystem } from './hubFileSystem';
import { importMain } from './importMain';

interface Manifest {
  readonly contributes?: {
    readonly commands?: readonly { readonly command: string }[];
    readonly views?: Readonly<Record<string, readonly { readonly id: string; readonly type?: string }[]>>;
  };
}

export interface Loader {
  isLoaded(): boolean;
  /** What the second bundle brought, once anything has asked for it. */
  whenLoaded(): Promise<Contributions>;
  /** Loads without a caller to tell; a failure is shown to the person. */
  loadInBackground(): void;
}

/**
 * Registers every contributed command, webview view and file system, so that each works before the second bundle is there:
 * the first use loads it, and that and every later use go to what it brings.
 */
export function createLoader(context: vscode.ExtensionContext): Loader {
  let loading: Promise<Contributions> | undefined;
  let loaded = false;
  let announce: (contributions: Contributions) => void;
  const arrival = new Promise<Contributions>((resolve) => (announce = resolve));

  function load(): Promise<Contributions> {
    loading ??= importMain(context.extensionUri)
      .then((main) => {
        const contributions = main.realActivate(context);
        loaded = true;
        announce(contributions);
        return contributions;
      })
      .catch((error: unknown) => {
        loading = undefined; // the next use tries again
        throw error;
      });
    return loading;
  }

  const { contributes } = context.extension.packageJSON as Manifest;
  for (const { command } of contributes?.commands ?? []) {
    const run = async (...args: never[]): Promise<unknown> => need((await load()).commands[command], command)(...args);
    context.subscriptions.push(vscode.commands.registerCommand(command, run));
  }
  for (const { id, type } of Object.values(contributes?.views ?? {}).flat()) {
    if (type !== 'webview') continue;
    const provider: vscode.WebviewViewProvider = {
      resolveWebviewView: async (view, state, token) => need((await load()).webviewViews[id], id).resolveWebviewView(view, state, token),
    };
    context.subscriptions.push(vscode.window.registerWebviewViewProvider(id, provider));
  }
  const serializer: vscode.WebviewPanelSerializer = {
    deserializeWebviewPanel: async (panel, state) => (await load()).panelSerializer.deserializeWebviewPanel(panel, state),
  };
  context.subscriptions.push(vscode.window.registerWebviewPanelSerializer(panelEditorType, serializer));
  context.subscriptions.push(registerHubFileSystem(async () => (await load()).hubFiles));

  return {
    isLoaded: () => loaded,
    whenLoaded: () => arrival,
    loadInBackground: () => {
      load().catch((error: unknown) => vscode.window.showErrorMessage(vscode.l10n.t('VRAM Lens could not start: {0}', String(error))));
    },
  };
}

function need<T>(contribution: T | undefined, id: string): T {
  if (contribution === undefined) throw new Error(`nothing answers to ${id}`);
  return contribution;
}
