import * as vscode from 'vscode';
import { panelEditorType, type Contributions } from '../../activation/contributions';
import type { Services } from '../../host/services';
import { documentOfState, panelSections, type PanelSection } from '../../shared/panel/messages';
import { createChoices } from './choices';
import { pageHtml, pageRoots } from './page';
import { startSession, type Session } from './session';

const viewId = 'vramLens.panel';

export interface Panel extends vscode.Disposable, Pick<Contributions, 'commands' | 'webviewViews' | 'panelSerializer'> {
  /** Shows the view in the side bar. */
  open(uri?: vscode.Uri, section?: PanelSection): Promise<void>;
  /** Shows the same page as an editor tab, beside the config. */
  openInEditor(uri?: vscode.Uri, section?: PanelSection): void;
}

/** The panel: a view in the side bar and, as the same page, an editor tab. */
export function createPanel(services: Services): Panel {
  const { extensionUri, workspaceState } = services.context;
  const choices = createChoices(workspaceState);
  let view: Session | undefined;
  let tab: { readonly session: Session; readonly panel: vscode.WebviewPanel } | undefined;
  let asked: { readonly uri: vscode.Uri | undefined; readonly section: PanelSection | undefined } | undefined;

  function fill(page: vscode.WebviewView | vscode.WebviewPanel, place: 'view' | 'editor'): Session {
    const { webview } = page;
    webview.options = { enableScripts: true, localResourceRoots: pageRoots(extensionUri) };
    const session = startSession({ webview, place, isVisible: () => page.visible, services, choices, openInEditor });
    webview.html = pageHtml(webview, extensionUri);
    return session;
  }

  async function open(uri?: vscode.Uri, section?: PanelSection): Promise<void> {
    asked = { uri, section };
    await vscode.commands.executeCommand(`${viewId}.focus`);
    if (!view || !asked) return;
    view.show(uri, section);
    asked = undefined;
  }

  function openInEditor(uri = services.active.get()?.document.uri, section?: PanelSection): void {
    if (tab) tab.panel.reveal();
    const session = tab?.session ?? adopt(vscode.window.createWebviewPanel(panelEditorType, 'VRAM Lens', vscode.ViewColumn.Beside, {}));
    session.show(uri, section);
  }

  function adopt(panel: vscode.WebviewPanel): Session {
    const session = fill(panel, 'editor');
    tab = { session, panel };
    panel.onDidDispose(() => {
      session.dispose();
      if (tab?.panel === panel) tab = undefined;
    });
    return session;
  }

  const panelSerializer: vscode.WebviewPanelSerializer = {
    async deserializeWebviewPanel(panel, state: unknown) {
      const session = adopt(panel);
      const uri = documentOf(state);
      if (!uri) return;
      // An editor that is not in front has no document yet.
      await vscode.workspace.openTextDocument(uri).then(undefined, () => undefined);
      session.show(uri, undefined);
    },
  };

  const provider: vscode.WebviewViewProvider = {
    resolveWebviewView(webviewView) {
      const session = fill(webviewView, 'view');
      view = session;
      webviewView.onDidDispose(() => {
        session.dispose();
        if (view === session) view = undefined;
      });
      if (asked) session.show(asked.uri, asked.section);
      asked = undefined;
    },
  };

  return {
    open,
    openInEditor,
    commands: {
      'vramLens.openPanel': (uri?: unknown, section?: unknown) => open(uriOf(uri), sectionOf(section)),
      'vramLens.openPanelEditor': (uri?: unknown, section?: unknown) => openInEditor(uriOf(uri), sectionOf(section)),
    },
    webviewViews: { [viewId]: provider },
    panelSerializer,
    dispose() {
      view?.dispose();
      tab?.panel.dispose();
      choices.dispose();
    },
  };
}

/** Commands are called by menus, hovers and lenses, with whatever those hand over. */
function uriOf(value: unknown): vscode.Uri | undefined {
  if (value instanceof vscode.Uri) return value;
  return typeof value === 'string' ? vscode.Uri.parse(value) : undefined;
}

/** The document that the page's state names. */
function documentOf(state: unknown): vscode.Uri | undefined {
  const text = documentOfState(state);
  return text === undefined ? undefined : vscode.Uri.parse(text);
}

const sectionOf = (value: unknown): PanelSection | undefined => panelSections.find((section) => section === value);
