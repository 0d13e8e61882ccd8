import * as vscode from 'vscode';
import type { Finding } from '../../engine/index';
import { debounce } from '../../host/debounce';
import { guarded } from '../../host/log';
import { openMarkdown } from '../../host/openMarkdown';
import type { Services } from '../../host/services';
import { readToHost, type PanelCommand, type PanelSection, type ToHost, type ToPanel } from '../../shared/panel/messages';
import type { PanelContent } from '../../shared/panel/snapshot';
import type { Choices } from './choices';
import { choiceOf, contentOf } from './content';
import { createSelection } from './selection';

/** One page, in the side bar or in an editor tab, from its creation to its end. */
export interface Session extends vscode.Disposable {
  /** Shows a document and a part of the page. */
  show(uri: vscode.Uri | undefined, section: PanelSection | undefined): void;
}

export interface SessionOptions {
  readonly webview: vscode.Webview;
  readonly place: 'view' | 'editor';
  /** A hidden page is gone, and asks again when it comes back. */
  readonly isVisible: () => boolean;
  readonly services: Services;
  readonly choices: Choices;
  readonly openInEditor: (uri: vscode.Uri | undefined) => void;
}

export function startSession({ webview, place, isVisible, services, choices, openInEditor }: SessionOptions): Session {
  const { analyses, estimates } = services;
  const selection = createSelection(analyses);
  let listening = false;
  let revision = 0;
  let sent = '';
  let findings: readonly Finding[] = [];
  let report: (() => string) | undefined;
  let rest: ReturnType<typeof setTimeout> | undefined;
  let waitingFor: PanelSection | undefined;

  const post = (message: ToPanel): void => {
    if (listening) void webview.postMessage(message);
  };

  /** Sends what is to be seen now, unless it is what the page already shows. */
  function refresh(): void {
    if (!listening || !isVisible()) return;
    guarded('panel', () => {
      const document = selection.current();
      const shown = contentOf(
        document,
        { settings: choices.over(estimates.settingsOf(document)), kept: choices.kept, pinned: selection.pinned },
        services,
      );
      const documents = selection.documents().map(choiceOf);
      findings = shown.findings;
      clearTimeout(rest);
      if (isPending(shown.content)) rest = setTimeout(refresh);
      report = shown.report;
      const text = JSON.stringify([documents, shown.content]);
      if (text === sent) return;
      sent = text;
      post({ type: 'snapshot', snapshot: { revision: ++revision, documents, content: shown.content } });
    });
  }
  const settle = debounce(refresh);

  function start(): void {
    listening = true;
    sent = '';
    const { numbers } = estimates.settingsOf(selection.current());
    post({ type: 'init', messages: vscode.l10n.bundle ?? {}, style: numbers, place });
    refresh();
    if (waitingFor) post({ type: 'show', section: waitingFor });
    waitingFor = undefined;
  }

  function run(command: PanelCommand): void {
    const document = selection.current();
    switch (command) {
      case 'openSample':
        void vscode.commands.executeCommand('vramLens.openSample');
        break;
      case 'copyMarkdown':
        void vscode.commands.executeCommand('vramLens.copyMarkdown', document?.uri);
        break;
      case 'openEditor':
        openInEditor(document?.uri);
        break;
      case 'whatIfReport':
        if (report) void openMarkdown(report());
        break;
      case 'chooseEngine':
        void vscode.commands.executeCommand('vramLens.chooseEngine');
        break;
      case 'deviceProfiles':
        void vscode.commands.executeCommand('vramLens.deviceProfiles');
        break;
      case 'openDocument':
        if (document) void vscode.window.showTextDocument(document, { viewColumn: columnOf(document) });
        break;
    }
  }

  function answer(message: ToHost): void {
    const settings = estimates.settingsOf(selection.current());
    switch (message.type) {
      case 'ready':
        start();
        break;
      case 'select':
        selection.pin(message.uri);
        refresh();
        break;
      case 'pin':
        selection.pin(message.pinned ? selection.current()?.uri.toString() : undefined);
        refresh();
        break;
      case 'change':
        choices.change(message.changes, settings, message.commit);
        break;
      case 'fixTarget':
        choices.fixTarget(message.index, message.device, settings);
        break;
      case 'reveal':
        reveal(selection.current(), findings[message.index]);
        break;
      case 'command':
        run(message.command);
        break;
    }
  }

  /** Puts the cursor on what a finding is about. */
  function reveal(document: vscode.TextDocument | undefined, finding: Finding | undefined): void {
    if (!document || !finding) return;
    const { range, path } = finding;
    const place = range
      ? new vscode.Range(document.positionAt(range.offset), document.positionAt(range.offset + range.length))
      : analyses.get(document)?.locate(path)?.value;
    void vscode.window.showTextDocument(document, { viewColumn: columnOf(document), ...(place ? { selection: place } : {}) });
  }

  const listeners = vscode.Disposable.from(
    settle,
    webview.onDidReceiveMessage((value: unknown) => {
      const message = readToHost(value);
      if (message) guarded('panel', () => answer(message));
    }),
    choices.onDidChange(refresh),
    estimates.onDidChange(refresh),
    vscode.window.onDidChangeActiveTextEditor(refresh),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (document === selection.current()) settle();
    }),
    vscode.workspace.onDidOpenTextDocument(settle),
    vscode.workspace.onDidCloseTextDocument(settle),
  );
  return {
    show(uri, section) {
      if (uri) selection.prefer(uri.toString());
      refresh();
      if (!section) return;
      if (listening) post({ type: 'show', section });
      else waitingFor = section;
    },
    dispose() {
      clearTimeout(rest);
      listeners.dispose();
    },
  };
}

/** Whether rows are still to come. */
const isPending = (content: PanelContent): boolean => content.kind === 'model' && (content.training.shown?.pending ?? 0) > 0;

/** Where the document is open already; the panel's own column would cover the panel. */
function columnOf(document: vscode.TextDocument): vscode.ViewColumn {
  const uri = document.uri.toString();
  for (const { tabs, viewColumn } of vscode.window.tabGroups.all)
    if (tabs.some(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri)) return viewColumn;
  return vscode.ViewColumn.One;
}
