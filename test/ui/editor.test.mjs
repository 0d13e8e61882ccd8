import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  codeLens,
  dismissHover,
  editorLine,
  hoverWord,
  openFile,
  openWorkbench,
  plainText,
  quickInput,
  runCommand,
  screenshot,
  setTheme,
  statusBarItem,
  webviewFrame,
} from '../../scripts/vscode/workbench.mjs';
import { root } from '../../scripts/support/paths.mjs';

const shown = ['Llama-3.1-8B', 'DeepSeek-V3', 'gemma-3-4b-it'];

/** A folder with copies of samples and of what they become when someone edits them. */
function makeWorkspace() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'models-'));
  const write = (name, text) => {
    fs.mkdirSync(path.join(folder, name));
    fs.writeFileSync(path.join(folder, name, 'config.json'), text);
  };
  const textOf = (name) => fs.readFileSync(path.join(root, 'samples', name, 'config.json'), 'utf8');
  for (const name of [...shown, 'Qwen2.5-7B-Instruct-AWQ', 'Falcon-H1-7B']) write(name, textOf(name));
  const llama = textOf('Llama-3.1-8B');
  write('broken', llama);
  write(
    'wrong',
    llama
      .replace('"hidden_size": 4096', '"hidden_size": -4096')
      .replace('"num_hidden_layers": 32', '"num_hidden_layers": 32.5')
      .replace('"vocab_size": 128256', '"vocab_size": "128256"')
      .replace('"num_key_value_heads": 8', '"num_key_value_heads": 1e30'),
  );
  write('unknown', llama.replace('"llama"', '"llama_of_tomorrow"').replace('LlamaForCausalLM', 'TomorrowForCausalLM'));
  write('app', '{\n  "name": "a service",\n  "port": 8080\n}\n');
  return folder;
}

const hint = (page, text) => page.locator('.editor-instance .view-line', { hasText: text }).first();

describe('the editor, as a person sees it', () => {
  let folder, workbench, page;
  before(async () => {
    folder = makeWorkspace();
    workbench = await openWorkbench({ host: 'node', folder, file: 'Llama-3.1-8B/config.json' });
    page = workbench.page;
    await codeLens(page, 'Llama').waitFor({ timeout: 30_000 });
  });
  after(async () => {
    await workbench?.close();
    if (folder) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const openLlama = async (theme = 'dark') => {
    await setTheme(page, theme);
    await openFile(page, 'Llama-3.1-8B/config.json');
    await codeLens(page, 'Llama').waitFor();
  };

  for (const theme of ['dark', 'light', 'high-contrast'])
    it(`lenses, hints and status bar, ${theme}`, async () => {
      await setTheme(page, theme);
      for (const name of shown) {
        await openFile(page, `${name}/config.json`);
        await codeLens(page, name.split('-')[0]).waitFor();
        await hint(page, 'attention ').waitFor();
        assert.equal(await page.locator('.codelens-decoration a').count(), 3);
        await statusBarItem(page, 'GiB').waitFor();
        await screenshot(page, `editor-${name}-${theme}`);
      }
    });

  it('a key explains itself', async () => {
    await openLlama();
    const text = await hoverWord(page, 'num_key_value_heads');
    assert.match(text, /128 KiB per token = 2 · 8 heads · 128 · 2 B · 32 layers/);
    await screenshot(page, 'editor-hover-key');
    await dismissHover(page);
  });

  it('model_type shows the whole model', async () => {
    await openLlama();
    const text = await hoverWord(page, 'model_type');
    assert.match(text, /8,030,261,248/);
    assert.match(text, /parameters: exact/);
    await screenshot(page, 'editor-hover-model');
    await dismissHover(page);
  });

  it('hovers in light and high contrast', async () => {
    for (const theme of ['light', 'high-contrast']) {
      await openLlama(theme);
      await hoverWord(page, 'vocab_size');
      await screenshot(page, `editor-hover-${theme}`);
      await dismissHover(page);
    }
  });

  it('a hint explains itself', async () => {
    await openLlama();
    await page
      .locator('.editor-instance .view-line span', { hasText: /^\s*218\.1M/ })
      .first()
      .hover();
    await page.locator('.monaco-hover:not(.hidden)', { hasText: 'Layers' }).first().waitFor();
    await screenshot(page, 'editor-hint-tooltip');
    await dismissHover(page);
  });

  it('which hardware fits', async () => {
    await openLlama();
    await codeLens(page, 'RTX 4090').click();
    const rows = page.locator('.quick-input-list .monaco-list-row');
    await rows.first().waitFor();
    await screenshot(page, 'editor-which-hardware');
    await quickInput(page, '4090');
    await rows.filter({ hasText: 'RTX 4090' }).first().waitFor();
    await screenshot(page, 'editor-which-hardware-filtered');
    await page.keyboard.press('Escape');
  });

  it('the status bar offers what the estimate is made for', async () => {
    await openLlama();
    const item = statusBarItem(page, 'GiB');
    await item.hover();
    await page.locator('.workbench-hover', { hasText: 'Weights' }).first().waitFor();
    await screenshot(page, 'editor-status-tooltip');
    await item.click();
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Context' }).first().waitFor();
    await screenshot(page, 'editor-status-pick');
    await page.keyboard.press('Escape');
  });

  for (const [title, name] of [
    ['Estimate at a Precision', 'precision'],
    ['Choose Target Hardware', 'targets'],
    ['Set Context and Batch', 'context'],
  ])
    it(`asks for ${name}`, async () => {
      await openLlama();
      await runCommand(page, `VRAM Lens: ${title}`);
      await page.locator('.quick-input-list .monaco-list-row').nth(1).waitFor();
      await page.waitForTimeout(500); // the palette's own list is replaced
      await screenshot(page, `editor-pick-${name}`);
      await page.keyboard.press('Escape');
    });

  it('wrong values are underlined, and the rest still works', async () => {
    await openFile(page, 'wrong/config.json');
    await page.locator('.squiggly-error, .squiggly-warning').first().waitFor();
    await codeLens(page, '≈').waitFor();
    await hoverWord(page, '-4096');
    await screenshot(page, 'editor-diagnostics-hover');
    await dismissHover(page);
    await runCommand(page, 'View: Toggle Problems');
    await page.locator('.markers-panel', { hasText: 'figures assume' }).waitFor();
    await screenshot(page, 'editor-diagnostics');
    await runCommand(page, 'View: Toggle Problems');
  });

  it('while the JSON is broken, everything stays and says so', async () => {
    await openFile(page, 'broken/config.json');
    await codeLens(page, '8.03B').waitFor();
    const links = page.locator('.codelens-decoration a');
    const places = () => links.evaluateAll((all) => all.map((each) => Math.round(each.getBoundingClientRect().x)));
    const before = await places();
    await editorLine(page, '"hidden_size"').click();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.keyboard.type('hidden_');
    await codeLens(page, '(before edit)').waitFor();
    assert.equal(await links.count(), 3);
    assert.deepEqual(await places(), before, 'no link moves');
    await page.keyboard.press('Escape');
    await hint(page, 'attention 1.34B · 17 % (old)').waitFor();
    await screenshot(page, 'editor-broken');
  });

  for (const name of ['unknown', 'Qwen2.5-7B-Instruct-AWQ', 'Falcon-H1-7B'])
    it(`${name} in its own words`, async () => {
      await openFile(page, `${name}/config.json`);
      await codeLens(page, { unknown: '≈8.03B', 'Qwen2.5-7B-Instruct-AWQ': 'AWQ INT4', 'Falcon-H1-7B': 'Falcon-H1' }[name]).waitFor();
      await hint(page, 'attention ').waitFor();
      await screenshot(page, `editor-${name}`);
    });

  it('every config of the workspace in one table', async () => {
    await runCommand(page, 'VRAM Lens: Estimate All Configs in the Workspace');
    const preview = await webviewFrame(page, (frame) => frame.locator('h1', { hasText: 'Model configs in this workspace' }));
    assert.equal(await preview.locator('tbody tr').count(), 8);
    await screenshot(page, 'editor-workspace');
  });

  it('commands about a config are offered only where there is one', async () => {
    const offered = async () => {
      await page.keyboard.press('F1');
      // The list shows so many rows at a time: one that is always offered, then the one in question.
      await quickInput(page, '>VRAM Lens: Open a Sample');
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Open a Sample' }).first().waitFor();
      await quickInput(page, '>VRAM Lens: Copy the Estimate');
      await page.waitForTimeout(500); // what is not offered leaves no row to wait for
      const rows = plainText(await page.locator('.quick-input-list').innerText());
      await page.keyboard.press('Escape');
      return rows;
    };
    await openFile(page, 'app/config.json');
    await editorLine(page, 'a service').waitFor();
    assert.equal(await page.locator('.codelens-decoration a').count(), 0);
    await statusBarItem(page, 'GiB').waitFor({ state: 'hidden' });
    assert.doesNotMatch(await offered(), /Copy the Estimate/);
    await openFile(page, 'Llama-3.1-8B/config.json');
    await codeLens(page, 'Llama').waitFor();
    assert.match(await offered(), /Copy the Estimate/);
  });
});

describe('the editor in Chinese and in little room', () => {
  let workbench;
  afterEach(() => workbench?.close());
  const folder = path.join(root, 'samples');

  it('Chinese', async () => {
    workbench = await openWorkbench({ host: 'web', folder, file: 'Llama-3.1-8B/config.json', locale: 'zh-cn' });
    const { page } = workbench;
    await codeLens(page, 'Llama').waitFor({ timeout: 30_000 });
    await hint(page, '1.34B').waitFor();
    await hoverWord(page, 'num_key_value_heads');
    await screenshot(page, 'editor-zh-cn');
  });

  it('a narrow window', async () => {
    workbench = await openWorkbench({
      host: 'node',
      folder,
      file: 'DeepSeek-V3/config.json',
      viewport: { width: 800, height: 600 },
    });
    const { page } = workbench;
    await codeLens(page, 'DeepSeek').waitFor({ timeout: 30_000 });
    await hint(page, 'attention ').waitFor();
    await hoverWord(page, 'kv_lora_rank');
    await screenshot(page, 'editor-narrow');
  });
});
