import * as vscode from 'vscode';

let channel: vscode.LogOutputChannel | undefined;

/** The extension's log, made when the first line is written. */
export const log = (): vscode.LogOutputChannel => (channel ??= vscode.window.createOutputChannel('VRAM Lens', { log: true }));

/**
 * Runs the body of a provider: a surface that fails stays empty and leaves a line in the log, and never takes another
 * extension's answers with it.
 */
export function guarded<T>(surface: string, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    log().error(`${surface}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return undefined;
  }
}
