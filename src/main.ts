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
import { registerProof } from './features/proof/register';
import { registerStatusBar } from './features/statusBar/register';
import { followActiveConfig } from './host/activeConfig';
import { createAnalyses } from './host/analyses';
import { createCompanionStore } from './host/companions';
import { createEstimates } from './host/estimates';
import { createProofs } from './host/proofs';
import type { Services } from './host/services';
import { createSidecarStore } from './host/sidecarFiles';

/**
 * Stage two, the entry of the second bundle: registers the providers of every feature, and returns what answers to the
 * commands and views in package.json.
 */
export function realActivate(context: vscode.ExtensionContext): Contributions {
  const companions = createCompanionStore();
  const sidecars = createSidecarStore(companions);
  const analyses = createAnalyses(sidecars);
  const estimates = createEstimates(analyses, sidecars);
  const active = followActiveConfig(estimates);
  const proofs = createProofs(analyses, estimates, companions, sidecars);
  const services: Services = { context, analyses, estimates, active, companions, proofs };
  const panel = createPanel(services);
  const explorer = registerExplorer(services);
  const hub = registerHub(services);
  const proof = registerProof(services);
  context.subscriptions.push(
    analyses,
    estimates,
    active,
    companions,
    sidecars,
    proofs,
    panel,
    explorer,
    hub,
    proof,
    registerCodeLens(services),
    registerInlayHints(services),
    registerHover(services),
    registerDiagnostics(services),
    registerStatusBar(services),
  );
  return {
    commands: { ...commands(services), ...panel.commands, ...explorer.commands, ...hub.commands, ...proof.commands },
    webviewViews: panel.webviewViews,
    panelSerializer: panel.panelSerializer,
    hubFiles: hub.files,
  };
}
