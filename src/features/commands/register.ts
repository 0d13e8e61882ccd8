import * as vscode from 'vscode';
import type { CommandHandler } from '../../activation/contributions';
import type { Services } from '../../host/services';
import {
  checkLogFile,
  chooseEngine,
  chooseTargets,
  copyMarkdown,
  deviceProfiles,
  estimateWorkspace,
  setContextBatch,
  showHeader,
  whatIf,
  whichHardware,
} from './asked';
import { estimateAt } from './estimateAt';
import { openSample } from './openSample';

/** Commands that need no view of their own, by id. */
export function commands(services: Services): Readonly<Record<string, CommandHandler>> {
  return {
    // The panel is the estimate; in the palette this is its name for whoever has a config in front of them.
    'vramLens.estimate': (uri?: vscode.Uri) =>
      vscode.commands.executeCommand('vramLens.openPanel', uri ?? services.active.get()?.document.uri),
    'vramLens.estimateAt': (uri?: vscode.Uri) => estimateAt(services, uri),
    'vramLens.whichHardware': (uri?: vscode.Uri) => whichHardware(services, uri),
    'vramLens.whatIf': (uri?: vscode.Uri) => whatIf(services, uri),
    'vramLens.chooseTargets': () => chooseTargets(services),
    'vramLens.chooseEngine': () => chooseEngine(services),
    'vramLens.setContextBatch': () => setContextBatch(services),
    'vramLens.copyMarkdown': (uri?: vscode.Uri) => copyMarkdown(services, uri),
    'vramLens.estimateWorkspace': () => estimateWorkspace(services),
    'vramLens.showHeader': (uri?: vscode.Uri) => showHeader(services, uri),
    'vramLens.checkLog': (uri?: vscode.Uri) => checkLogFile(services, uri),
    'vramLens.deviceProfiles': () => deviceProfiles(services),
    'vramLens.openSample': () => openSample(services),
  };
}
