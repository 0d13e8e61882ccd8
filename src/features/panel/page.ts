import * as vscode from 'vscode';

/** The frame of the page, before it has heard anything: it stands at once and says so. */
export function pageHtml(webview: vscode.Webview, extensionUri: vscode.Uri): string {
  const { t } = vscode.l10n;
  const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'media', name)).toString();
  const nonce = newNonce();
  // The toolkit looks for this tag and puts the nonce on the one <style> it adds; its own styles are adopted sheets.
  return `<!DOCTYPE html>
<html lang="${escapeAttribute(vscode.env.language)}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource} 'nonce-${nonce}'; script-src 'nonce-${nonce}';">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>VRAM Lens</title>
<link rel="stylesheet" href="${escapeAttribute(file('panel.css'))}">
<script defer nonce="${nonce}" src="${escapeAttribute(file('panel.js'))}"></script>
</head>
<body>
<main id="panel"><p class="waiting">${escapeAttribute(t('Reading the model…'))}</p></main>
</body>
</html>`;
}

/** Where the page's files lie; it may load nothing else. */
export const pageRoots = (extensionUri: vscode.Uri): readonly vscode.Uri[] => [vscode.Uri.joinPath(extensionUri, 'dist', 'media')];

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeAttribute = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? '');

function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
