import * as vscode from 'vscode';

/** Opens a report as text, and rendered before it. */
export async function openMarkdown(content: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content });
  await vscode.window.showTextDocument(document);
  try {
    await vscode.commands.executeCommand('markdown.showPreview', document.uri);
  } catch {
    // VS Code's own Markdown support is switched off: the report can be read as text too
  }
}
