import fs from 'node:fs';
import path from 'node:path';

/**
 * Makes the server find a language pack for `language` (for example zh-cn) without one being installed. The stand-in
 * translates nothing, so VS Code's own texts stay English; `vscode.env.language`, the extension's package.nls and its
 * l10n bundle follow it as they follow a real pack.
 */
export function installLanguage(userDataDir, language) {
  const translation = path.join(userDataDir, 'language', 'main.i18n.json');
  fs.mkdirSync(path.dirname(translation), { recursive: true });
  fs.writeFileSync(translation, JSON.stringify({ contents: {} }));
  const pack = {
    hash: `stand-in-${language}`,
    extensions: [{ extensionIdentifier: { id: 'harness.language' }, version: '0.0.1' }],
    translations: { vscode: translation },
    label: language,
  };
  fs.writeFileSync(path.join(userDataDir, 'languagepacks.json'), JSON.stringify({ [language]: pack }));
}

/** The script that tells the web workbench its language; without a remote nothing else does. */
export function languageScript(language) {
  return `globalThis._VSCODE_NLS_LANGUAGE=${JSON.stringify(language)};`;
}
