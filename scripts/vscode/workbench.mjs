// What a person does in the VS Code window, for UI tests and screenshots. Selectors were checked against 1.139.
import fs from 'node:fs';
import path from 'node:path';
import { fixtures, root, screenshotsDir } from '../support/paths.mjs';
import { launchBrowser } from './browser.mjs';
import { themes } from './settings.mjs';
import { startVSCode } from './start.mjs';

const slowMs = 60_000;

/**
 * Opens a window on `file` and waits until its text shows.
 *
 * @param {object} options
 * @param {'node' | 'web'} options.host extension host
 * @param {string} [options.file] file to open, relative to the workspace
 * @param {string} [options.folder] workspace; the test fixtures without it
 * @param {keyof typeof themes} [options.theme]
 * @param {string} [options.locale] display language, for example zh-cn
 * @param {object} [options.settings] user settings
 * @param {{ width: number, height: number }} [options.viewport]
 */
export async function openWorkbench({ host, file, folder = fixtures, theme = 'dark', locale, settings, viewport }) {
  const userSettings = { 'workbench.colorTheme': themes[theme].id, ...settings };
  const code = await startVSCode({ host, extension: root, folder, locale, settings: userSettings });
  const browser = await launchBrowser();
  const page = await browser.newPage({ viewport: viewport ?? { width: 1280, height: 800 }, deviceScaleFactor: 1 });
  await page.goto(code.url(file ? { file: path.join(folder, file) } : {}));
  await page.locator('.monaco-workbench .part.editor').waitFor({ timeout: slowMs });
  if (file) await page.locator('.monaco-editor .view-line').first().waitFor({ timeout: slowMs });
  return {
    page,
    version: code.version,
    close: async () => {
      await browser.close();
      await code.close();
    },
  };
}

/** Writes `.vscode-test/screenshots/<name>.png`; what fades is shown as it comes to rest. */
export async function screenshot(page, name) {
  fs.mkdirSync(screenshotsDir, { recursive: true });
  await page.screenshot({ path: path.join(screenshotsDir, `${name}.png`), animations: 'disabled' });
}

/** Puts the mouse where nothing explains itself: below the text of the editor. */
async function restMouse(page) {
  const { width, height } = page.viewportSize();
  await page.mouse.move(width * 0.8, height * 0.85);
  await page.locator('.workbench-hover').first().waitFor({ state: 'hidden' });
}

/** Text as a person reads it: the editor renders spaces as no-break spaces. */
export const plainText = (text) => text.replace(/\u00a0/g, ' ');

/** A rendered editor line that contains `text`. */
export const editorLine = (page, text) => page.locator('.editor-instance .view-line', { hasText: text }).first();

/** The CodeLens whose text contains `text`, without it the first. */
export const codeLens = (page, text) => page.locator('.codelens-decoration a', text === undefined ? {} : { hasText: text }).first();

/** The item of the status bar whose text contains `text`. */
export const statusBarItem = (page, text) => page.locator('.statusbar-item', { hasText: text }).first();

/** Opens a file by its path in the workspace. */
export async function openFile(page, file) {
  await page.keyboard.press('ControlOrMeta+P');
  const input = await quickInput(page, file);
  const [name, ...folders] = file.split('/').reverse();
  const row = page.locator('.quick-input-list .monaco-list-row.focused', { hasText: name });
  await (folders.length > 0 ? row.filter({ hasText: folders.reverse().join('/') }) : row).waitFor();
  await input.press('Enter');
  await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
}

/** Runs a command by its title through the command palette. */
export async function runCommand(page, title) {
  await page.keyboard.press('F1');
  await quickInput(page, `>${title}`);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click();
  // The row lay over tabs, which would show their tooltips.
  await restMouse(page);
}

/** Types into the open quick input, and returns it. */
export async function quickInput(page, text) {
  const input = page.locator('.quick-input-widget input').first();
  await input.waitFor();
  await input.fill(text);
  return input;
}

/** Switches the colour theme of the open window. */
export async function setTheme(page, theme) {
  const { label, className } = themes[theme];
  await runCommand(page, 'Preferences: Color Theme');
  const input = await quickInput(page, label);
  await page.locator('.quick-input-list .monaco-list-row.focused', { hasText: label }).waitFor();
  await input.press('Enter');
  await page.locator(`.monaco-workbench.${className}`).waitFor();
  await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
}

/** Opens a view container from the activity bar. */
export const openViewContainer = (page, label) => page.locator(`.activitybar a.action-label[aria-label^="${label}"]`).first().click();

/**
 * Rests the mouse on `word` in the editor and returns the text of the hover, all contributions joined. Tries again while
 * providers are still being activated.
 */
export async function hoverWord(page, word) {
  const box = await wordBox(page, word);
  if (!box) throw new Error(`"${word}" is not visible in the editor`);
  const hover = page.locator('.monaco-hover:not(.hidden) .monaco-hover-content').filter({ hasNotText: 'Loading...' }).first();
  for (let attempt = 0; attempt < 5; attempt++) {
    await page.mouse.move(box.x + box.width + 200, box.y + 200);
    await page.mouse.move(box.x + box.width / 2 - 3, box.y + box.height / 2);
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 3 });
    const shown = await hover.waitFor({ timeout: 4_000 }).then(
      () => true,
      () => false,
    );
    if (shown) return plainText(await hover.innerText());
  }
  throw new Error(`no hover over "${word}"`);
}

/**
 * What VS Code for the web has written down of the open editors, as text; empty before. It writes every few seconds, since
 * a page that goes away can no longer do so.
 */
export async function storedEditors(page) {
  return page.evaluate(async () => {
    const settled = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const texts = [];
    for (const { name } of await indexedDB.databases()) {
      if (!name.startsWith('vscode-web-state-db-')) continue;
      const database = await settled(indexedDB.open(name));
      if (database.objectStoreNames.contains('ItemTable')) {
        const table = database.transaction('ItemTable', 'readonly').objectStore('ItemTable');
        texts.push((await settled(table.get('memento/workbench.parts.editor'))) ?? '');
      }
      database.close();
    }
    return texts.join('\n');
  });
}

/** Closes an open hover. */
export async function dismissHover(page) {
  await page.keyboard.press('Escape');
  await page.mouse.move(5, 5);
}

/** The rectangle of `word` in the rendered editor; one span of tokens holds several words, so a range is measured. */
async function wordBox(page, word) {
  return page.evaluate((wanted) => {
    for (const line of document.querySelectorAll('.editor-instance .view-line')) {
      const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const start = walker.currentNode.data.indexOf(wanted);
        if (start < 0) continue;
        const range = document.createRange();
        range.setStart(walker.currentNode, start);
        range.setEnd(walker.currentNode, start + wanted.length);
        const { x, y, width, height } = range.getBoundingClientRect();
        return { x, y, width, height };
      }
    }
    return undefined;
  }, word);
}

/**
 * The frame of a webview's own document, which lies two frames deep, in which the locator that `find(frame)` returns is
 * visible.
 */
export async function webviewFrame(page, find, timeoutMs = 20_000) {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    for (const frame of page.frames().filter((candidate) => candidate.parentFrame()?.parentFrame())) {
      const visible = await find(frame)
        .first()
        .isVisible()
        .catch(() => false); // the frame was replaced meanwhile
      if (visible) return frame;
    }
    await page.waitForTimeout(150);
  }
  throw new Error(
    `no webview shows it; frames: ${page
      .frames()
      .map((frame) => frame.url())
      .join(', ')}`,
  );
}
