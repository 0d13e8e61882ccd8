import * as vscode from 'vscode';
import type { Contributions } from '../../activation/contributions';
import type { Services } from '../../host/services';
import { panelSections, type PanelSection } from '../../shared/panel/messages';
import { createChoices } from './choices';
import { pageHtml, pageRoots } from './page';
import { startSession, type Session } from './session';

const viewId = 'vramLens.panel';

export interface Panel extends vscode.Disposable, Pick<Contributions, 'commands' | 'webviewViews'> {
  /** Shows the view in the side bar. */
  open(uri?: vscode.Uri, section?: PanelSection): Promise<void>;
  /** Shows the same page as an editor tab, beside the config. */
  openInEditor(uri?: vscode.Uri, section?: PanelSection): void;
}

/** The panel: a view in the side bar and, as the same page, an editor tab. */
export function createPanel(services: Services): Panel {
  const { extensionUri } = services.context;
  const choices = createChoices();
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
    if (!tab) {
      const panel = vscode.window.createWebviewPanel('vramLens.panelEditor', 'VRAM Lens', vscode.ViewColumn.Beside, {});
      const session = fill(panel, 'editor');
      tab = { session, panel };
      panel.onDidDispose(() => {
        session.dispose();
        tab = undefined;
      });
    } else {
      tab.panel.reveal();
    }
    tab.session.show(uri, section);
  }

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

const sectionOf = (value: unknown): PanelSection | undefined => panelSections.find((section) => section === value);
