import type * as vscode from 'vscode';
import type { Analyses } from './analyses';
import type { ActiveConfig } from './activeConfig';
import type { CompanionStore } from './companions';
import type { Estimates } from './estimates';
import type { Proofs } from './proofs';

/** What every feature is given. */
export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly analyses: Analyses;
  readonly estimates: Estimates;
  readonly active: ActiveConfig;
  readonly companions: CompanionStore;
  readonly proofs: Proofs;
}

/** Languages of documents that can be configs; what they are is decided by content. */
export const configSelector: vscode.DocumentSelector = [{ language: 'json' }, { language: 'jsonc' }];
