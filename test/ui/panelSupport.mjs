/** What tests of the panel share: a workspace, the page's frame, and what axe says of it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { editorLine, openWorkbench, runCommand, webviewFrame } from '../../scripts/vscode/workbench.mjs';
import { root } from '../../scripts/support/paths.mjs';

const axe = fs.readFileSync(path.join(root, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
/** Width of a narrow side bar in pixels. */
export const sideBar = 300;

/** A workspace of one's own: choices in the panel are written into its settings. */
export function workspace(names, settings) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'panel-'));
  for (const name of names) fs.cpSync(path.join(root, 'samples', name), path.join(folder, name), { recursive: true });
  fs.writeFileSync(path.join(folder, 'other.json'), '{ "name": "a service" }\n');
  if (settings) {
    fs.mkdirSync(path.join(folder, '.vscode'));
    fs.writeFileSync(path.join(folder, '.vscode', 'settings.json'), JSON.stringify(settings));
  }
  return folder;
}

export const panelFrame = (page) => webviewFrame(page, (frame) => frame.locator('.page'), 30_000);
export const textOf = async (locator) => (await locator.first().innerText()).replace(/\s+/g, ' ').trim();

/** Waits until `read` gives what `holds` accepts, and returns it. */
export async function until(read, holds, what) {
  let value;
  for (const end = Date.now() + 15_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) {
    value = await read();
    if (holds(value)) return value;
  }
  throw new Error(`${what}: ${JSON.stringify(value)}`);
}

/** Draws the edge of the side bar to a width. */
export async function setSideBarWidth(page, width) {
  const edge = await page.locator('.part.sidebar').boundingBox();
  await page.mouse.move(edge.x + edge.width, edge.y + 200);
  await page.mouse.down();
  await page.mouse.move(edge.x + width, edge.y + 200, { steps: 4 });
  await page.mouse.up();
}

/** What axe finds wrong with the page, one line each. The page is transparent: it stands on the background of its place. */
export async function accessibilityProblems(frame, place = '--vscode-sideBar-background') {
  await frame.evaluate(axe);
  await frame.evaluate((token) => {
    document.documentElement.style.background = `var(${token}, var(--vscode-editor-background))`;
  }, place);
  const violations = await frame.evaluate(
    async () => (await globalThis.axe.run(document, { rules: { region: { enabled: false } } })).violations,
  );
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`));
}

/** Collects what the page's security policy refuses. */
function watchRefusals(page) {
  const refusals = [];
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text()) && /panel|inline style|nonce/i.test(message.text())) refusals.push(message.text());
  });
  return refusals;
}

export async function openPanel(options) {
  const workbench = await openWorkbench(options);
  const refusals = watchRefusals(workbench.page);
  await editorLine(workbench.page, 'model_type').waitFor();
  await runCommand(workbench.page, options.command ?? 'VRAM Lens: Open the Panel');
  const frame = await panelFrame(workbench.page);
  return { ...workbench, frame, refusals };
}
