import type * as vscode from 'vscode';
import type { Contributions } from './activation/contributions';
import { registerCodeLens } from './features/codeLens/register';
import { commands } from './features/commands/register';
import { registerDiagnostics } from './features/diagnostics/register';
import { registerExplorer } from './features/explorer/register';
import { registerHover } from './features/hover/register';
import { registerHub } from './features/hub/register';
import { registerInlayHints } from './features/inlayHints/register';
import { createPanel } from './features/panel/register';
import { registerStatusBar } from './features/statusBar/register';
import { followActiveConfig } from './host/activeConfig';
import { createAnalyses } from './host/analyses';
import { createCompanionStore } from './host/companions';
import { createEstimates } from './host/estimates';
import type { Services } from './host/services';

/**
 * Stage two, the entry of the second bundle: registers the providers of every feature, and returns what answers to the
 * commands and views in package.json.
 */
export function realActivate(context: vscode.ExtensionContext): Contributions {
  const analyses = createAnalyses();
  const estimates = createEstimates(analyses);
  const active = followActiveConfig(estimates);
  const companions = createCompanionStore();
  const services: Services = { context, analyses, estimates, active, companions };
  const panel = createPanel(services);
  const explorer = registerExplorer(services);
  const hub = registerHub(services);
  context.subscriptions.push(
    analyses,
    estimates,
    active,
    companions,
    panel,
    explorer,
    hub,
    registerCodeLens(services),
    registerInlayHints(services),
    registerHover(services),
    registerDiagnostics(services),
    registerStatusBar(services),
  );
  return {
    commands: { ...commands(services), ...panel.commands, ...explorer.commands, ...hub.commands },
    webviewViews: panel.webviewViews,
    panelSerializer: panel.panelSerializer,
    hubFiles: hub.files,
  };
}
