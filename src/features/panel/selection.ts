import * as vscode from 'vscode';
import type { Analyses } from '../../host/analyses';

/** Which of the open configs a panel shows. */
export interface Selection {
  /** Open configs, those that give no model among them. */
  documents(): readonly vscode.TextDocument[];
  current(): vscode.TextDocument | undefined;
  readonly pinned: boolean;
  /** Keeps one document, whatever editor becomes active. */
  pin(uri: string | undefined): void;
  /** Shows a document that was asked for from outside; kept when another config is in front. */
  prefer(uri: string): void;
}

const same = (document: vscode.TextDocument, uri: string | undefined): boolean => document.uri.toString() === uri;

/** Follows the active editor unless a document is pinned, and stays with the last config while other things are looked at. */
export function createSelection(analyses: Analyses): Selection {
  let pinned: string | undefined;
  let last: string | undefined;
  const isConfig = (document: vscode.TextDocument): boolean =>
    analyses.get(document) !== undefined || analyses.refused(document) !== undefined;
  const documents = (): readonly vscode.TextDocument[] =>
    vscode.workspace.textDocuments.filter((document) => !document.isClosed && isConfig(document));

  return {
    documents,
    get pinned() {
      return pinned !== undefined;
    },
    current() {
      const open = documents();
      const kept = open.find((document) => same(document, pinned));
      if (!kept) pinned = undefined;
      const active = open.find((document) => document === vscode.window.activeTextEditor?.document);
      const chosen = kept ?? active ?? open.find((document) => same(document, last)) ?? open[0];
      last = chosen?.uri.toString();
      return chosen;
    },
    pin(uri) {
      pinned = documents().some((document) => same(document, uri)) ? uri : undefined;
    },
    prefer(uri) {
      const active = vscode.window.activeTextEditor?.document;
      const inFront = active !== undefined && isConfig(active) && !same(active, uri);
      last = uri;
      this.pin(inFront ? uri : undefined);
    },
  };
}
